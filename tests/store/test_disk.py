"""The embedded store on disks that are small, full, damaged, busy or away, and under clocks that jump."""
# ruff: noqa: ASYNC221, ASYNC240  a test may block its own loop

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


class Pulse:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "analyses.sqlite"


@pytest.fixture
def clock() -> Pulse:
    return Pulse()


@pytest.fixture
async def store(path: Path, clock: Pulse) -> AsyncIterator[DiskStore]:
    store = DiskStore(path, max_bytes=10_000, now=clock)
    yield store
    await store.aclose()


async def kept(store: DiskStore, keys: str) -> str:
    """Which of the one-letter keys are there."""
    return "".join([key for key in keys if await store.get(key) is not None])


async def test_only_the_owner_can_read_the_files(store: DiskStore, path: Path) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    assert len(list(path.parent.iterdir())) > 1, "the write-ahead log is one of them"
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_values_outlive_the_process(store: DiskStore, path: Path, clock: Pulse) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    await store.aclose()
    again = DiskStore(path, now=clock)
    assert await again.get("key") == b"value"
    await again.aclose()


async def test_the_size_is_bounded_and_the_least_recently_used_go(store: DiskStore, clock: Pulse) -> None:
    for key in "abcd":
        clock.now_s += 1.0
        assert await store.put(key, bytes(2_500), ttl_s=3600.0)
    clock.now_s += 1.0
    assert await kept(store, "abcd") == "abcd", "exactly the limit"
    clock.now_s += 1.0
    await store.get("a")
    clock.now_s += 1.0
    await store.put("e", bytes(2_500), ttl_s=3600.0)
    assert await kept(store, "ae") == "ae"
    assert len(await kept(store, "abcde")) == 4


async def test_the_newest_value_stays_even_where_the_clock_was_set_back(store: DiskStore, clock: Pulse) -> None:
    await store.put("a", bytes(9_000), ttl_s=3600.0)
    clock.now_s -= 30.0
    assert await store.put("b", bytes(9_000), ttl_s=3600.0)
    assert await kept(store, "ab") == "b"


async def test_a_value_larger_than_everything_is_refused_and_drives_out_nothing(store: DiskStore) -> None:
    await store.put("a", bytes(9_000), ttl_s=3600.0)
    assert not await store.put("b", bytes(10_001), ttl_s=3600.0)
    assert await kept(store, "ab") == "a"


async def test_the_file_does_not_grow_without_bound(store: DiskStore, path: Path) -> None:
    for number in range(200):
        await store.put(str(number), bytes(4_000), ttl_s=3600.0)
    await store.aclose()
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("jump_s", "is_there"),
    [(0.0, True), (3599.0, True), (3600.0, False), (1e9, False), (-CLOCK_TOLERANCE_S, True), (-3600.0, False)],
)
async def test_a_value_lives_its_time_whatever_the_clock_does(
    store: DiskStore, clock: Pulse, jump_s: float, is_there: bool
) -> None:
    await store.put("key", b"value", ttl_s=3600.0, rank=5)
    clock.now_s += jump_s
    assert (await store.get("key") is not None) == is_there
    assert await store.put("key", b"poorer", ttl_s=3600.0) != is_there, "a dead value defends no rank"


@pytest.mark.parametrize("rubbish", [b"this is no database, and never was one" * 100, b"\x00" * 5000])
async def test_a_damaged_file_is_set_aside(path: Path, rubbish: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(rubbish)
    store = DiskStore(path)
    assert await store.get("key") is None
    assert await store.put("key", b"value", ttl_s=60.0)
    assert await store.get("key") == b"value"
    await store.aclose()
    assert path.with_name("analyses.sqlite.damaged").read_bytes() == rubbish


async def test_damage_in_the_middle_is_survived(path: Path) -> None:
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


async def test_a_locked_file_costs_a_moment_and_no_error(store: DiskStore, path: Path) -> None:
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


async def test_a_full_disk_keeps_nothing_new_and_loses_nothing_old(path: Path) -> None:
    store = DiskStore(path)
    await store.put("key", b"value", ttl_s=60.0)
    await store.aclose()
    limited = """
import asyncio, resource, signal, sys
from pathlib import Path
from tactus.store.disk import DiskStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))  # writing beyond fails as on a full disk
async def main():
    store = DiskStore(Path(sys.argv[1]))
    print(await store.put("large", bytes(1_000_000), ttl_s=60.0), await store.get("key"), await store.get("large"))
    print(await store.put("small", b"fits", ttl_s=60.0), await store.get("small"))
asyncio.run(main())
"""
    said = subprocess.run([sys.executable, "-c", limited, str(path)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-2:] == ["False b'value' None", "True b'fits'"]


@pytest.mark.parametrize("obstacle", ["folder", "file", "newer"])
async def test_a_file_that_cannot_be_used_is_no_error(path: Path, obstacle: str) -> None:
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
    kept = await asyncio.gather(*(store.put(f"{sys.argv[2]}{n}", b"%d" % n, ttl_s=60.0) for n in range(100)))
    await store.aclose()
    print(sum(kept))
asyncio.run(main())
"""
    others = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", writing, str(path), name, stdout=subprocess.PIPE)
        for name in "ab"
    ]
    said = [int((await other.communicate())[0]) for other in others]
    reader = DiskStore(path)
    found = [await reader.get(f"{name}{number}") for name in "ab" for number in range(100)]
    await reader.aclose()
    assert sum(value is not None for value in found) == sum(said), "what was said to be kept is there, and no more"
    assert min(said) > 0


async def test_the_event_loop_is_not_held_up(path: Path) -> None:
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


async def test_what_lasts_is_put_out_by_nothing_and_never_expires(path: Path, clock: Pulse) -> None:
    store = DiskStore(path, max_bytes=None, now=clock)
    for number in range(50):
        assert await store.put(str(number), bytes(1 << 16), ttl_s=math.inf)
    clock.now_s += 1e9
    await store.aclose()
    again = DiskStore(path, max_bytes=None, now=clock)
    assert all([await again.get(str(number)) is not None for number in range(50)])
    assert not await again.put("0", b"older", ttl_s=math.inf, rank=-1)
    await again.aclose()


async def test_who_is_called_off_as_the_answer_comes_does_not_go_on(store: DiskStore) -> None:
    await store.put("key", b"value", ttl_s=60.0)
    loop = asyncio.get_running_loop()
    for _ in range(20):
        asking = asyncio.create_task(store.get("key"))
        await asyncio.sleep(0)
        time.sleep(0.005)  # noqa: ASYNC251  the loop stands still: the answer waits in its queue, before the calling off
        loop.call_soon(asking.cancel)
        with pytest.raises(asyncio.CancelledError):
            await asking
