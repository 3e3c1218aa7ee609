"""Downloads: allowed addresses, redirects, TLS, and the files left behind."""

import asyncio
import hashlib
import ssl
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from socket import AddressFamily

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from tactus.errors import (
    InvalidUrlError,
    SourceBlockedError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooManyRedirectsError,
    SourceUnreachableError,
)
from tactus.fetch.download import Fetcher, FetchLimits
from tactus.fetch.resolver import SystemResolver
from tests.fixtures.hostile_server import Call, Serve

LOOPBACK = (ip_network("127.0.0.0/8"),)
ALLOWING_LOOPBACK = FetchLimits(allow_private=LOOPBACK, total_s=3.0, connect_s=0.4, idle_s=0.4)
PUBLIC_ONLY = FetchLimits(total_s=3.0, connect_s=0.4, idle_s=0.4)
SONG = bytes(range(256)) * 1000


class FixedResolver(AbstractResolver):
    """A resolver with given addresses: each look-up of a name takes its next list, then always the last."""

    def __init__(self, answers: dict[str, Sequence[Sequence[str]]]) -> None:
        self.requests: list[str] = []
        self._answers = answers

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        lists = self._answers.get(host)
        if lists is None:
            raise OSError("no such name")
        addresses = lists[min(self.requests.count(host), len(lists) - 1)]
        self.requests.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=AddressFamily.AF_INET6 if ":" in address else AddressFamily.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Do nothing."""


class SilentResolver(FixedResolver):
    """A resolver that never returns."""

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.Event().wait()
        return []


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def song(call: Call) -> None:
    await call.respond(SONG)


async def test_a_file_is_complete_private_and_hashed(serve: Serve, tmp_path: Path) -> None:
    server = await serve(song)
    file = await Fetcher(ALLOWING_LOOPBACK).fetch(server.url("/a.mp3"), tmp_path)
    assert files_in(tmp_path) == [file.path]
    assert file.path.read_bytes() == SONG
    assert file.file_hash == hashlib.sha256(SONG).hexdigest()
    assert (file.n_bytes, file.url) == (len(SONG), server.url("/a.mp3"))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


async def test_the_request_has_identity_encoding_and_no_credentials(serve: Serve, tmp_path: Path) -> None:
    server = await serve(song)
    await Fetcher(ALLOWING_LOOPBACK).fetch(server.url("/a%20b.mp3?x=%2F"), tmp_path)
    head = server.heads[0].decode().lower()
    assert head.startswith("get /a%20b.mp3?x=%2f http/1.1\r\n")
    assert "accept-encoding: identity\r\n" in head
    assert not any(name in head for name in ("cookie", "authorization", "referer", "origin"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.255.254", "127.0.0.1.", "localhost", "LOCALHOST", "localhost."])
async def test_loopback_is_refused_and_the_error_names_the_setting(host: str, serve: Serve, tmp_path: Path) -> None:
    server = await serve(song, host="0.0.0.0" if host.startswith("127.255") else "127.0.0.1")
    with pytest.raises(SourceBlockedError) as refusal:
        await Fetcher(PUBLIC_ONLY).fetch(server.url(host=host), tmp_path)
    assert "TACTUS_ALLOW_PRIVATE=127.0.0.0/8" in refusal.value.detail
    assert server.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "127.1",
        "①②⑦.⓪.⓪.①",
        "127.0.0.01",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[::1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
    ],
)
async def test_no_spelling_of_loopback_is_connected_to(host: str, serve: Serve, tmp_path: Path) -> None:
    server = await serve(song)
    with pytest.raises((SourceBlockedError, InvalidUrlError)):
        await Fetcher(PUBLIC_ONLY).fetch(server.url(host=host), tmp_path)
    assert server.connections == 0


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "metadata.google.internal"]
)
async def test_cloud_metadata_is_refused(host: str, tmp_path: Path) -> None:
    with pytest.raises(SourceBlockedError):
        await Fetcher(PUBLIC_ONLY).fetch(f"http://{host}/latest/meta-data/", tmp_path)


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"], ["::1"], ["::ffff:127.0.0.1"]]
)
async def test_a_name_with_one_private_address_is_refused_without_revealing_it(
    answers: list[str], serve: Serve, tmp_path: Path
) -> None:
    server = await serve(song)
    resolver = FixedResolver({"songs.example": [answers]})
    with pytest.raises(SourceBlockedError) as refusal:
        await Fetcher(PUBLIC_ONLY, resolver=resolver).fetch(server.url(host="songs.example"), tmp_path)
    assert server.connections == 0
    assert not any(answer in refusal.value.detail for answer in answers)


@pytest.mark.parametrize("host", ["songs.example", "SONGS.Example", "songs.example.", "ｓｏｎｇｓ.example"])
async def test_every_spelling_of_a_name_gets_the_same_decision(host: str, serve: Serve, tmp_path: Path) -> None:
    server = await serve(song)
    resolver = FixedResolver({"songs.example": [["127.0.0.1"]]})
    with pytest.raises(SourceBlockedError):
        await Fetcher(PUBLIC_ONLY, resolver=resolver).fetch(server.url(host=host), tmp_path)
    file = await Fetcher(ALLOWING_LOOPBACK, resolver=resolver).fetch(server.url(host=host), tmp_path)
    assert file.n_bytes == len(SONG)
    assert resolver.requests == ["songs.example"] * 2


async def test_a_name_whose_address_changes_is_checked_each_time(serve: Serve, tmp_path: Path) -> None:
    async def again(call: Call) -> None:
        await call.respond(status="302 Found", headers=("Location: /again",))

    server = await serve(again, host="127.0.0.1")
    inside = await serve(song, host="127.0.0.2")
    resolver = FixedResolver({"songs.example": [["127.0.0.1"], ["127.0.0.2"]]})
    limits = FetchLimits(allow_private=(ip_network("127.0.0.1/32"),))
    with pytest.raises(SourceBlockedError):
        await Fetcher(limits, resolver=resolver).fetch(server.url(host="songs.example"), tmp_path)
    assert (server.connections, inside.connections) == (1, 0)


async def test_an_allowed_range_allows_no_other_address(serve: Serve, tmp_path: Path) -> None:
    allowed, other = await serve(song, host="127.0.0.9"), await serve(song, host="127.0.0.8")
    fetcher = Fetcher(FetchLimits(allow_private=(ip_network("127.0.0.9/32"),)))
    assert (await fetcher.fetch(allowed.url(), tmp_path)).n_bytes == len(SONG)
    with pytest.raises(SourceBlockedError):
        await fetcher.fetch(other.url(), tmp_path)
    assert other.connections == 0


async def test_environment_proxies_are_not_used(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = await serve(song), await serve(song)
    monkeypatch.setenv("http_proxy", proxy.url())
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    await Fetcher(ALLOWING_LOOPBACK).fetch(server.url(), tmp_path)
    assert (proxy.connections, server.connections) == (0, 1)


async def test_a_name_that_does_not_exist_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError):
        await Fetcher(PUBLIC_ONLY, resolver=FixedResolver({})).fetch("http://songs.example/", tmp_path)


async def test_a_silent_name_server_is_cut_off_by_the_connect_timeout(tmp_path: Path) -> None:
    async with asyncio.timeout(2):
        with pytest.raises(SourceTimeoutError):
            await Fetcher(PUBLIC_ONLY, resolver=SilentResolver({})).fetch("http://songs.example/", tmp_path)


async def test_names_are_looked_up_by_the_operating_system(serve: Serve, tmp_path: Path) -> None:
    server = await serve(song)
    assert (await Fetcher(ALLOWING_LOOPBACK).fetch(server.url(host="localhost"), tmp_path)).n_bytes == len(SONG)
    with pytest.raises(SourceUnreachableError):
        await Fetcher(ALLOWING_LOOPBACK).fetch("http://no-such-name.invalid/", tmp_path)  # RFC 2606: does not exist


async def test_cancelled_look_ups_release_their_slots() -> None:
    resolver = SystemResolver()
    requests = [asyncio.create_task(resolver.resolve("localhost")) for _ in range(100)]
    await asyncio.sleep(0)  # all have started
    for task in requests[::2]:
        task.cancel()
    addresses = await asyncio.gather(*requests[1::2])
    assert all(entry["host"] in ("127.0.0.1", "::1") for answer in addresses for entry in answer)
    assert (await resolver.resolve("localhost")) == addresses[0]  # every slot was released


async def test_a_closed_port_is_unreachable(serve: Serve, tmp_path: Path) -> None:
    server = await serve(song, host="127.0.0.1")
    with pytest.raises(SourceUnreachableError):
        await Fetcher(ALLOWING_LOOPBACK).fetch(server.url(host="127.0.0.77"), tmp_path)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int, serve: Serve, tmp_path: Path) -> None:
    async def moved(call: Call) -> None:
        if call.number == 0:
            await call.respond(status=f"{status} Moved", headers=("Location: ../new.mp3", "Set-Cookie: a=b"))
        else:
            await call.respond(SONG)

    server = await serve(moved)
    file = await Fetcher(ALLOWING_LOOPBACK).fetch(server.url("/old/a.mp3"), tmp_path)
    assert file.url == server.url("/new.mp3")
    assert b"Cookie" not in server.heads[1]


async def test_five_redirects_are_the_limit(serve: Serve, tmp_path: Path) -> None:
    async def again(call: Call) -> None:
        await call.respond(status="302 Found", headers=("Location: /again",))

    server = await serve(again)
    with pytest.raises(SourceTooManyRedirectsError):
        await Fetcher(ALLOWING_LOOPBACK).fetch(server.url(), tmp_path)
    assert server.connections == 6


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.2:{port}/", "file:///etc/passwd", "http://0x7f.1/", "http://[::1]/", "//u:p@127.0.0.1/"],
)
async def test_a_redirect_target_is_checked_like_the_first_url(location: str, serve: Serve, tmp_path: Path) -> None:
    inside = await serve(song, host="127.0.0.2")

    async def moved(call: Call) -> None:
        await call.respond(status="302 Found", headers=(f"Location: {location.format(port=inside.port)}",))

    server = await serve(moved)
    with pytest.raises(SourceBlockedError):
        await Fetcher(FetchLimits(allow_private=(ip_network("127.0.0.1/32"),))).fetch(server.url(), tmp_path)
    assert (server.connections, inside.connections) == (1, 0)


async def test_a_redirect_without_a_target_is_an_error(serve: Serve, tmp_path: Path) -> None:
    async def moved(call: Call) -> None:
        await call.respond(status="302 Found")

    with pytest.raises(SourceFailedError):
        await Fetcher(ALLOWING_LOOPBACK).fetch((await serve(moved)).url(), tmp_path)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def fetcher_trusting(authority: trustme.CA) -> Fetcher:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Fetcher(ALLOWING_LOOPBACK, resolver=FixedResolver({"songs.example": [["127.0.0.1"]]}), ssl_context=context)


async def test_https_is_fetched_with_a_trusted_certificate(serve: Serve, tmp_path: Path, authority: trustme.CA) -> None:
    server = await serve(song, ssl_context=server_context(authority.issue_cert("songs.example")))
    file = await fetcher_trusting(authority).fetch(server.url(host="songs.example"), tmp_path)
    assert file.n_bytes == len(SONG)


async def test_a_redirect_from_https_to_http_is_refused(serve: Serve, tmp_path: Path, authority: trustme.CA) -> None:
    plain = await serve(song)

    async def moved(call: Call) -> None:
        await call.respond(status="302 Found", headers=(f"Location: {plain.url()}",))

    server = await serve(moved, ssl_context=server_context(authority.issue_cert("songs.example")))
    with pytest.raises(SourceBlockedError):
        await fetcher_trusting(authority).fetch(server.url(host="songs.example"), tmp_path)
    assert plain.connections == 0


@pytest.mark.parametrize("fault", ["expired", "another name", "unknown authority"])
async def test_an_invalid_certificate_is_refused(
    fault: str, serve: Serve, tmp_path: Path, authority: trustme.CA
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate = {
        "expired": lambda: authority.issue_cert("songs.example", not_after=yesterday),
        "another name": lambda: authority.issue_cert("other.example"),
        "unknown authority": lambda: trustme.CA().issue_cert("songs.example"),
    }[fault]()
    server = await serve(song, ssl_context=server_context(certificate))
    with pytest.raises(SourceUnreachableError):
        await fetcher_trusting(authority).fetch(server.url(host="songs.example"), tmp_path)
    assert server.heads == []


async def test_tls_1_1_is_refused(serve: Serve, tmp_path: Path, authority: trustme.CA) -> None:
    context = server_context(authority.issue_cert("songs.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = await serve(song, ssl_context=context)
    with pytest.raises(SourceUnreachableError):
        await fetcher_trusting(authority).fetch(server.url(host="songs.example"), tmp_path)


async def test_a_stalled_tls_handshake_times_out(serve: Serve, tmp_path: Path, authority: trustme.CA) -> None:
    server = await serve(song)  # waits for a plain request, and gets a TLS ClientHello
    url = server.url(host="songs.example").replace("http:", "https:")
    async with asyncio.timeout(2):
        with pytest.raises(SourceTimeoutError):
            await fetcher_trusting(authority).fetch(url, tmp_path)
