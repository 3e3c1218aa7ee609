"""How often and when a source that failed is opened again."""

import pytest

from tactus.audio.sources.kinds import SOURCE_KINDS, RetryLimits
from tactus.fetch.backoff import Backoff
from tactus.jobs.live.retry_policy import GONE, RetryPolicy

LIMITS = RetryLimits(Backoff(first_s=1.0, max_s=8.0), steady_s=7.0, max_crashes=2)


@pytest.mark.parametrize(("n_failures", "at_most_s"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0)])
def test_waits_double_up_to_their_limit_and_are_at_least_half_of_it(n_failures: int, at_most_s: float) -> None:
    policy = RetryPolicy(LIMITS)
    for _ in range(n_failures):
        policy.count_failure("device-lost")
    assert all(at_most_s / 2 <= policy.wait_s() <= at_most_s for _ in range(50))


def test_a_reset_begins_with_the_first_wait_again() -> None:
    policy = RetryPolicy(LIMITS)
    for _ in range(5):
        policy.count_failure("device-lost")
    policy.reset()
    policy.count_failure("device-lost")
    assert policy.wait_s() <= 1.0


@pytest.mark.parametrize("reason", [GONE, "decoder-crashed"])
def test_crashes_are_limited(reason: str) -> None:
    policy = RetryPolicy(LIMITS)
    policy.count_failure(reason)
    assert not policy.is_exhausted
    policy.count_failure(reason)
    assert policy.is_exhausted
    policy.reset()
    assert not policy.is_exhausted


def test_failures_that_are_no_crashes_are_not_limited() -> None:
    policy = RetryPolicy(LIMITS)
    for _ in range(100):
        policy.count_failure("source-unreachable")
    assert not policy.is_exhausted


def test_a_device_is_waited_for_without_limit() -> None:
    policy = RetryPolicy(SOURCE_KINDS["device"].retry)
    for _ in range(100):
        policy.count_failure(GONE)
    assert policy.retries
    assert not policy.is_exhausted
    assert policy.wait_s() <= 2.0


def test_a_file_is_never_opened_again() -> None:
    policy = RetryPolicy(SOURCE_KINDS["file"].retry)
    policy.count_failure(GONE)
    assert (policy.retries, policy.is_exhausted, policy.wait_s(), policy.steady_s) == (False, False, 0.0, 0.0)


def test_a_source_works_after_its_own_steady_time() -> None:
    assert RetryPolicy(LIMITS).steady_s == 7.0
