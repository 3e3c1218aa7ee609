"""Malformed, stalled, endless and truncated responses: each raises its error in time and leaves no file."""

import asyncio
import socket
import struct
from ipaddress import ip_network
from pathlib import Path

import pytest

from tactus.errors import (
    EmptyAudioError,
    InsufficientStorageError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceTruncatedError,
    TactusError,
)
from tactus.fetch.download import Fetcher, FetchLimits
from tactus.fetch.spool import Spool
from tests.fixtures.hostile_server import Call, Script, Serve

MAX_BYTES = 100_000
FETCHER = Fetcher(
    FetchLimits(
        allow_private=(ip_network("127.0.0.0/8"),),
        max_bytes=MAX_BYTES,
        total_s=1.5,
        connect_s=0.4,
        idle_s=0.4,
    )
)


def send(*parts: bytes, then_waits: bool = False) -> Script:
    """A server that sends these bytes for any request and closes the connection, or waits until the client does."""

    async def script(call: Call) -> None:
        await call.send(*parts)
        if then_waits:
            await call.wait_for_disconnect()

    return script


def drip(head: bytes, drop: bytes) -> Script:
    """A server that sends a little every 50 ms, without end."""

    async def script(call: Call) -> None:
        await call.send(head)
        while True:
            await call.send(drop)
            await asyncio.sleep(0.05)

    return script


def flood(head: bytes, drop: bytes, times: int = 1_000_000) -> Script:
    """A server that sends as fast as the client reads."""

    async def script(call: Call) -> None:
        await call.send(head)
        for _ in range(times):
            await call.send(drop)

    return script


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def reset(call: Call) -> None:
    connection = call.writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.writer.transport.abort()


async def stay_silent(call: Call) -> None:
    await call.wait_for_disconnect()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

RESPONSES: dict[str, tuple[Script, type[TactusError] | tuple[type[TactusError], ...]]] = {
    "reset": (reset, SourceFailedError),
    "hangs up": (send(), SourceFailedError),
    "silence": (stay_silent, SourceTimeoutError),
    "silence in mid body": (send(OK + b"Content-Length: 1000\r\n\r\nabc", then_waits=True), SourceTimeoutError),
    "dripping headers": (drip(OK, b"X: y\r\n"), (SourceFailedError, SourceTimeoutError)),
    "dripping body": (drip(OK + b"Content-Length: 90000\r\n\r\n", b"x"), SourceTimeoutError),
    "a header of a megabyte": (send(OK + b"X: " + b"y" * (1 << 20) + b"\r\n\r\n"), SourceFailedError),
    "ten thousand headers": (
        send(OK + b"".join(b"X-%d: y\r\n" % k for k in range(10_000)) + b"\r\n"),
        SourceFailedError,
    ),
    "a long status line": (send(b"HTTP/1.1 200 " + b"O" * (1 << 20) + b"\r\n\r\n"), SourceFailedError),
    "no HTTP": (send(b"220 mail.example ESMTP\r\n"), SourceFailedError),
    "HTTP/0.9": (send(b"<html>hello</html>"), SourceFailedError),
    "HTTP/2": (send(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff"), SourceFailedError),
    "a flood of 103": (
        flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
        (SourceFailedError, SourceTimeoutError),
    ),
    "101": (send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), SourceFailedError),
    "204": (send(b"HTTP/1.1 204 No Content\r\n\r\n"), SourceFailedError),
    "206": (send(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc"), SourceFailedError),
    "304": (send(b"HTTP/1.1 304 Not Modified\r\n\r\n"), SourceFailedError),
    "404": (send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"), SourceFailedError),
    "500": (send(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), SourceFailedError),
    "empty": (send(OK + b"Content-Length: 0\r\n\r\n"), EmptyAudioError),
    "empty and closed": (send(OK + b"Connection: close\r\n\r\n"), EmptyAudioError),
    "declared too long": (send(OK + b"Content-Length: 100001\r\n\r\n", then_waits=True), SourceTooLargeError),
    "negative length": (send(OK + b"Content-Length: -1\r\n\r\nabc"), SourceFailedError),
    "two lengths": (send(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), SourceFailedError),
    "endless chunks": (flood(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), SourceTooLargeError),
    "endless without length": (flood(OK + b"\r\n", b"x" * 1024), SourceTooLargeError),
    "cut": (send(OK + b"Content-Length: 1000\r\n\r\n0123456789"), SourceTruncatedError),
    "chunks cut": (send(CHUNKED + b"a\r\n0123456789\r\n"), SourceTruncatedError),
    "malformed chunks": (send(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"), (SourceFailedError, SourceTruncatedError)),
    "gzip": (send(OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), SourceEncodingError),
    "gzip twice": (send(OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: 3\r\n\r\nabc"), SourceEncodingError),
    "br": (send(OK + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"), SourceEncodingError),
    "zstd": (send(OK + b"Content-Encoding: ZSTD\r\nContent-Length: 3\r\n\r\nabc"), SourceEncodingError),
    "gzip as transfer": (
        send(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        (SourceFailedError, SourceEncodingError),
    ),
}


@pytest.mark.parametrize("name", RESPONSES)
async def test_a_bad_response_raises_its_error_and_leaves_no_file(name: str, serve: Serve, tmp_path: Path) -> None:
    script, expected = RESPONSES[name]
    server = await serve(script)
    async with asyncio.timeout(4):
        with pytest.raises(expected) as failure:
            await FETCHER.fetch(server.url(), tmp_path)
        await server.ended.wait()
    assert "127.0.0" not in failure.value.detail
    assert files_in(tmp_path) == []


async def test_a_file_of_exactly_the_largest_size_is_fetched(serve: Serve, tmp_path: Path) -> None:
    async def full(call: Call) -> None:
        await call.respond(b"x" * MAX_BYTES)

    file = await FETCHER.fetch((await serve(full)).url(), tmp_path)
    assert file.n_bytes == file.path.stat().st_size == MAX_BYTES


async def test_a_body_without_length_ends_with_the_connection(serve: Serve, tmp_path: Path) -> None:
    file = await FETCHER.fetch((await serve(send(OK + b"\r\nabc"))).url(), tmp_path)
    assert file.path.read_bytes() == b"abc"


async def test_early_hints_cookies_and_refresh_headers_are_ignored(serve: Serve, tmp_path: Path) -> None:
    async def send_extras(call: Call) -> None:
        await call.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        headers = ("Set-Cookie: a=b", "Strict-Transport-Security: max-age=9", "Refresh: 0; url=/x", "Link: </x>")
        await call.respond(b"abc", headers=headers)

    server = await serve(send_extras)
    for _ in range(2):
        await FETCHER.fetch(server.url(), tmp_path)
    assert server.connections == 2
    assert b"Cookie" not in server.heads[1]


async def test_the_same_url_with_new_content_is_a_new_file(serve: Serve, tmp_path: Path) -> None:
    async def counting(call: Call) -> None:
        await call.respond(b"%d" % call.number, headers=('ETag: "same"',))

    server = await serve(counting)
    first, second = [await FETCHER.fetch(server.url(), tmp_path) for _ in range(2)]
    assert first.path.read_bytes() == b"0"
    assert second.path.read_bytes() == b"1"
    assert first.file_hash != second.file_hash


async def test_cancelling_closes_the_connection_and_removes_the_file(serve: Serve, tmp_path: Path) -> None:
    has_started = asyncio.Event()

    async def slow(call: Call) -> None:
        await call.send(OK + b"Content-Length: 1000\r\n\r\nabc")
        has_started.set()
        await call.wait_for_disconnect()

    server = await serve(slow)
    request = asyncio.create_task(FETCHER.fetch(server.url(), tmp_path))
    await has_started.wait()
    request.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await request
        await server.ended.wait()
    assert files_in(tmp_path) == []


async def test_a_missing_folder_is_insufficient_storage(serve: Serve, tmp_path: Path) -> None:
    server = await serve(send(OK + b"Content-Length: 3\r\n\r\nabc"))
    with pytest.raises(InsufficientStorageError):
        await FETCHER.fetch(server.url(), tmp_path / "gone")


async def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    spool = Spool(tmp_path)
    spool.path.symlink_to(victim)
    with pytest.raises(InsufficientStorageError):
        async with spool:
            pass
    assert not victim.exists()


async def test_the_hash_of_a_spool_does_not_depend_on_the_chunks(tmp_path: Path) -> None:
    hashes = set()
    for piece in (1 << 20, 999_983, 3 << 20):
        content = b"0123456789abcdef" * (3 << 16)
        async with Spool(tmp_path) as spool:
            for first in range(0, len(content), piece):
                await spool.write(content[first : first + piece])
            await spool.keep()
        assert spool.path.read_bytes() == content
        assert spool.n_bytes == len(content)
        hashes.add(spool.file_hash)
    assert len(hashes) == 1
