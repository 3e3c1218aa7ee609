"""The harmony tracker: chroma of 10 s and key of 20 s, updated every second."""

import itertools

import numpy as np
import pytest

from tactus.analysis.live.harmony import STAGGER_SAMPLES, HarmonyState, HarmonyTracker
from tactus.dsp.arrays import Floats
from tests.fixtures.signals import SAMPLE_RATE, chord, click_track, noise, silence

TRACKER = HarmonyTracker()
HOP = 4096
C, F, G = (60, 64, 67), (65, 69, 72), (67, 71, 74)


def tracked(samples: Floats, block: int = 8192) -> list[HarmonyState]:
    """States after each block."""
    state, states = TRACKER.start(), []
    for first in range(0, len(samples), block):
        state, _ = TRACKER.step(state, samples[first : first + block])
        states.append(state)
    return states


def cadence(seconds: float) -> Floats:
    """Tonic, subdominant, dominant, tonic in C major, over and over."""
    bars = np.concatenate([chord(notes, 1.0) for notes in (C, F, G, C)])
    return np.resize(bars, round(seconds * SAMPLE_RATE))


def test_chroma_and_key_are_those_of_the_chords() -> None:
    last = tracked(cadence(12))[-1]
    assert last.key is not None
    assert (last.key.tonic, last.key.mode) == ("C", "major")
    assert last.chroma.shape == (12,)
    assert last.chroma.dtype == np.float32
    assert last.chroma.max() == 1
    assert set(np.argsort(last.chroma)[-7:]) == {0, 2, 4, 5, 7, 9, 11}


def test_tuning_is_undone() -> None:
    music = cadence(12)
    sharp = np.interp(np.arange(0, len(music), 2 ** (40 / 1200)), np.arange(len(music)), music).astype(np.float32)
    in_tune, retuned = tracked(music)[-1], tracked(sharp)[-1]
    assert retuned.key is not None
    assert (retuned.key.tonic, retuned.key.mode) == ("C", "major")
    np.testing.assert_allclose(retuned.chroma, in_tune.chroma, atol=0.1)


@pytest.mark.parametrize("keyless", [noise(1, 8), silence(3), click_track(120, 8)], ids=["noise", "silence", "clicks"])
def test_what_has_no_key_has_none(keyless: Floats) -> None:
    assert tracked(keyless)[-1].key is None


def test_silence_has_no_pitch_classes() -> None:
    assert not TRACKER.start().chroma.any()
    assert TRACKER.start().key is None
    assert not tracked(silence(3))[-1].chroma.any()


def test_the_chroma_is_of_10_s() -> None:
    """F sharp major, which shares no note with C major, after it."""
    states = tracked(np.concatenate((chord(C, 12.0), chord((66, 70, 73), 12.0))), block=SAMPLE_RATE)
    first, second = [0, 4, 7], [6, 10, 1]
    assert states[11].chroma[second].max() < 0.1
    assert states[20].chroma[first].min() > 0.1  # 9 s later
    assert states[23].chroma[first].max() < 0.1  # 12 s later
    assert states[23].chroma.max() == 1


def test_the_key_is_of_20_s() -> None:
    """C sharp major after C major."""
    high = np.concatenate([chord([note + 1 for note in notes], 1.0) for notes in (C, F, G, C)])
    states = tracked(np.concatenate((cadence(20), np.resize(high, 23 * SAMPLE_RATE))), block=SAMPLE_RATE)
    names = [state.key.tonic if state.key else None for state in states]
    assert names[19] == names[23] == "C"
    assert names[-1] == "C#"
    assert len(states[-1].classes) == round(20 * SAMPLE_RATE / HOP)


def test_chroma_and_key_are_updated_every_second() -> None:
    states = tracked(cadence(6), block=512)
    changes = [
        number * 512 / SAMPLE_RATE
        for number, (before, after) in enumerate(itertools.pairwise(states), start=1)
        if after.chroma is not before.chroma
    ]
    assert len(changes) == 5
    assert np.diff(changes) == pytest.approx([1.0] * 4, abs=0.1)


def test_work_is_done_a_block_after_each_whole_hop() -> None:
    state, worked = TRACKER.start(), []
    for number in range(40):
        state, _ = TRACKER.step(state, np.zeros(512, np.float32))
        if not state.waiting:
            worked.append((number + 1) * 512 - STAGGER_SAMPLES)
    assert STAGGER_SAMPLES == 512
    assert worked == [HOP * k for k in range(1, len(worked) + 1)]
    assert len(worked) == 4


def test_blocks_of_any_length_give_the_same_rows() -> None:
    music = cadence(3)
    whole = TRACKER.step(TRACKER.start(), music)[1]
    state, parts = TRACKER.start(), []
    for first in range(0, len(music), 1000):
        state, rows = TRACKER.step(state, music[first : first + 1000])
        parts.append(rows)
    joined = np.concatenate(parts)
    assert joined.shape[1] == 36
    assert len(whole) - 1 <= len(joined) <= len(whole)
    np.testing.assert_allclose(joined, whole[: len(joined)], atol=1e-5)
