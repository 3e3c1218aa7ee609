"""`tactus.Analysis`: what `tactus.analyze` returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tactus.analysis.options import AnalysisType
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track import result
from tactus.analysis.track.harmony.chords import Chord
from tactus.analysis.track.harmony.key import KeyCandidate, KeySpan, Mode
from tactus.analysis.track.result import Character, Provenance
from tactus.analysis.track.rhythm.tempo import TempoCandidate
from tactus.analysis.track.rhythm.tempo_curve import TempoCurve
from tactus.analysis.track.sections.sections import Section
from tactus.analysis.track.sound.segments import Segment
from tactus.analysis.track.sound.waveform import Waveform
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.formats.analysis_json import analysis_fields, encoded, frame_fields
from tactus.formats.character_json import true_peak_dbtp


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Analysis:
    """Analysis of a track.

    Attributes have the names of the fields of the service's JSON. Times are float64 arrays in seconds, on whole
    microseconds; equal times (a beat and the chord that begins on it) are equal numbers. Other numbers are not rounded;
    `to_dict` rounds them as the JSON does. What the type of the analysis does not contain raises `AttributeError`.

    Args:
        type: How much was computed: "tempo_only", "basic" or "full".
        result: The values.
        provenance: Where they come from.
    """

    type: AnalysisType
    result: result.Analysis
    provenance: Provenance

    def to_dict(self) -> dict[str, Any]:
        """The analysis as the service's JSON has it: plain dicts, lists, numbers and strings."""
        fields = analysis_fields(self.result, self.type, self.provenance)
        if self.type == "full":
            fields |= frame_fields(self.result.timelines)
        plain: dict[str, Any] = orjson.loads(encoded(fields))
        return plain

    def __repr__(self) -> str:
        tempo = "no tempo" if self.bpm is None else f"{self.bpm:.2f} bpm"
        return f"<tactus.Analysis {self.type}: {self.duration:.2f} s, {tempo}>"

    @property
    def duration(self) -> float:
        """Length of the track [s]."""
        return self.result.duration_s

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems of the sound, as docs/using.md lists them: "truncated", "clipped", "silent", ..."""
        return self.result.warnings

    @property
    def analyzer_version(self) -> str:
        """Version of the program and of its algorithms: equal versions give equal results."""
        return self.result.analyzer_version

    @property
    def bpm(self) -> float | None:
        """Tempo [beats per minute]; None where there is none."""
        return self.result.rhythm.bpm

    @property
    def tempo_confidence(self) -> float:
        """Probability that the tempo is right, in [0, 1]."""
        return self.result.rhythm.tempo_confidence

    @property
    def tempo_candidates(self) -> tuple[TempoCandidate, ...]:
        """The tempo and its metrical alternatives, each with `bpm`, `confidence`, `relation`; the chosen one first."""
        return self.result.rhythm.tempo_candidates

    @property
    def tempo_curve(self) -> TempoCurve:
        """Tempo over time: `times` [s] and `bpm` of the corners of a polyline."""
        return self.result.groove.tempo_curve

    @property
    def tempo_stability(self) -> float:
        """Share of the beats whose tempo is within 4 % of the median, in [0, 1]."""
        return self.result.groove.tempo_curve.stability

    @property
    def time_signature(self) -> int | None:
        """Beats per bar, 3 to 7; None where unknown."""
        return self.result.rhythm.time_signature

    @property
    def time_signature_confidence(self) -> float:
        """Probability that the time signature is right, in [0, 1]."""
        return self.result.rhythm.time_signature_confidence

    @property
    def beat_times(self) -> Times:
        """Beats [s], ascending, shape `[n_beats]`."""
        return self.result.rhythm.beat_times

    @property
    def beat_confidences(self) -> Floats:
        """How well the sound supports each beat, in [0, 1], shape `[n_beats]`."""
        return self.result.rhythm.beat_confidences

    @property
    def downbeat_times(self) -> Times:
        """Beats that begin a bar [s], shape `[n_bars]`."""
        return self.result.rhythm.downbeat_times

    @property
    def tatum_times(self) -> Times:
        """Tatums [s], the smallest regular subdivision of the beats, shape `[n_tatums]`."""
        return self.result.groove.tatums.times

    @property
    def tatums_per_beat(self) -> int | None:
        """Tatums in most beats; None without beats."""
        return self.result.groove.tatums.per_beat

    @property
    def swing_ratio(self) -> float | None:
        """Length of the first half of a beat over that of the second: 1 straight, 2 triplet swing; None if unknown."""
        return self.result.groove.swing.ratio

    @property
    def swing_confidence(self) -> float:
        """Share of the beats that have an off-beat to measure swing by, in [0, 1]."""
        return self.result.groove.swing.confidence

    @property
    def onset_times(self) -> Times:
        """Onsets [s], ascending, shape `[n_onsets]`."""
        return self.result.rhythm.onset_times

    @property
    def onset_strengths(self) -> Floats:
        """Strength of each onset relative to the strongest, in (0, 1], shape `[n_onsets]`."""
        return self.result.rhythm.onset_strengths

    @property
    def onset_bands(self) -> Ints:
        """Frequency band that rises most at each onset, 0 the lowest, shape `[n_onsets]`."""
        return self.result.rhythm.onset_bands

    @property
    def correction(self) -> dict[str, Any] | None:
        """The tempo hint that was given, by name; None without one."""
        return self.result.hint.to_dict() or None

    @property
    def key(self) -> str | None:
        """Tonic of the key, spelled with sharps; None where there is no key."""
        best = self._character("key").key.best
        return None if best is None else best.tonic

    @property
    def mode(self) -> Mode | None:
        """Mode of the key, "major" or "minor"; None where there is no key."""
        best = self._character("mode").key.best
        return None if best is None else best.mode

    @property
    def key_confidence(self) -> float:
        """Probability that the key is right, in [0, 1]."""
        return self._character("key_confidence").key.confidence

    @property
    def camelot(self) -> str | None:
        """The key on the Camelot wheel, "8B" for C major."""
        best = self._character("camelot").key.best
        return None if best is None else best.camelot

    @property
    def open_key(self) -> str | None:
        """The key in Open Key notation, "1d" for C major."""
        best = self._character("open_key").key.best
        return None if best is None else best.open_key

    @property
    def key_candidates(self) -> tuple[KeyCandidate, ...]:
        """The most probable keys, each with `tonic`, `mode` and `confidence`; the best first."""
        return self._character("key_candidates").key.candidates

    @property
    def keys(self) -> tuple[KeySpan, ...]:
        """Key over time: spans with `start`, `end` [s] and `key`, contiguous from 0 to the end."""
        return self._character("keys").keys

    @property
    def tuning_cents(self) -> float:
        """Deviation of the tuning from A = 440 Hz [cents], in [-50, 50)."""
        return self._character("tuning_cents").tuning_cents

    @property
    def chords(self) -> tuple[Chord, ...]:
        """Chords with `start`, `end` [s], `label` ("A:min", "N") and `confidence`, contiguous from 0 to the end."""
        return self._character("chords").chords

    @property
    def sections(self) -> tuple[Section, ...]:
        """Sections with `start`, `end` [s], `label`, `role`, `loudness`, `energy`, `tempo`, `key`; contiguous."""
        return self._character("sections").sections

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Stretches of steady sound with `start`, `duration` [s] and levels [dB], contiguous from 0 to the end."""
        return self._character("segments").segments.segments

    @property
    def segment_pitches(self) -> Floats:
        """Strength of each pitch class in each segment, C first, in [0, 1], shape `[n_segments, 12]`."""
        return self._character("segment_pitches").segments.pitches

    @property
    def segment_timbre(self) -> Floats:
        """Timbre of each segment, shape `[n_segments, 12]`."""
        return self._character("segment_timbre").segments.timbre

    @property
    def energy(self) -> float:
        """How energetic the track is, in [0, 1]."""
        return self._character("energy").mood.energy

    @property
    def valence(self) -> float:
        """How positive the track is, in [0, 1]."""
        return self._character("valence").mood.valence

    @property
    def danceability(self) -> float:
        """How well one can dance to the track, in [0, 1]."""
        return self._character("danceability").mood.danceability

    @property
    def acousticness(self) -> float:
        """How likely the sound is of acoustic instruments, in [0, 1]."""
        return self._character("acousticness").sound_mood.acousticness

    @property
    def instrumentalness(self) -> float:
        """How likely there is no voice, in [0, 1]."""
        return self._character("instrumentalness").sound_mood.instrumentalness

    @property
    def liveness(self) -> float:
        """How likely there is an audience, in [0, 1]."""
        return self._character("liveness").sound_mood.liveness

    @property
    def speechiness(self) -> float:
        """How likely the sound is speech, in [0, 1]."""
        return self._character("speechiness").sound_mood.speechiness

    @property
    def loudness(self) -> float:
        """Integrated loudness, EBU R 128 [LUFS], >= -70."""
        return self._character("loudness").loudness.integrated_lufs

    @property
    def loudness_range(self) -> float:
        """Loudness range, EBU Tech 3342 [LU]."""
        return self._character("loudness_range").loudness.range_lu

    @property
    def loudness_momentary_max(self) -> float:
        """Loudness of the loudest 400 ms [LUFS]."""
        return self._character("loudness_momentary_max").loudness.max_momentary_lufs

    @property
    def loudness_short_term_max(self) -> float:
        """Loudness of the loudest 3 s [LUFS]."""
        return self._character("loudness_short_term_max").loudness.max_short_term_lufs

    @property
    def sample_peak(self) -> float:
        """Largest absolute sample, full scale 1.0."""
        return self._character("sample_peak").peak

    @property
    def true_peak_dbtp(self) -> float:
        """True peak, ITU-R BS.1770 [dBTP], >= -100."""
        return true_peak_dbtp(self._character("true_peak_dbtp").true_peak)

    @property
    def replaygain_gain(self) -> float | None:
        """ReplayGain 2.0 of the track [dB]; None for silence."""
        return self._character("replaygain_gain").loudness.replay_gain_db

    @property
    def replaygain_peak(self) -> float:
        """True peak, full scale 1.0."""
        return self._character("replaygain_peak").true_peak

    @property
    def end_of_fade_in(self) -> float:
        """End of the fade-in [s]; 0 without one."""
        return self._character("end_of_fade_in").fades_s[0]

    @property
    def start_of_fade_out(self) -> float:
        """Start of the fade-out [s]; the duration without one."""
        return self._character("start_of_fade_out").fades_s[1]

    @property
    def waveform(self) -> Waveform:
        """Lowest and highest sample of successive stretches, for drawing: `lows`, `highs`, `samples_per_point`."""
        return self._character("waveform").waveform

    @property
    def loudness_momentary(self) -> Floats:
        """Loudness over 400 ms [LUFS], ten values a second; value k ends at `(k + 1) / 10` s, shape `[n]`."""
        return self._character("loudness_momentary").loudness.momentary_lufs

    @property
    def loudness_short_term(self) -> Floats:
        """Loudness over 3 s [LUFS], ten values a second; value k ends at `(k + 1) / 10` s, shape `[n]`."""
        return self._character("loudness_short_term").loudness.short_term_lufs

    @property
    def features(self) -> Mapping[str, FeatureTimeline]:
        """Timelines of the frame features of the type "full" by name: `features["rms"].values`, `.times`."""
        if self.type != "full":
            raise AttributeError(f"an analysis of type {self.type!r} has no features; ask for type='full'")
        return self.result.timelines

    def _character(self, name: str) -> Character:
        if self.result.character is None:
            raise AttributeError(f"an analysis of type {self.type!r} has no {name}; ask for type='basic' or 'full'")
        return self.result.character
