"""Rhythm of a track: tempo, beats, bars and onsets, read from one feature."""

from dataclasses import dataclass, field, replace

import numpy as np

from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track import confidence
from tactus.analysis.track.rhythm import beats as beat_track
from tactus.analysis.track.rhythm import downbeats, onsets, tempo
from tactus.analysis.track.rhythm.taps import near_taps
from tactus.analysis.track.rhythm.tempo import TempoCandidate
from tactus.dsp import bar_pointer
from tactus.dsp.arrays import Floats, Ints, Times

VERSION = 4

MIN_BEATS = 4
"""Fewer beats make no tempo, nor do fewer onsets: two lie even where a steady tone is cut from silence."""

NOISE_CONTRAST = 1.85
"""In noise the strongest 1 % of onsets are less than this many times the mean (1.6 to 1.7 for white, pink and brown
noise), in music more (from 2.0 for soft pads, 5 and more for most)."""

STEADINESS = 200.0
"""Krebs, Böck and Widmer (ISMIR 2015) take 100 for the steadiness of tempo; with this network twice as much measured a
little better on every kind of music but solo piano."""

MIN_PROBABILITY = 0.03
"""No frame forbids or compels a beat more strongly than this: networks are surer than they should be."""

MIN_SUPPORT, MIN_PULSE = 0.27, 0.06
"""A piece has a tempo where its beats are this likely on average and something sounds this regularly at their distance,
both together, or where that alone is so. Speech has 0.19 to 0.26 and below 0.05, clicks at random 0.16 to 0.25 and
below 0.05; music mostly from 0.4 on; less has very little, in rubato."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """All that is said about a track's time.

    Args:
        bpm: Beats per minute; None where there is no tempo.
        tempo_confidence: How likely it is right, in [0, 1]; 0 with None.
        tempo_candidates: The tempo and its metrical alternatives, the chosen one first; empty with None.
        beat_times: Moments [s], ascending, in [0, duration], shape `[n_beats]`.
        beat_confidences: How well the sound supports each beat, in [0, 1], shape `[n_beats]`.
        downbeat_times: Those beats that begin a bar, equal to the bit, shape `[n_bars]`.
        time_signature: Beats in a bar, 3 to 7; None where it cannot be told.
        time_signature_confidence: How likely it is right, in [0, 1]; 0 with None.
        meter_margin: How far the metre stands out from the next likely one, in [0, 1].
        onset_times: Moments [s] at which something begins to sound, ascending, shape `[n_onsets]`.
        onset_strengths: Relative to the strongest, in (0, 1], shape `[n_onsets]`.
        onset_bands: Band that rises most, 0 lowest, shape `[n_onsets]`.
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
    onset_strengths: Floats,
    frame_rate_hz: float,
    reading: RhythmActivations,
    *,
    duration_s: float,
    bpm_range: tuple[float, float] = TRACKED_BPM_RANGE,
    chroma: Floats | None = None,
    chroma_rate_hz: float = 0.0,
    beats: beat_track.Beats | None = None,
    taps: Times | None = None,
    is_beat_known: bool = False,
) -> Rhythm:
    """Tempo, beats, bars and onsets of a track.

    Args:
        onset_strengths: The feature of that name: rise of each band, low to high, shape `[n_frames, n_bands]`; row k
            lies at `k / frame_rate_hz`.
        frame_rate_hz: Rows per second [Hz].
        reading: What the rhythm network hears, frame by frame with them.
        duration_s: Length of the track [s].
        bpm_range: Lowest and highest tempo that is looked for.
        chroma: Pitch classes over time, shape `[n, 12]`, for downbeats; optional.
        chroma_rate_hz: Rows of `chroma` per second [Hz].
        beats: As somebody else found them; by default they are found here.
        taps: When a listener tapped the beat [s], ascending; optional.
        is_beat_known: Whether somebody has said that there is a beat; else the sound is asked.

    Returns:
        The rhythm. In silence, noise, steady tones, pieces of less than a few beats and pieces without regular pulse
        there is no tempo, no beat and no bar, and that is said.
    """
    found = onsets.onsets(onset_strengths, reading.onsets, frame_rate_hz, duration_s)
    without_beats = Rhythm(onset_times=found.times, onset_strengths=found.strengths, onset_bands=found.bands)
    if len(found.times) < MIN_BEATS or not (is_beat_known or _is_more_than_noise(onset_strengths)):
        return without_beats
    sounding = beat_track.beat_activations(onset_strengths, frame_rate_hz)
    activations = beat_track.likely_beats(reading.beats, sounding)
    if taps is not None:
        activations = near_taps(activations, frame_rate_hz, taps)

    def found_in(bpm_range: tuple[float, float]) -> beat_track.Beats:
        space = bar_pointer.beat_space(
            frame_rate_hz, bpm_range, transition_lambda=STEADINESS, min_probability=MIN_PROBABILITY
        )
        weights = tempo.log_interval_weights(space, frame_rate_hz, reading.tempi)
        path = bar_pointer.most_likely_beats(activations, space, weights)
        return beat_track.beats_of_path(
            path, space, activations, sounding, frame_rate_hz=frame_rate_hz, duration_s=duration_s
        )

    if beats is None:
        beats = found_in(bpm_range)
    bpm = tempo.bpm_of_beats(beats.times) if len(beats.times) >= MIN_BEATS else None
    if bpm is None:
        return without_beats
    # Beats in a range that somebody gave need not be the piece's: it is asked wherever they lie whether it has any.
    has_beats = is_beat_known or _has_pulse(reading, sounding, beats.times, frame_rate_hz)
    if not has_beats and bpm_range != TRACKED_BPM_RANGE:
        has_beats = _has_pulse(reading, sounding, found_in(TRACKED_BPM_RANGE).times, frame_rate_hz)
    if not has_beats:
        return without_beats
    retained = confidence.tempo_inputs(reading, bpm, beats.times, frame_rate_hz)
    sureness = confidence.tempo_confidence(retained)
    accents = downbeats.beat_accents(
        beats.times, onset_strengths, reading, frame_rate_hz, chroma=chroma, chroma_rate_hz=chroma_rate_hz
    )
    bars = downbeats.bars(accents)
    downbeat_times = beats.times[bars.downbeats]
    meter_inputs = confidence.meter_inputs(bars.margin, reading, downbeat_times, frame_rate_hz)
    return replace(
        without_beats,
        bpm=bpm,
        tempo_confidence=sureness,
        tempo_candidates=tuple(tempo.tempo_candidates(reading.tempi, bpm, sureness, bpm_range)),
        beat_times=beats.times,
        beat_confidences=beats.confidences,
        downbeat_times=downbeat_times,
        time_signature=bars.beats_per_bar,
        meter_margin=bars.margin,
        time_signature_confidence=confidence.meter_confidence(meter_inputs) if bars.beats_per_bar else 0.0,
    )


def _has_pulse(reading: RhythmActivations, sounding: Floats, beat_times: Times, frame_rate_hz: float) -> bool:
    """Whether beats are heard, and something at their distance."""
    bpm = tempo.bpm_of_beats(beat_times)
    if bpm is None:
        return False
    support = confidence.mean_near(reading.beats, beat_times, frame_rate_hz)
    regularity = tempo.pulse(sounding, 60 * frame_rate_hz / bpm)
    return support + regularity > MIN_SUPPORT or regularity > MIN_PULSE


def _is_more_than_noise(onset_strengths: Floats) -> bool:
    curve = onsets.onset_curve(onset_strengths)
    return bool(curve.any()) and float(np.percentile(curve, 99)) > NOISE_CONTRAST * float(curve.mean())
