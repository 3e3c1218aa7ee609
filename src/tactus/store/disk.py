"""The embedded store: bytes by key in one SQLite file, bounded or lasting, shared by any number of processes."""

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

SIZE_LIMIT_BYTES = 1 << 30
"""How much is kept by default [bytes]; some hundreds of full analyses."""

BUSY_S = 0.2
"""How long another process may hold the file before we go on without it [s]."""

TIMEOUT_S = 2.0
"""How long a request waits for a disk that does not answer [s]."""

CLOCK_SLACK_S = 60.0
"""A value "kept in the future" by more than this is a clock that was set back: it counts as expired [s]."""

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, rank INTEGER NOT NULL, ttl_s REAL NOT NULL, expires_at REAL NOT NULL,
    used_at REAL NOT NULL, n_bytes INTEGER NOT NULL, value BLOB NOT NULL
)
"""
_LIVING = "entries.expires_at > :now AND entries.expires_at <= :now + entries.ttl_s + :slack"
_GET = f"SELECT value FROM entries WHERE key = :key AND {_LIVING}"  # noqa: S608  constants
_PUT = f"""
INSERT INTO entries VALUES (:key, :rank, :ttl_s, :now + :ttl_s, :now, length(:value), :value)
ON CONFLICT (key) DO UPDATE SET
    rank = excluded.rank, ttl_s = excluded.ttl_s, expires_at = excluded.expires_at,
    used_at = excluded.used_at, n_bytes = excluded.n_bytes, value = excluded.value
WHERE excluded.rank >= entries.rank OR NOT ({_LIVING})
"""  # noqa: S608  constants
_EVICT = """
DELETE FROM entries WHERE key IN (
    SELECT key FROM (
        SELECT key, sum(n_bytes) OVER (ORDER BY key = :key DESC, used_at DESC, key ROWS UNBOUNDED PRECEDING) AS total
        FROM entries
    ) WHERE total > :limit
)
"""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}


class DiskStore:
    """Keeps results in an SQLite file; the least recently used go first when it is full.

    It is an aid and never an obstacle: a locked, full, unreadable or damaged file makes `get` find nothing and `put`
    keep nothing, and is told in the log. A damaged file is set aside as `NAME.damaged` and a new one begun.

    Args:
        path: The file; made with its folder where missing, readable by its owner only.
        size_limit_bytes: Bound on the sum of the kept values [bytes]; None: nothing is ever put out for another, and
            what is kept is on the disk before `put` returns.
        now: The wall clock [s]; lifetimes must outlive the process.
    """

    def __init__(
        self, path: Path, *, size_limit_bytes: int | None = SIZE_LIMIT_BYTES, now: Callable[[], float] = time.time
    ) -> None:
        self.name = "disk"
        self._path = path
        self._size_limit_bytes = size_limit_bytes
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="disk-store")
        self._connection: sqlite3.Connection | None = None
        self._used: dict[str, float] = {}
        self._is_closed = False
        self._trouble = RateLimitedLog("disk_store_failed")

    async def get(self, key: str) -> bytes | None:
        """The value, or None where there is none, it has expired or the file is out of reach."""

        def read(connection: sqlite3.Connection) -> bytes | None:
            now = self._now()
            row = connection.execute(_GET, {"key": key, "now": now, "slack": CLOCK_SLACK_S}).fetchone()
            if row is None:
                return None
            self._used[key] = now  # written down with the next `put`: reading must not wait for a writer
            return bytes(row[0])

        return await self._on_thread(read, None)

    async def put(self, key: str, value: bytes, *, ttl_s: float, rank: int = 0) -> bool:
        """Keep a value; False where a higher rank is alive, it is too large or the file is out of reach."""
        limit_bytes = self._size_limit_bytes
        if limit_bytes is not None and len(value) > limit_bytes:
            return False

        def write(connection: sqlite3.Connection) -> bool:
            now = self._now()
            values = {"key": key, "rank": rank, "ttl_s": ttl_s, "value": value, "now": now, "slack": CLOCK_SLACK_S}
            with _transaction(connection):
                self._note_used(connection)
                connection.execute("DELETE FROM entries WHERE expires_at <= ?", (now,))
                is_kept = connection.execute(_PUT, values).rowcount == 1
                if limit_bytes is not None:
                    connection.execute(_EVICT, {"key": key, "limit": limit_bytes})
            return is_kept

        return await self._on_thread(write, False)

    async def aclose(self) -> None:
        """Let go of the file; afterwards nothing is found or kept."""

        def close() -> None:
            if self._connection is not None and self._used:
                with contextlib.suppress(sqlite3.Error), _transaction(self._connection):
                    self._note_used(self._connection)
            self._disconnect()

        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, close)
            self._thread.shutdown(wait=False)

    async def _on_thread(self, operation: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._is_closed:
            return otherwise
        pending = asyncio.get_running_loop().run_in_executor(self._thread, self._best_effort, operation, otherwise)
        try:
            async with asyncio.timeout(TIMEOUT_S):  # wait_for loses a cancellation that comes with the answer
                return await pending
        except TimeoutError:
            self._trouble.say(reason="the disk does not answer")
            return otherwise

    def _best_effort(self, operation: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        for is_last in (False, True):
            try:
                return operation(self._connected())
            except (sqlite3.Error, OSError) as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
                if code not in _PASSING:
                    self._disconnect()
                self._trouble.say(reason=str(error))
                if code not in _DAMAGED or is_last or not self._set_aside():
                    break
        return otherwise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its side files the mode of this one, so it must be right before SQLite opens it. One that
            # exists is not opened here: closing it would drop the locks that SQLite holds on it in this process.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._path.chmod(0o600)
            connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection, "FULL" if self._size_limit_bytes is None else "NORMAL")
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

    def _note_used(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "UPDATE entries SET used_at = ? WHERE key = ?", [(at, key) for key, at in self._used.items()]
        )
        self._used.clear()


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:  # commits or rolls back
        yield


def _prepare(connection: sqlite3.Connection, synchronous: str) -> None:
    connection.execute("PRAGMA page_size = 16384")  # of a new file: values of a mebibyte are read a third faster
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
