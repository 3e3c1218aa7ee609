"""From blocks of samples to the analysis of a track: one pass over the sound, then what needs the whole of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from tactus.analysis.analyzer import Analyzer, Recording
from tactus.analysis.catalogue import INNER_SAMPLE_RATE, features_for, grids
from tactus.analysis.feature import CHANNELS
from tactus.analysis.features import log_mel
from tactus.analysis.networks.harmony import FRAMES_TOGETHER, HarmonyActivations, harmony_activations
from tactus.analysis.networks.rhythm import rhythm_activations
from tactus.analysis.networks.weights import NetworkWeights
from tactus.analysis.options import TrackOptions
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track.beat_dependent import BeatDependentCharacter, beat_dependent_results
from tactus.analysis.track.harmony.key import Key, key, key_spans
from tactus.analysis.track.mood import mood
from tactus.analysis.track.mood.from_sound import edges, sound_mood
from tactus.analysis.track.result import Analysis, Character, SoundMood
from tactus.analysis.track.retained_features import RetainedCharacter, RetainedFeatures
from tactus.analysis.track.rhythm.beats import Beats
from tactus.analysis.track.rhythm.librosa_beats import librosa_beats
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.sections.bars import slow_levels_db
from tactus.analysis.track.sound import loudness, waveform
from tactus.analysis.track.sound.band_levels import band_levels_db
from tactus.analysis.track.sound.fades import fades
from tactus.analysis.track.sound.segments import segments
from tactus.analysis.track.version import analyzer_version
from tactus.analysis.tuning import tuned_chroma, tuning_cents
from tactus.dsp import framing, true_peak
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.grid import Grid
from tactus.dsp.loudness import SILENCE_LUFS
from tactus.dsp.true_peak import TruePeakState

RHYTHM_FEATURES = ("onset_strength", "log_mel", "chroma_harmony")
CHARACTER_FEATURES = ("pitch_spectrum", "k_weighted_steps", "peak", "pitch_glide")
FRAME_FEATURES = (
    "rms",
    "spectral_centroid",
    "spectral_rolloff",
    "spectral_bandwidth",
    "zero_crossing_rate",
    "mfcc",
    "chroma",
)

_CANCELLED = 1e-2
"""Where the mono mix has less than this share of the strongest channel's power (-20 dB), the channels cancel out."""


class NoSamplesError(ValueError):
    """A track without a single sample, of which nothing can be said."""


_MIN_HOPS = 4
"""Of 100 ms: a window of loudness. With fewer, every sample counts."""


@dataclass(frozen=True, slots=True)
class Block:
    """The next samples of a track, at both rates.

    Args:
        inner: At 44.1 kHz, `[n_channels, n]`.
        output: The same sound at the output grid's rate, `[n_channels, m]`; the same array where the rates are equal.
            One of the two may lag behind the other by a few milliseconds.
    """

    inner: Floats
    output: Floats


class TrackAnalyzer:
    """Makes the analysis of a track. Holds parameters and tables only: one object serves any number of tracks.

    Args:
        options: What is wanted; features that it does not need are not computed.
        network_weights: The weights of the networks.

    Raises:
        ValueError: An option is out of its range.
    """

    def __init__(self, options: TrackOptions, network_weights: NetworkWeights) -> None:
        self.options = options
        self._weights = network_weights
        self._output_grid = Grid(options.sample_rate, options.frame_length, options.hop_length)
        self._told = options.timelines.features or (FRAME_FEATURES if options.analysis_type == "full" else ())
        wanted = {*RHYTHM_FEATURES, *(CHARACTER_FEATURES if self._with_character else ()), *self._told}
        abouts = {feature.about.name: feature.about for feature in features_for(wanted)}
        resampled = {
            name for name in wanted if abouts[name].grid == "output" and options.sample_rate != INNER_SAMPLE_RATE
        }
        self._inner = self._analyzer(wanted - resampled)
        self._output = self._analyzer(resampled)

    def analysis(self, blocks: Callable[[], Iterable[Block]]) -> Analysis:
        """The analysis of a track.

        Args:
            blocks: Gives the track's blocks from its beginning; called a second time where the mono mix of the
                channels cancels out, which is known only at the end: then the strongest channel stands for it.

        Raises:
            NoSamplesError: There is no sample at all.
        """
        heard = self._heard(blocks(), None)
        if heard.n_samples == 0:
            raise NoSamplesError("a track has at least one sample")
        warnings = []
        if heard.mono_power < _CANCELLED * max(heard.channel_powers):
            warnings.append("mono_cancels")
            of_all = heard
            heard = self._heard(blocks(), int(np.argmax(of_all.channel_powers)))
            heard.values |= {name: of_all.values[name] for name in self._on_channels}
            heard.timelines |= {name: of_all.timelines[name] for name in self._told if name in self._on_channels}
            heard.true_peak = of_all.true_peak
        return self._composed(heard, warnings)

    @property
    def _with_character(self) -> bool:
        return self.options.analysis_type != "tempo_only"

    @property
    def _on_channels(self) -> list[str]:
        """Features that hear every channel by itself."""
        return [name for name, about in self._inner.abouts.items() if about.grid == CHANNELS]

    def _analyzer(self, names: Iterable[str]) -> Analyzer:
        names = tuple(names)
        return Analyzer(features_for(names, n_mfcc=self.options.n_mfcc), grids(self._output_grid), names)

    def _heard(self, blocks: Iterable[Block], channel: int | None) -> "_Heard":
        """One pass over the sound, or over one channel of it."""
        heard = _Heard()
        inner, output = Recording(self._inner), Recording(self._output)
        for block in blocks:
            if channel is not None:
                block = Block(block.inner[[channel]], block.output[[channel]])  # noqa: PLW2901  the pass goes on with it
            heard.measure(block)
            if self._with_character:
                heard.true_peak = true_peak.update(heard.true_peak, block.inner)
            inner.add(block.inner)
            if self._output.abouts:
                output.add(block.output)
        timelines = {**inner.finish(), **output.finish()}
        heard.values = {name: timeline.values for name, timeline in timelines.items()}
        heard.timelines = {name: timelines[name] for name in self._told}
        return heard

    def _composed(self, heard: "_Heard", warnings: list[str]) -> Analysis:
        duration_s = round(heard.n_samples / INNER_SAMPLE_RATE, 6) or 1e-6
        timed = self._inner.grids
        cents = tuning_cents(heard.values["chroma_harmony"])
        harmony = self._harmony(heard, cents) if self._with_character else None
        reading = rhythm_activations(self._weights.rhythm, heard.values["log_mel"], heard.values["chroma_harmony"])
        retained = RetainedFeatures(
            duration_s=duration_s,
            onset_strengths=heard.values["onset_strength"],
            frame_rate_hz=timed["rhythm"].frame_rate_hz,
            curves=reading.curves.astype(np.float16),
            tempi=reading.tempi,
            chroma=tuned_chroma(heard.values["chroma_harmony"], cents),
            chroma_rate_hz=timed["harmony"].frame_rate_hz,
        )
        sounding = None
        if harmony is not None:
            sounding = self._sounding(heard, retained, harmony, cents)
            retained = replace(retained, character=sounding.retained)
        found = beat_dependent_results(retained, self.options.hint, self._other_beats(retained))
        character = None
        if sounding is not None and found.character is not None:
            character = self._character(heard, retained, sounding, found.rhythm, found.character)
            if sounding.loudness.integrated_lufs <= SILENCE_LUFS:
                warnings.append("silent")
        return Analysis(
            duration_s=duration_s,
            sample_rate=self.options.sample_rate,
            analyzer_version=analyzer_version(),
            warnings=tuple(warnings),
            rhythm=found.rhythm,
            groove=found.groove,
            hint=self.options.hint,
            character=character,
            timelines=heard.timelines,
            retained=retained,
        )

    def _other_beats(self, retained: RetainedFeatures) -> Beats | None:
        if self.options.beat_tracker != "librosa":
            return None
        return librosa_beats(onset_curve(retained.onset_strengths), retained.frame_rate_hz)

    def _harmony(self, heard: "_Heard", cents: float) -> HarmonyActivations:
        reading = harmony_activations(self._weights.harmony, heard.values["pitch_spectrum"], cents)
        if "pitch_spectrum" not in self._told:
            del heard.values["pitch_spectrum"]  # nobody reads it again, and the beat decoder needs the space
        return reading

    def _sounding(
        self, heard: "_Heard", retained: RetainedFeatures, harmony: HarmonyActivations, cents: float
    ) -> "_Sounding":
        """What does not depend on beats, and makes the evidence for what does."""
        channels = self._inner.grids["channels"]
        heard_edges = edges(heard.values["log_mel"])
        levels_db = band_levels_db(heard.values["log_mel"], log_mel.COMPRESSION)
        if "log_mel" not in self._told:
            del heard.values["log_mel"]  # nobody reads it again, and nothing else is as large
        steps = _whole_hops(heard.values["k_weighted_steps"], heard.n_samples, channels.hop_length)
        loud = loudness.loudness(steps)
        tonality = key(harmony.keys, retained.chroma)
        pulse = mood.pulse_clarity(onset_curve(retained.onset_strengths), retained.frame_rate_hz)
        return _Sounding(
            cents,
            levels_db,
            loud,
            tonality,
            RetainedCharacter(
                slow_levels_db=slow_levels_db(levels_db),
                k_weighted_power=steps.mean(axis=1),
                power_rate_hz=channels.frame_rate_hz,
                loudness_lufs=loud.integrated_lufs,
                brightness=mood.brightness(levels_db),
                pulse=pulse,
                major_share=tonality.major_share,
                chords=harmony.chords.astype(np.float16),
                keys=harmony.keys.astype(np.float16),
                harmony_rate_hz=self._inner.grids["harmony"].frame_rate_hz / FRAMES_TOGETHER,
            ),
            sound_mood(
                levels_db,
                heard_edges,
                pitch_glide=heard.values["pitch_glide"][:, 0],
                k_weighted_steps=steps,
                pulse=pulse,
                range_lu=loud.range_lu,
            ),
        )

    def _character(
        self,
        heard: "_Heard",
        retained: RetainedFeatures,
        sounding: "_Sounding",
        rhythm: Rhythm,
        following: BeatDependentCharacter,
    ) -> Character:
        return Character(
            key=sounding.tonality,
            keys=key_spans(
                sounding.retained.keys.astype(np.float32),
                retained.chroma,
                sounding.retained.harmony_rate_hz,
                retained.duration_s,
            ),
            tuning_cents=sounding.tuning_cents,
            chords=following.chords,
            loudness=sounding.loudness,
            peak=float(heard.values["peak"].max()),
            true_peak=true_peak.finish(heard.true_peak),
            fades_s=fades(sounding.retained.k_weighted_power, sounding.retained.power_rate_hz, retained.duration_s),
            sections=following.sections,
            segments=segments(
                sounding.levels_db,
                retained.frame_rate_hz,
                chroma=retained.chroma,
                chroma_rate_hz=retained.chroma_rate_hz,
                onset_times=rhythm.onset_times,
                duration_s=retained.duration_s,
            ),
            mood=following.mood,
            sound_mood=sounding.mood,
            waveform=waveform.waveform(np.concatenate(heard.stretches), heard.rest),
        )


@dataclass(slots=True)
class _Heard:
    """What one pass over the sound leaves behind."""

    n_samples: int = 0
    mono_power: float = 0.0
    channel_powers: Times = field(default_factory=lambda: np.zeros(1))
    true_peak: TruePeakState = field(default_factory=TruePeakState)
    stretches: list[Floats] = field(default_factory=lambda: [np.empty((0, 2), np.float32)])
    rest: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    values: dict[str, Floats] = field(default_factory=dict)
    timelines: dict[str, FeatureTimeline] = field(default_factory=dict)

    def measure(self, block: Block) -> None:
        """Length, powers and picture, which no feature tells."""
        self.n_samples += block.inner.shape[1]
        mono = framing.mono(block.output)
        self.mono_power += float(np.vdot(mono, mono))
        self.channel_powers = self.channel_powers + [float(np.vdot(one, one)) for one in block.output]
        self.rest, stretches = waveform.extremes(self.rest, mono)
        self.stretches.append(stretches)


@dataclass(frozen=True, slots=True)
class _Sounding:
    """What is said of the sound itself, whatever its beats."""

    tuning_cents: float
    levels_db: Floats
    loudness: loudness.Loudness
    tonality: Key
    retained: RetainedCharacter
    mood: SoundMood


def _whole_hops(rows: Floats, n_samples: int, hop_length: int) -> Floats:
    """Rows of hops without the last, unfinished one, unless there is hardly any other."""
    n_whole = n_samples // hop_length
    return rows[:n_whole] if n_whole >= _MIN_HOPS else rows
