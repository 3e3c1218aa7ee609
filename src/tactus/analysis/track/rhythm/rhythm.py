"""Rhythm of a track: tempo, beats, bars and onsets."""

from dataclasses import dataclass, field, replace

import numpy as np

from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track import confidence
from tactus.analysis.track.rhythm import downbeats, tempo
from tactus.analysis.track.rhythm.beats import Beats, beat_activations, beats_from_path, combined_activations
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.rhythm.onsets import onsets as onsets_of_track
from tactus.analysis.track.rhythm.taps import activations_with_taps
from tactus.analysis.track.rhythm.tempo import TempoCandidate
from tactus.dsp import bar_pointer
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.sampled import Sampled

VERSION = 4

MIN_BEATS = 4
"""Least number of beats, and of onsets, for a tempo: two onsets lie even where a steady tone is cut from silence."""

NOISE_CONTRAST = 1.85
"""Least ratio of the 99th percentile of onset strength to its mean, for a beat. In noise it is smaller (1.6 to 1.7 for
white, pink and brown noise), in music larger (from 2.0 for soft pads, 5 and more for most)."""

STEADINESS = 200.0
"""Transition lambda of the decoder. Krebs, Böck and Widmer (ISMIR 2015) use 100; with this network twice as much
measured a little better on every kind of music but solo piano."""

MIN_PROBABILITY = 0.03
"""Beat activations are limited to this and one minus this: networks are overconfident."""

MIN_SUPPORT, MIN_PULSE = 0.27, 0.06
"""Least sum of mean beat activation and onset autocorrelation at the beat interval, and least autocorrelation alone, of
a piece with a tempo. Speech has 0.19 to 0.26 and below 0.05, random clicks 0.16 to 0.25 and below 0.05; music mostly
from 0.4 on; very little has less, in rubato."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Rhythm of a track.

    Args:
        bpm: Tempo [beats per minute]; None where there is none.
        tempo_confidence: Probability that the tempo is right, in [0, 1]; 0 with None.
        tempo_candidates: The tempo and its metrical alternatives, the chosen one first; empty with None.
        beat_times: Beats [s], ascending, in [0, duration], shape `[n_beats]`.
        beat_confidences: Mean activation around each beat, in [0, 1], shape `[n_beats]`.
        downbeat_times: Beats that begin a bar [s], exactly equal to theirs, shape `[n_bars]`.
        time_signature: Beats per bar, 3 to 7; None where it is unknown.
        time_signature_confidence: Probability that it is right, in [0, 1]; 0 with None.
        meter_margin: Margin of the meter over the second most likely one, in [0, 1].
        onset_times: Onsets [s], ascending, shape `[n_onsets]`.
        onset_strengths: Strength of each onset relative to the strongest, in (0, 1], shape `[n_onsets]`.
        onset_bands: Band with the largest rise, 0 lowest, shape `[n_onsets]`.
    """

    bpm: float | None = None
    tempo_confidence: float = 0.0
    tempo_candidates: tuple[TempoCandidate, ...] = ()
    beat_times: Times = field(default_factory=lambda: np.empty(0))
    beat_confidences: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    downbeat_times: Times = field(default_factory=lambda: np.empty(0))
    time_signature: int | None = None
    time_signature_confidence: float = 0.0
    meter_margin: float = 0.0
    onset_times: Times = field(default_factory=lambda: np.empty(0))
    onset_strengths: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    onset_bands: Ints = field(default_factory=lambda: np.empty(0, np.int64))


def rhythm(
    onset_strengths: Sampled[Floats],
    activations: RhythmActivations,
    *,
    duration_s: float,
    bpm_range: tuple[float, float] = TRACKED_BPM_RANGE,
    chroma: Sampled[Floats] | None = None,
    beats: Beats | None = None,
    taps: Times | None = None,
    is_beat_known: bool = False,
) -> Rhythm:
    """Estimate tempo, beats, bars and onsets of a track.

    Args:
        onset_strengths: Feature `onset_strength`, bands from low to high, shape `[n_frames, n_bands]`.
        activations: Output of the rhythm network, at the same rate.
        duration_s: Duration of the track [s].
        bpm_range: Lowest and highest tempo of the decoder [beats per minute].
        chroma: Strength of each pitch class, for downbeats, shape `[n, 12]`; optional.
        beats: Beats of another beat tracker; by default they are decoded here.
        taps: Times of tapped beats [s], ascending; optional.
        is_beat_known: Whether the existence of a beat is given rather than tested.

    Returns:
        The rhythm. Without tempo, beats and bars in silence, noise, steady tones, pieces of less than a few beats and
        pieces without a regular pulse.
    """
    onsets = onsets_of_track(onset_strengths, activations.onsets, duration_s)
    without_beats = Rhythm(onset_times=onsets.times, onset_strengths=onsets.strengths, onset_bands=onsets.bands)
    if len(onsets.times) < MIN_BEATS or not (is_beat_known or _is_more_than_noise(onset_strengths.values)):
        return without_beats
    decoder = _BeatDecoder(onset_strengths, activations, taps, duration_s)
    if beats is None:
        beats = decoder.beats(bpm_range)
    bpm = tempo.bpm_of_beats(beats.times) if len(beats.times) >= MIN_BEATS else None
    if bpm is None:
        return without_beats
    # Beats in a given range need not be those of the piece: whether it has any is tested wherever they lie.
    has_beats = is_beat_known or decoder.has_pulse(beats.times)
    if not has_beats and bpm_range != TRACKED_BPM_RANGE:
        has_beats = decoder.has_pulse(decoder.beats(TRACKED_BPM_RANGE).times)
    if not has_beats:
        return without_beats
    rate_hz = onset_strengths.rate_hz
    tempo_confidence = confidence.tempo_confidence(confidence.tempo_inputs(activations, bpm, beats.times, rate_hz))
    meter = downbeats.meter(downbeats.beat_accents(beats.times, onset_strengths, activations, chroma))
    downbeat_times = beats.times[meter.downbeats]
    meter_inputs = confidence.meter_inputs(meter.margin, activations, downbeat_times, rate_hz)
    return replace(
        without_beats,
        bpm=bpm,
        tempo_confidence=tempo_confidence,
        tempo_candidates=tuple(tempo.tempo_candidates(activations.tempi, bpm, tempo_confidence, bpm_range)),
        beat_times=beats.times,
        beat_confidences=beats.confidences,
        downbeat_times=downbeat_times,
        time_signature=meter.beats_per_bar,
        meter_margin=meter.margin,
        time_signature_confidence=confidence.meter_confidence(meter_inputs) if meter.beats_per_bar else 0.0,
    )


class _BeatDecoder:
    """Beat decoder of one track, for any tempo range."""

    def __init__(
        self, onset_strengths: Sampled[Floats], activations: RhythmActivations, taps: Times | None, duration_s: float
    ) -> None:
        self._rate_hz = onset_strengths.rate_hz
        self._network = activations
        self._onset_activations = beat_activations(onset_strengths)
        self._activations = combined_activations(activations.beats, self._onset_activations)
        if taps is not None:
            self._activations = activations_with_taps(Sampled(self._activations, self._rate_hz), taps)
        self._duration_s = duration_s

    def beats(self, bpm_range: tuple[float, float]) -> Beats:
        """Most likely beats in a tempo range [beats per minute]."""
        space = bar_pointer.beat_space(
            self._rate_hz, bpm_range, transition_lambda=STEADINESS, min_probability=MIN_PROBABILITY
        )
        weights = tempo.log_interval_weights(space, self._rate_hz, self._network.tempi)
        path = bar_pointer.most_likely_beats(self._activations, space, weights)
        activations = Sampled(self._activations, self._rate_hz)
        return beats_from_path(path, space, activations, self._onset_activations, self._duration_s)

    def has_pulse(self, beat_times: Times) -> bool:
        """True if the track has a beat: activations are high on these beats, or onsets repeat at their interval."""
        bpm = tempo.bpm_of_beats(beat_times)
        if bpm is None:
            return False
        support = confidence.mean_near(self._network.beats, beat_times, self._rate_hz)
        regularity = tempo.pulse(self._onset_activations, 60 * self._rate_hz / bpm)
        return support + regularity > MIN_SUPPORT or regularity > MIN_PULSE


def _is_more_than_noise(onset_strengths: Floats) -> bool:
    curve = onset_curve(onset_strengths)
    return bool(curve.any()) and float(np.percentile(curve, 99)) > NOISE_CONTRAST * float(curve.mean())
