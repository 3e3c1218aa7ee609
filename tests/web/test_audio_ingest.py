"""How much audio a client may send: as much as time has passed, and a little ahead."""

import pytest

from tactus.web.live.audio_ingest import Allowance, IngestFormat, IngestLimits

LIMITS = IngestLimits(max_ahead_s=3.0, max_messages_per_s=400)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_client_may_be_ahead_by_so_much_and_no_more(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    assert all(allowance.take(1.0) for _ in range(3))
    assert not allowance.take(0.1)


def test_time_that_passes_may_be_filled(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    assert allowance.take(3.0)
    clock.time_s += 1.0
    assert allowance.take(1.0)
    assert not allowance.take(0.02)


def test_a_pause_saves_nothing_up(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    clock.time_s += 1000.0
    assert allowance.take(3.0)
    assert not allowance.take(0.1)


def test_a_clock_that_is_fast_by_half_a_per_cent_is_never_cut(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    for _ in range(50_000):
        clock.time_s += 0.02
        assert allowance.take(0.0201)


def test_a_client_that_sends_two_per_cent_too_much_is_cut_in_the_end(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    n_taken = 0
    while allowance.take(0.0204):
        clock.time_s += 0.02
        n_taken += 1
    assert n_taken == pytest.approx(3.0 / (0.0204 - 1.01 * 0.02), rel=0.01)


def test_many_small_messages_are_not_free(clock: Clock) -> None:
    allowance = Allowance(clock, LIMITS)
    n_taken = 0
    while allowance.take(0.0):
        n_taken += 1
    assert n_taken == pytest.approx(3.0 * 400, abs=1)


@pytest.mark.parametrize(
    ("pcm", "frame_bytes", "dtype"),
    [
        (IngestFormat(44100, 1, "f32"), 4, "f4"),
        (IngestFormat(48000, 2, "f32"), 8, "f4"),
        (IngestFormat(16000, 2, "s16"), 4, "i2"),
    ],
)
def test_a_format_has_its_size_and_its_fields(pcm: IngestFormat, frame_bytes: int, dtype: str) -> None:
    assert pcm.frame_bytes == frame_bytes
    assert pcm.fields == {"sample_rate": pcm.rate, "channels": pcm.channels, "dtype": dtype}
