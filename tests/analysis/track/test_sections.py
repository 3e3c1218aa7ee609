"""Sections, on pieces whose parts are known because they were made of them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from tactus.analysis.track.sections.bars import bar_bounds, bar_features, slow_levels_db
from tactus.analysis.track.sections.boundary_cues import all_cues
from tactus.analysis.track.sections.cue_weights import CUE_WEIGHTS
from tactus.analysis.track.sections.sections import Section, sections
from tactus.analysis.track.sections.segmentation import (
    LENGTHS,
    MAX_END,
    CueWeights,
    best_segmentation,
    boundary_probabilities,
    span_scores,
)
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled

LEVELS_RATE_HZ, CHROMA_RATE_HZ, POWER_RATE_HZ = 80.0, 10.0, 10.0
BEAT_S = 0.5
N_BANDS, N_ONSET_BANDS = 64, 6
C_MAJOR = [0, 2, 4, 5, 7, 9, 11]
F_SHARP_MAJOR = [6, 8, 10, 11, 1, 3, 5]


def piece(form: str, *, part_beats: int = 48, beats: bool = True) -> tuple[tuple[Section, ...], Times]:
    """The sections of a piece made of A (dark, quiet, C major) and B (bright, loud, F# major), and where they begin."""
    rng = np.random.default_rng(7)
    part_s = part_beats * BEAT_S
    levels, onsets, chroma, keys, power = [], [], [], [], []
    for letter in form:
        slope = np.linspace(10, -10, N_BANDS) * (1 if letter == "A" else -1)
        level_db = -40 if letter == "A" else -25
        n_frames = round(part_s * LEVELS_RATE_HZ)
        levels.append(level_db + slope + rng.normal(0, 2, (n_frames, N_BANDS)))
        onsets.append(hits(n_frames, low=1.0, high=0.0 if letter == "A" else 1.0))
        classes = np.full(12, 0.05)
        classes[C_MAJOR if letter == "A" else F_SHARP_MAJOR] = [1.0, 0.4, 0.6, 0.4, 0.8, 0.4, 0.3]
        chroma.append(classes * rng.uniform(0.7, 1.3, (round(part_s * CHROMA_RATE_HZ), 12)))
        keys.append(np.tile(10.0 * np.eye(25)[0 if letter == "A" else 6], (round(part_s * CHROMA_RATE_HZ), 1)))
        power.append(np.full(round(part_s * POWER_RATE_HZ), 10 ** ((level_db + 0.691) / 10)))
    duration_s = part_s * len(form)
    beat_times: Times = np.round(np.arange(0, duration_s, BEAT_S), 6) if beats else np.empty(0)
    found = sections(
        slow_levels_db(_joined(levels)),
        Sampled(_joined(onsets), LEVELS_RATE_HZ),
        chroma=Sampled(_joined(chroma), CHROMA_RATE_HZ),
        keys=Sampled(_joined(keys).astype(np.float16), CHROMA_RATE_HZ),
        k_weighted_power=Sampled(_joined(power), POWER_RATE_HZ),
        beat_times=beat_times,
        downbeat_times=beat_times[::4],
        duration_s=duration_s,
    )
    return found, np.arange(len(form), dtype=np.float64) * part_s


def hits(n_frames: int, *, low: float, high: float) -> Times:
    """Onset strengths: the lowest band on every beat, the highest between them."""
    values = np.zeros((n_frames, N_ONSET_BANDS))
    beat = round(BEAT_S * LEVELS_RATE_HZ)
    values[::beat, 0] = low
    values[beat // 2 :: beat, -1] = high
    return values


@dataclass(frozen=True)
class Passage:
    """Eight bars and more of a dance track: levels of its low end, middle and treble [dB], and how it is struck."""

    n_bars: int
    lows_db: float
    mids_db: float
    highs_db: float
    kick: float
    hats: float
    rise_db: float = 0.0


INTRO = Passage(8, -55, -40, -32, 0.0, 0.5)
VERSE = Passage(16, -20, -30, -38, 1.0, 0.5)
BREAK = Passage(8, -55, -28, -50, 0.0, 0.0)
BUILD = Passage(8, -55, -32, -40, 0.0, 1.0, rise_db=12)
DROP = Passage(16, -12, -24, -30, 1.0, 1.0)
OUTRO = Passage(8, -40, -45, -40, 0.2, 0.2)


def track(*passages: Passage) -> tuple[tuple[Section, ...], list[float]]:
    """The sections of a dance track, and where its passages begin."""
    rng = np.random.default_rng(3)
    levels, onsets, power, chroma = [], [], [], []
    for passage in passages:
        seconds = passage.n_bars * 4 * BEAT_S
        n_frames = round(seconds * LEVELS_RATE_HZ)
        bands = np.concatenate(
            (
                np.full(4, passage.lows_db),
                np.full(28, passage.mids_db),
                np.full(32, passage.highs_db),
            )
        )
        rise = np.linspace(0, passage.rise_db, n_frames)[:, None]
        sound = bands + rise + rng.normal(0, 1, (n_frames, N_BANDS))
        levels.append(sound)
        onsets.append(hits(n_frames, low=passage.kick, high=passage.hats))
        total = np.sum(10 ** (sound / 10), axis=1)
        power.append(total.reshape(-1, round(LEVELS_RATE_HZ / POWER_RATE_HZ)).mean(axis=1))
        four_bars = np.eye(12)[np.repeat([0, 9, 5, 7], round(4 * BEAT_S * CHROMA_RATE_HZ))] + 0.05
        chroma.append(np.tile(four_bars, (passage.n_bars // 4, 1)))
    starts = np.cumsum([0, *(passage.n_bars * 4 * BEAT_S for passage in passages)])
    beat_times: Times = np.arange(0, starts[-1], BEAT_S)
    found = sections(
        slow_levels_db(_joined(levels)),
        Sampled(_joined(onsets), LEVELS_RATE_HZ),
        chroma=Sampled(_joined(chroma), CHROMA_RATE_HZ),
        keys=Sampled(np.zeros((1, 25), np.float16), CHROMA_RATE_HZ),
        k_weighted_power=Sampled(_joined(power), POWER_RATE_HZ),
        beat_times=beat_times,
        downbeat_times=beat_times[::4],
        duration_s=float(starts[-1]),
    )
    return found, starts[:-1].tolist()


def _joined(parts: list[Times]) -> Floats:
    return np.concatenate(parts).astype(np.float32)


@pytest.mark.parametrize("form", ["AB", "ABA", "ABAB", "AABB"])
def test_parts_are_found_where_they_begin_and_repeated_ones_share_a_letter(form: str) -> None:
    found, starts = piece(form)
    changes = [k for k in range(len(form)) if k == 0 or form[k] != form[k - 1]]
    assert [section.start for section in found] == starts[changes].tolist()
    assert "".join(section.label for section in found) == "".join(form[k] for k in changes)


def test_each_part_has_its_own_loudness_tempo_and_key() -> None:
    found, _ = piece("AB")
    quiet, loud = found
    assert quiet.loudness == pytest.approx(-40, abs=0.2)
    assert loud.loudness == pytest.approx(-25, abs=0.2)
    assert quiet.tempo == loud.tempo == pytest.approx(120)
    assert quiet.tempo_confidence == 1.0
    assert [(s.key.best.tonic, s.key.best.mode) for s in found if s.key.best] == [("C", "major"), ("F#", "major")]


def test_parts_are_found_without_beats() -> None:
    found, starts = piece("AB", beats=False)
    assert [section.label for section in found] == ["A", "B"]
    assert found[1].start == pytest.approx(starts[1], abs=1.0)
    assert found[0].tempo is None
    assert found[0].tempo_confidence == 0.0


def test_an_even_piece_has_one_part() -> None:
    found, _ = piece("A", part_beats=160)
    assert [(section.label, section.confidence) for section in found] == [("A", 1.0)]


@pytest.mark.parametrize("duration_s", [1 / 44100, 0.3, 3.0])
def test_a_short_silence_is_one_part(duration_s: float) -> None:
    (found,) = sections(
        np.full((1 + int(duration_s * LEVELS_RATE_HZ / 8), N_BANDS), -60, np.float16),
        Sampled(np.zeros((1 + int(duration_s * LEVELS_RATE_HZ), N_ONSET_BANDS), np.float32), LEVELS_RATE_HZ),
        chroma=Sampled(np.zeros((1 + int(duration_s * CHROMA_RATE_HZ), 12), np.float32), CHROMA_RATE_HZ),
        keys=Sampled(
            np.tile(10.0 * np.eye(25, dtype=np.float16)[24], (1 + int(duration_s * CHROMA_RATE_HZ), 1)), CHROMA_RATE_HZ
        ),
        k_weighted_power=Sampled(np.zeros(1 + int(duration_s * POWER_RATE_HZ), np.float32), POWER_RATE_HZ),
        beat_times=np.empty(0),
        downbeat_times=np.empty(0),
        duration_s=duration_s,
    )
    assert (found.start, found.end, found.label) == (0.0, duration_s, "A")
    assert found.loudness == -70.0
    assert (found.energy, found.role) == (0.0, None)
    assert found.key.best is None


def test_a_dance_track_says_what_its_parts_do() -> None:
    found, starts = track(INTRO, VERSE, BREAK, BUILD, DROP, OUTRO)
    assert [section.start for section in found] == starts
    assert [section.role for section in found] == ["intro", None, "break", "build", "drop", "outro"]


def test_a_drop_may_follow_a_break_at_once_and_come_twice() -> None:
    found, _ = track(INTRO, VERSE, BREAK, DROP, VERSE, BREAK, BUILD, DROP, OUTRO)
    inner_roles = [section.role for section in found if section.role not in {None, "intro", "outro"}]
    assert inner_roles == ["break", "drop", "break", "build", "drop"]


def test_the_drop_has_the_most_energy_and_the_intro_little() -> None:
    found, _ = track(INTRO, VERSE, BREAK, BUILD, DROP, OUTRO)
    energy = {section.role: section.energy for section in found}
    assert energy["drop"] == 1.0
    assert all(0 <= section.energy < 1 for section in found if section.role != "drop")
    assert energy["break"] < energy[None]
    assert energy["intro"] < energy[None]


@pytest.mark.parametrize("form", ["A", "AAAA", "ABAB", "BABA"])
def test_nothing_is_said_where_parts_do_nothing_of_that_kind(form: str) -> None:
    """B is louder than A, but there is no bass and no drum to come back."""
    found, _ = piece(form, part_beats=64)
    inner = found[1:-1]
    assert all(section.role is None for section in inner)
    if "B" not in form:
        assert [section.role for section in found] == [None]


def test_a_uniform_dance_track_has_one_part_without_a_role() -> None:
    found, _ = track(DROP, DROP, DROP, DROP)
    assert [(section.label, section.role, section.energy) for section in found] == [("A", None, 1.0)]


def test_bars_are_counted_through_gaps_and_without_downbeats() -> None:
    downbeats = np.array([2.0, 4.0, 6.0, 8.0, 14.0, 16.0])
    assert bar_bounds(np.empty(0), downbeats, 18.0).tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert bar_bounds(np.arange(20.0), np.empty(0), 20.0).tolist() == [0, 4, 8, 12, 16, 20]
    assert bar_bounds(np.empty(0), np.empty(0), 6.0).tolist() == [0, 2, 4, 6]


def test_levels_are_averaged_eight_at_a_time() -> None:
    levels = np.arange(20, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    assert slow_levels_db(levels)[:, 0].tolist() == [3.5, 11.5, 17.5]


def test_the_model_weighs_every_way_to_divide_a_piece() -> None:
    """Of five bars there are sixteen: the best one and the chances are those of counting them all."""
    rng = np.random.default_rng(1)
    n_bars = 5
    scores = rng.normal(0, 1, (n_bars, n_bars))
    scores[np.arange(n_bars)[:, None] + np.arange(1, n_bars + 1) > n_bars] = -1e9
    ways = []
    for chosen in range(2 ** (n_bars - 1)):
        starts = [0, *(bar for bar in range(1, n_bars) if chosen >> (bar - 1) & 1)]
        ways.append((sum(scores[a, b - a - 1] for a, b in pairwise([*starts, n_bars])), starts))
    chances = np.exp([score for score, _ in ways])
    expected = [
        sum(chance for chance, (_, starts) in zip(chances, ways, strict=True) if bar in starts) / sum(chances)
        for bar in range(n_bars)
    ]
    assert best_segmentation(scores).tolist() == max(ways)[1]
    assert boundary_probabilities(scores) == pytest.approx(expected)


def test_every_cue_has_its_weight() -> None:
    quiet = bar_features(
        np.arange(4.0),
        np.zeros((4, N_BANDS), np.float16),
        Sampled(np.zeros((24, N_ONSET_BANDS), np.float32), 8.0),
        Sampled(np.zeros((4, 12), np.float32), 1.0),
    )
    boundary_cues, span_cues = all_cues(quiet)
    assert CUE_WEIGHTS.boundaries.keys() == boundary_cues.keys()
    assert CUE_WEIGHTS.spans.keys() == span_cues.keys()
    assert (len(CUE_WEIGHTS.lengths), len(CUE_WEIGHTS.last_lengths)) == (len(LENGTHS), MAX_END)


def test_a_span_scores_by_its_signs_and_its_length() -> None:
    table = tuple(float(length) for length in LENGTHS)
    weights = CueWeights({"a": 2.0}, {"b": 3.0}, table, tuple(10 * one for one in table), (0.5,) * MAX_END)
    scores = span_scores(weights, {"a": np.array([0.0, 1.0, 1.0])}, {"b": np.ones((3, 3))})
    assert scores[0, :2].tolist() == [3 + 10, 3 + 20]
    assert scores[1, :2].tolist() == [2 + 3 + 1, 2 + 3 + 0.5]
    assert scores[2, 1] < -1e6  # it leaves the piece
