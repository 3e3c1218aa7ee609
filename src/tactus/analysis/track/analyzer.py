"""Analysis of a track: one pass over its samples, then estimators that need the whole piece."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_SAMPLE_RATE, features_for, grids
from tactus.analysis.feature import CHANNELS
from tactus.analysis.networks.harmony import HarmonyActivations, harmony_activations
from tactus.analysis.networks.rhythm import rhythm_activations
from tactus.analysis.networks.weights import NetworkWeights
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.beat_dependent import BeatDependentResults, beat_dependent_results
from tactus.analysis.track.beat_independent import BeatIndependentResults, beat_independent_results
from tactus.analysis.track.harmony.key import key_spans
from tactus.analysis.track.result import Analysis, Character
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.beats import Beats
from tactus.analysis.track.rhythm.librosa_beats import librosa_beats
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.signal_pass import Block, SignalPass, signal_pass
from tactus.analysis.track.sound import waveform
from tactus.analysis.track.sound.fades import fades
from tactus.analysis.track.sound.segments import segments
from tactus.analysis.track.version import analyzer_version
from tactus.analysis.tuning import tuned_chroma, tuning_cents
from tactus.dsp import true_peak
from tactus.dsp.grid import Grid
from tactus.dsp.loudness import SILENCE_LUFS
from tactus.dsp.sampled import Sampled

RHYTHM_FEATURES = ("onset_strength", "log_mel", "chroma_harmony")
"""Features that tempo, beats and onsets are estimated from."""

CHARACTER_FEATURES = ("pitch_spectrum", "k_weighted_steps", "peak", "pitch_glide")
"""Further features for the analysis types *basic* and *full*."""

FRAME_FEATURES = (
    "rms",
    "spectral_centroid",
    "spectral_rolloff",
    "spectral_bandwidth",
    "zero_crossing_rate",
    "mfcc",
    "chroma",
)
"""Features whose values per frame are part of *full*."""

_CANCELLED = 1e-2
"""Channels cancel where the mono mix has less than this share of the strongest channel's power (-20 dB)."""


class NoSamplesError(ValueError):
    """A track without a single sample."""


class TrackAnalyzer:
    """Analyzer of whole tracks. Holds parameters and tables only: one object serves any number of tracks.

    Args:
        options: Parameters of the analysis; features that they do not need are not computed.
        network_weights: Weights of the networks.

    Raises:
        ValueError: An option is out of range.
    """

    def __init__(self, options: TrackOptions, network_weights: NetworkWeights) -> None:
        self.options = options
        self._weights = network_weights
        self._output_grid = Grid(options.sample_rate, options.frame_length, options.hop_length)
        self._output_names = options.timelines.features or (FRAME_FEATURES if options.analysis_type == "full" else ())
        names = {*RHYTHM_FEATURES, *(CHARACTER_FEATURES if self._with_character else ()), *self._output_names}
        abouts = {feature.about.name: feature.about for feature in features_for(names)}
        resampled = {
            name for name in names if abouts[name].grid == "output" and options.sample_rate != INNER_SAMPLE_RATE
        }
        self._inner = self._analyzer(names - resampled)
        self._output = self._analyzer(resampled)

    def analysis(self, blocks: Callable[[], Iterable[Block]]) -> Analysis:
        """Analyse a track.

        Args:
            blocks: Opens the track and yields its blocks. Called a second time where the mono mix of the channels
                cancels, which is known only at the end: then the strongest channel is analysed instead of the mix.

        Raises:
            NoSamplesError: There is no sample at all.
        """
        measured = self._signal_pass(blocks())
        if measured.n_samples == 0:
            raise NoSamplesError("a track has at least one sample")
        warnings = []
        if measured.mono_power < _CANCELLED * max(measured.channel_powers):
            warnings.append("mono_cancels")
            strongest = int(np.argmax(measured.channel_powers))
            mix, measured = measured, self._signal_pass(block.channel(strongest) for block in blocks())
            measured.timelines |= {name: mix.timelines[name] for name in self._channel_features}
            measured.true_peak = mix.true_peak
        return self._compose(measured, warnings)

    @property
    def _with_character(self) -> bool:
        return self.options.analysis_type != "tempo_only"

    @property
    def _channel_features(self) -> list[str]:
        """Names of the features that are computed from the channels, not from the mono mix."""
        return [name for name, about in self._inner.abouts.items() if about.grid == CHANNELS]

    def _analyzer(self, names: Iterable[str]) -> Analyzer:
        names = tuple(names)
        return Analyzer(features_for(names, n_mfcc=self.options.n_mfcc), grids(self._output_grid), names)

    def _signal_pass(self, blocks: Iterable[Block]) -> SignalPass:
        return signal_pass(blocks, self._inner, self._output, with_true_peak=self._with_character)

    def _compose(self, measured: SignalPass, warnings: list[str]) -> Analysis:
        """All results from the measurements of the pass."""
        cents = tuning_cents(measured.values("chroma_harmony"))
        harmony = self._harmony(measured, cents) if self._with_character else None
        retained = self._retained(measured, cents)
        independent = None
        if harmony is not None:
            keep_log_mel = "log_mel" in self._output_names
            independent = beat_independent_results(measured, retained, harmony, keep_log_mel=keep_log_mel)
            retained = replace(retained, character=independent.retained)
        dependent = beat_dependent_results(retained, self.options.hint, self._other_beats(retained))
        character = _character(measured, retained, independent, dependent, cents) if independent else None
        if independent and independent.loudness.integrated_lufs <= SILENCE_LUFS:
            warnings.append("silent")
        return Analysis(
            duration_s=retained.duration_s,
            sample_rate=self.options.sample_rate,
            analyzer_version=analyzer_version(),
            warnings=tuple(warnings),
            rhythm=dependent.rhythm,
            groove=dependent.groove,
            hint=self.options.hint,
            character=character,
            timelines={name: measured.timelines[name] for name in self._output_names},
            retained=retained,
        )

    def _harmony(self, measured: SignalPass, cents: float) -> HarmonyActivations:
        activations = harmony_activations(self._weights.harmony, measured.values("pitch_spectrum"), cents)
        if "pitch_spectrum" not in self._output_names:
            measured.drop("pitch_spectrum")  # the beat decoder needs the memory
        return activations

    def _retained(self, measured: SignalPass, cents: float) -> RetainedFeatures:
        """Inputs of rhythm."""
        chroma = measured.values("chroma_harmony")
        activations = rhythm_activations(self._weights.rhythm, measured.values("log_mel"), chroma)
        rate_hz = {name: grid.frame_rate_hz for name, grid in self._inner.grids.items()}
        return RetainedFeatures(
            duration_s=round(measured.n_samples / INNER_SAMPLE_RATE, 6) or 1e-6,
            onset_strengths=Sampled(measured.values("onset_strength"), rate_hz["rhythm"]),
            curves=activations.curves.astype(np.float16),
            tempi=activations.tempi,
            chroma=Sampled(tuned_chroma(chroma, cents), rate_hz["harmony"]),
        )

    def _other_beats(self, retained: RetainedFeatures) -> Beats | None:
        if self.options.beat_tracker != "librosa":
            return None
        onset_strengths = retained.onset_strengths
        return librosa_beats(Sampled(onset_curve(onset_strengths.values), onset_strengths.rate_hz))


def _character(
    measured: SignalPass,
    retained: RetainedFeatures,
    independent: BeatIndependentResults,
    dependent: BeatDependentResults,
    cents: float,
) -> Character | None:
    """Results that *basic* adds to the rhythm; None without beat-dependent results for them."""
    if dependent.character is None:
        return None
    inputs = independent.retained
    levels_db = Sampled(independent.levels_db, retained.onset_strengths.rate_hz)
    onset_times = dependent.rhythm.onset_times
    return Character(
        key=independent.key,
        keys=key_spans(
            Sampled(inputs.keys.values.astype(np.float32), inputs.keys.rate_hz),
            retained.chroma.values,
            retained.duration_s,
        ),
        tuning_cents=cents,
        chords=dependent.character.chords,
        loudness=independent.loudness,
        peak=float(measured.values("peak").max()),
        true_peak=true_peak.finish(measured.true_peak),
        fades_s=fades(inputs.k_weighted_power, retained.duration_s),
        sections=dependent.character.sections,
        segments=segments(levels_db, retained.chroma, onset_times=onset_times, duration_s=retained.duration_s),
        mood=dependent.character.mood,
        sound_mood=independent.sound_mood,
        waveform=waveform.waveform(np.concatenate(measured.waveform_points), measured.waveform_rest),
    )
