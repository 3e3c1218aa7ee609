"""SQLite store with small, full, damaged, locked and unusable files, and with clocks that jump."""
# ruff: noqa: ASYNC221, ASYNC240  a test may block its event loop

import asyncio
import math
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tactus.store.disk import CLOCK_TOLERANCE_S, DiskStore


class SettableClock:
    """A wall clock set by the test."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "analyses.sqlite"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def store(path: Path, clock: SettableClock) -> AsyncIterator[DiskStore]:
    store = DiskStore(path, max_bytes=10_000, now=clock)
    yield store
    await store.aclose()


async def stored_keys(store: DiskStore, keys: str) -> str:
    """The one-letter keys that have a value."""
    return "".join([key for key in keys if await store.get(key) is not None])


async def test_only_the_owner_can_read_the_files(store: DiskStore, path: Path) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    assert len(list(path.parent.iterdir())) > 1, "the write-ahead log is one of them"
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_values_outlive_the_process(store: DiskStore, path: Path, clock: SettableClock) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    await store.aclose()
    again = DiskStore(path, now=clock)
    assert await again.get("key") == b"value"
    await again.aclose()


async def test_the_size_is_limited_and_the_least_recently_used_values_are_evicted(
    store: DiskStore, clock: SettableClock
) -> None:
    for key in "abcd":
        clock.now_s += 1.0
        assert await store.put(key, bytes(2_500), ttl_s=3600.0)
    clock.now_s += 1.0
    assert await stored_keys(store, "abcd") == "abcd", "exactly the limit"
    clock.now_s += 1.0
    await store.get("a")
    clock.now_s += 1.0
    await store.put("e", bytes(2_500), ttl_s=3600.0)
    assert await stored_keys(store, "ae") == "ae"
    assert len(await stored_keys(store, "abcde")) == 4


async def test_the_newest_value_stays_after_the_clock_was_set_back(store: DiskStore, clock: SettableClock) -> None:
    await store.put("a", bytes(9_000), ttl_s=3600.0)
    clock.now_s -= 30.0
    assert await store.put("b", bytes(9_000), ttl_s=3600.0)
    assert await stored_keys(store, "ab") == "b"


async def test_a_value_larger_than_the_limit_is_refused_and_evicts_nothing(store: DiskStore) -> None:
    await store.put("a", bytes(9_000), ttl_s=3600.0)
    assert not await store.put("b", bytes(10_001), ttl_s=3600.0)
    assert await stored_keys(store, "ab") == "a"


async def test_the_size_of_the_file_is_limited(store: DiskStore, path: Path) -> None:
    for number in range(200):
        await store.put(str(number), bytes(4_000), ttl_s=3600.0)
    await store.aclose()
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("jump_s", "is_there"),
    [(0.0, True), (3599.0, True), (3600.0, False), (1e9, False), (-CLOCK_TOLERANCE_S, True), (-3600.0, False)],
)
async def test_expiry_with_a_clock_that_jumps(
    store: DiskStore, clock: SettableClock, jump_s: float, is_there: bool
) -> None:
    await store.put("key", b"value", ttl_s=3600.0, rank=5)
    clock.now_s += jump_s
    assert (await store.get("key") is not None) == is_there
    assert await store.put("key", b"poorer", ttl_s=3600.0) != is_there, "the rank of an expired value does not count"


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"\x00" * 5000])
async def test_a_damaged_file_is_renamed_and_replaced(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    store = DiskStore(path)
    assert await store.get("key") is None
    assert await store.put("key", b"value", ttl_s=60.0)
    assert await store.get("key") == b"value"
    await store.aclose()
    assert path.with_name("analyses.sqlite.damaged").read_bytes() == content


async def test_damage_in_the_middle_of_the_file_does_not_stop_the_store(path: Path) -> None:
    store = DiskStore(path)
    for number in range(200):
        await store.put(str(number), os.urandom(5_000), ttl_s=60.0)
    await store.aclose()
    whole = bytearray(path.read_bytes())
    whole[4096:] = os.urandom(len(whole) - 4096)
    path.write_bytes(whole)
    store = DiskStore(path)
    await asyncio.gather(*(store.get(str(number)) for number in range(200)))
    await store.put("after", b"value", ttl_s=60.0)
    assert await store.get("after") == b"value"
    await store.aclose()


async def test_a_locked_file_delays_put_briefly_and_raises_nothing(store: DiskStore, path: Path) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began_s = asyncio.get_running_loop().time()
    assert not await store.put("key", b"other", ttl_s=60.0)
    assert asyncio.get_running_loop().time() - began_s < 1.0
    assert await store.get("key") == b"value", "readers do not wait for writers"
    other.execute("ROLLBACK")
    other.close()
    assert await store.put("key", b"other", ttl_s=60.0)


async def test_a_full_disk_stores_nothing_new_and_loses_nothing_old(path: Path) -> None:
    store = DiskStore(path)
    await store.put("key", b"value", ttl_s=60.0)
    await store.aclose()
    limited = """
import asyncio, resource, signal, sys
from pathlib import Path
from tactus.store.disk import DiskStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))  # longer files fail as on a full disk
async def main():
    store = DiskStore(Path(sys.argv[1]))
    print(await store.put("large", bytes(1_000_000), ttl_s=60.0), await store.get("key"), await store.get("large"))
    print(await store.put("small", b"fits", ttl_s=60.0), await store.get("small"))
asyncio.run(main())
"""
    result = subprocess.run([sys.executable, "-c", limited, str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-2:] == ["False b'value' None", "True b'fits'"]


@pytest.mark.parametrize("obstacle", ["folder", "file", "newer"])
async def test_an_unusable_file_raises_nothing(path: Path, obstacle: str) -> None:
    if obstacle == "folder":
        path.mkdir(parents=True)
    elif obstacle == "file":
        path.parent.write_bytes(b"in the way")
    else:
        path.parent.mkdir()
        with sqlite3.connect(path) as newer:
            newer.execute("PRAGMA user_version = 99")
        newer.close()
    store = DiskStore(path)
    assert not await store.put("key", b"value", ttl_s=60.0)
    assert await store.get("key") is None
    await store.aclose()


async def test_two_processes_share_the_file(store: DiskStore, path: Path) -> None:
    writing = """
import asyncio, sys
from pathlib import Path
from tactus.store.disk import DiskStore
async def main():
    store = DiskStore(Path(sys.argv[1]))
    stored = await asyncio.gather(*(store.put(f"{sys.argv[2]}{n}", b"%d" % n, ttl_s=60.0) for n in range(100)))
    await store.aclose()
    print(sum(stored))
asyncio.run(main())
"""
    others = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", writing, str(path), name, stdout=subprocess.PIPE)
        for name in "ab"
    ]
    n_stored = [int((await other.communicate())[0]) for other in others]
    reader = DiskStore(path)
    found = [await reader.get(f"{name}{number}") for name in "ab" for number in range(100)]
    await reader.aclose()
    assert sum(value is not None for value in found) == sum(n_stored), "exactly the values for which put returned True"
    assert min(n_stored) > 0


async def test_the_event_loop_is_not_blocked(path: Path) -> None:
    store = DiskStore(path)
    max_s, is_done = 0.0, False

    async def watch() -> None:
        nonlocal max_s
        clock = asyncio.get_running_loop().time
        while not is_done:
            before_s = clock()
            await asyncio.sleep(0)
            max_s = max(max_s, clock() - before_s)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(store.put(str(number), bytes(5_000_000), ttl_s=60.0) for number in range(5)))
    is_done = True
    await watching
    await store.aclose()
    assert max_s < 0.2


async def test_without_a_size_limit_nothing_is_evicted_and_infinite_ttl_never_expires(
    path: Path, clock: SettableClock
) -> None:
    store = DiskStore(path, max_bytes=None, now=clock)
    for number in range(50):
        assert await store.put(str(number), bytes(1 << 16), ttl_s=math.inf)
    clock.now_s += 1e9
    await store.aclose()
    again = DiskStore(path, max_bytes=None, now=clock)
    assert all([await again.get(str(number)) is not None for number in range(50)])
    assert not await again.put("0", b"older", ttl_s=math.inf, rank=-1)
    await again.aclose()


async def test_a_cancellation_that_coincides_with_the_result_is_not_lost(store: DiskStore) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    loop = asyncio.get_running_loop()
    for _ in range(20):
        request = asyncio.create_task(store.get("key"))
        await asyncio.sleep(0)
        time.sleep(0.005)  # noqa: ASYNC251  the loop stands still: the answer waits in its queue, before the calling off
        loop.call_soon(request.cancel)
        with pytest.raises(asyncio.CancelledError):
            await request
