"""Store of results in one SQLite file, shared by any number of processes, with or without a size limit."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tactus.store.rate_limited_log import RateLimitedLog

T = TypeVar("T")

MAX_BYTES = 1 << 30
"""Default size limit [bytes]: some hundreds of full analyses."""

BUSY_TIMEOUT_S = 0.2
"""Longest wait for another process that has locked the file [s]."""

TIMEOUT_S = 2.0
"""Longest wait of a request for the disk [s]."""

CLOCK_TOLERANCE_S = 60.0
"""A value written later than now by more than this means that the clock was set back: it counts as expired [s]."""

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, rank INTEGER NOT NULL, ttl_s REAL NOT NULL, expires_at REAL NOT NULL,
    used_at REAL NOT NULL, n_bytes INTEGER NOT NULL, value BLOB NOT NULL
)
"""
_UNEXPIRED = "entries.expires_at > :now AND entries.expires_at <= :now + entries.ttl_s + :tolerance"
_GET = f"SELECT value FROM entries WHERE key = :key AND {_UNEXPIRED}"  # noqa: S608  constants
_PUT = f"""
INSERT INTO entries VALUES (:key, :rank, :ttl_s, :now + :ttl_s, :now, length(:value), :value)
ON CONFLICT (key) DO UPDATE SET
    rank = excluded.rank, ttl_s = excluded.ttl_s, expires_at = excluded.expires_at,
    used_at = excluded.used_at, n_bytes = excluded.n_bytes, value = excluded.value
WHERE excluded.rank >= entries.rank OR NOT ({_UNEXPIRED})
"""  # noqa: S608  constants
_EVICT = """
DELETE FROM entries WHERE key IN (
    SELECT key FROM (
        SELECT key, sum(n_bytes) OVER (ORDER BY key = :key DESC, used_at DESC, key ROWS UNBOUNDED PRECEDING) AS total
        FROM entries
    ) WHERE total > :limit
)
"""
_DAMAGE_ERRORS = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TEMPORARY_ERRORS = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}


class DiskStore:
    """Store of results in an SQLite file, which evicts the least recently used values when it is full.

    Its failures never fail a request: with a locked, full, unreadable or damaged file `get` finds nothing, `put` stores
    nothing, and the log has a line. A damaged file is renamed to `NAME.damaged` and a new one is created.

    Args:
        path: Path of the file, which is created with its folder if missing, readable by its owner only.
        max_bytes: Limit on the sum of the stored values [bytes]; None: nothing is ever evicted, and values are on the
            disk before `put` returns.
        now: Wall clock [s since 1970]; expiry times outlive the process.
    """

    def __init__(self, path: Path, *, max_bytes: int | None = MAX_BYTES, now: Callable[[], float] = time.time) -> None:
        self.name = "disk"
        self._path = path
        self._max_bytes = max_bytes
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="disk-store")
        self._connection: sqlite3.Connection | None = None
        self._used_at_s: dict[str, float] = {}
        self._is_closed = False
        self._log = RateLimitedLog("disk_store_failed")

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None if there is none, it has expired or the file is unusable."""

        def read(connection: sqlite3.Connection) -> bytes | None:
            now = self._now()
            row = connection.execute(_GET, {"key": key, "now": now, "tolerance": CLOCK_TOLERANCE_S}).fetchone()
            if row is None:
                return None
            self._used_at_s[key] = now  # written with the next `put`: readers must not wait for a writer
            return bytes(row[0])

        return await self._run_on_thread(read, None)

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Store a value; return False if it is too large, one of a higher rank is stored, or the file is unusable."""
        max_bytes = self._max_bytes
        if max_bytes is not None and len(value) > max_bytes:
            return False

        def write(connection: sqlite3.Connection) -> bool:
            now = self._now()
            values = {
                "key": key,
                "rank": rank,
                "ttl_s": ttl_s,
                "value": value,
                "now": now,
                "tolerance": CLOCK_TOLERANCE_S,
            }
            with _transaction(connection):
                self._write_use_times(connection)
                connection.execute("DELETE FROM entries WHERE expires_at <= ?", (now,))
                is_stored = connection.execute(_PUT, values).rowcount == 1
                if max_bytes is not None:
                    connection.execute(_EVICT, {"key": key, "limit": max_bytes})
            return is_stored

        return await self._run_on_thread(write, False)

    async def aclose(self) -> None:
        """Close the file; afterwards `get` finds nothing and `put` stores nothing."""

        def close() -> None:
            if self._connection is not None and self._used_at_s:
                with contextlib.suppress(sqlite3.Error), _transaction(self._connection):
                    self._write_use_times(self._connection)
            self._disconnect()

        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, close)
            self._thread.shutdown(wait=False)

    async def _run_on_thread(self, operation: Callable[[sqlite3.Connection], T], fallback: T) -> T:
        if self._is_closed:
            return fallback
        pending = asyncio.get_running_loop().run_in_executor(self._thread, self._run_with_repair, operation, fallback)
        try:
            async with asyncio.timeout(TIMEOUT_S):  # wait_for loses a cancellation that comes with the result
                return await pending
        except TimeoutError:
            self._log.write(reason="the disk does not respond")
            return fallback

    def _run_with_repair(self, operation: Callable[[sqlite3.Connection], T], fallback: T) -> T:
        for is_retry in (False, True):
            try:
                return operation(self._connect())
            except (sqlite3.Error, OSError) as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
                if code not in _TEMPORARY_ERRORS:
                    self._disconnect()
                self._log.write(reason=str(error))
                if code not in _DAMAGE_ERRORS or is_retry or not self._set_aside():
                    break
        return fallback

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its journal files the mode of this file, so it is set before SQLite opens it. An existing
            # file is not opened here: closing it would drop the locks that SQLite has on it in this process.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._path.chmod(0o600)
            connection = sqlite3.connect(
                self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, "FULL" if self._max_bytes is None else "NORMAL")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _set_aside(self) -> bool:
        try:
            self._path.replace(self._path.with_name(self._path.name + ".damaged"))
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _write_use_times(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "UPDATE entries SET used_at = ? WHERE key = ?", [(at, key) for key, at in self._used_at_s.items()]
        )
        self._used_at_s.clear()


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:  # commits or rolls back
        yield


def _prepare(connection: sqlite3.Connection, synchronous: str) -> None:
    connection.execute("PRAGMA page_size = 16384")  # for a new file: values of one mebibyte are read a third faster
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA journal_size_limit = {1 << 24}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        with _transaction(connection):
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    elif version != _SCHEMA_VERSION:
        raise sqlite3.NotSupportedError(f"the file is of version {version}, not {_SCHEMA_VERSION}")
