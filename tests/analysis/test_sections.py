"""Sections, on pieces whose parts are known because they were made of them."""

import numpy as np
import pytest

from tactus.analysis.track.sections import Section, broad_levels_db, sections
from tactus.dsp.arrays import Floats, Times

LEVELS_RATE_HZ, CHROMA_RATE_HZ, POWER_RATE_HZ = 40.0, 10.0, 10.0
BEAT_S = 0.5
C_MAJOR = [0, 2, 4, 5, 7, 9, 11]
F_SHARP_MAJOR = [6, 8, 10, 11, 1, 3, 5]


def piece(form: str, *, part_beats: int = 48, beats: bool = True) -> tuple[tuple[Section, ...], Times]:
    """The sections of a piece made of A (dark, quiet, C major) and B (bright, loud, F# major), and where they begin."""
    rng = np.random.default_rng(7)
    part_s = part_beats * BEAT_S
    levels, chroma, keys, power = [], [], [], []
    for letter in form:
        slope = np.linspace(10, -10, 64) * (1 if letter == "A" else -1)
        level_db = -40 if letter == "A" else -25
        levels.append(level_db + slope + rng.normal(0, 2, (round(part_s * LEVELS_RATE_HZ), 64)))
        classes = np.full(12, 0.05)
        classes[C_MAJOR if letter == "A" else F_SHARP_MAJOR] = [1.0, 0.4, 0.6, 0.4, 0.8, 0.4, 0.3]
        chroma.append(classes * rng.uniform(0.7, 1.3, (round(part_s * CHROMA_RATE_HZ), 12)))
        keys.append(np.tile(10.0 * np.eye(25)[0 if letter == "A" else 6], (round(part_s * CHROMA_RATE_HZ), 1)))
        power.append(np.full(round(part_s * POWER_RATE_HZ), 10 ** ((level_db + 0.691) / 10)))
    duration_s = part_s * len(form)
    beat_times: Times = np.round(np.arange(0, duration_s, BEAT_S), 6) if beats else np.empty(0)
    found = sections(
        broad_levels_db(_joined(levels)),
        LEVELS_RATE_HZ,
        chroma=_joined(chroma),
        chroma_rate_hz=CHROMA_RATE_HZ,
        keys=_joined(keys).astype(np.float16),
        harmony_rate_hz=CHROMA_RATE_HZ,
        k_weighted_power=_joined(power),
        power_rate_hz=POWER_RATE_HZ,
        beat_times=beat_times,
        downbeat_times=beat_times[::4],
        duration_s=duration_s,
    )
    return found, np.arange(len(form), dtype=np.float64) * part_s


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
        np.full((1 + int(duration_s * LEVELS_RATE_HZ), 8), -60, np.float16),
        LEVELS_RATE_HZ,
        chroma=np.zeros((1 + int(duration_s * CHROMA_RATE_HZ), 12), np.float32),
        chroma_rate_hz=CHROMA_RATE_HZ,
        keys=np.tile(10.0 * np.eye(25, dtype=np.float16)[24], (1 + int(duration_s * CHROMA_RATE_HZ), 1)),
        harmony_rate_hz=CHROMA_RATE_HZ,
        k_weighted_power=np.zeros(1 + int(duration_s * POWER_RATE_HZ), np.float32),
        power_rate_hz=POWER_RATE_HZ,
        beat_times=np.empty(0),
        downbeat_times=np.empty(0),
        duration_s=duration_s,
    )
    assert (found.start, found.end, found.label) == (0.0, duration_s, "A")
    assert found.loudness == -70.0
    assert found.key.best is None
