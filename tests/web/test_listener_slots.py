"""Admission of listeners: so many in all, so many for each client; a slot is free again after its use."""

import contextlib

import pytest

from tactus.errors import OverloadedError, RateLimitedError
from tactus.web.live.listener_slots import ListenerSlots, SlotLimits

LIMITS = SlotLimits(total=3, per_client=2)


def test_one_client_has_a_bounded_number_of_slots() -> None:
    slots = ListenerSlots(LIMITS)
    with slots.slot("a", is_own=False), slots.slot("a", is_own=False):
        with pytest.raises(RateLimitedError, match="at most 2"), slots.slot("a", is_own=False):
            pass
        with slots.slot("b", is_own=False):
            pass


def test_this_machine_has_as_many_as_there_are() -> None:
    slots = ListenerSlots(LIMITS)
    with contextlib.ExitStack() as taken:
        for _ in range(3):
            taken.enter_context(slots.slot("127.0.0.1", is_own=True))
        with pytest.raises(OverloadedError, match="3 listeners"), slots.slot("127.0.0.1", is_own=True):
            pass


def test_a_slot_is_free_again_after_use() -> None:
    slots = ListenerSlots(LIMITS)
    for _ in range(5):
        with contextlib.suppress(ValueError), slots.slot("a", is_own=False), slots.slot("a", is_own=False):
            raise ValueError


def test_a_refused_client_takes_no_slot() -> None:
    slots = ListenerSlots(LIMITS)
    with slots.slot("a", is_own=False), slots.slot("a", is_own=False):
        for _ in range(5):
            with pytest.raises(RateLimitedError), slots.slot("a", is_own=False):
                pass
        with slots.slot("b", is_own=False):
            pass
