"""Accepted and refused spellings of URLs, and their canonical form."""

from ipaddress import ip_address

import pytest

from tactus.errors import InvalidUrlError
from tactus.fetch.urls import canonical_url

REFUSED = {
    "other schemes": [
        "file:///etc/passwd",
        "ftp://a.example/x",
        "data:audio/wav;base64,AA",
        "gopher://a.example/",
        "concat:http://a.example/x|/etc/passwd",
        "rtsp://a.example/",
        "javascript:alert(1)",
        "httpx://a.example/",
    ],
    "no scheme": ["//a.example/x", "/etc/passwd", "a.example/x", "", "http:/a.example", "http:a.example", "http://"],
    "credentials": ["http://user:pw@a.example/", "http://user@a.example/", "http://@a.example/", "http://a@b@c/"],
    "IPv4 in disguise": [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://1.1.1.1.1/",
        "http://256.1.1.1/",
        "http://127.0.0.1.:80.0/",
        "http://0x/",
        "http://a.0x7f/",
        "http://1.2.3/",
        "http://127.0.0.0x1/",
    ],
    "digits in disguise": ["http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://127。0。0。1.1/", "http://٠x7f.1/"],
    "IPv6": [
        "http://[::1/",
        "http://::1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1]x/",
        "http://[1.2.3.4]/",
        "http://[]/",
        "http://[::ffff:1.2.3.256]/",
        "http://[v1.a]/",
    ],
    "hosts": [
        "http:///x",
        "http://:80/",
        "http://a..b/",
        "http://.a/",
        f"http://{'a' * 64}.example/",
        "http://a%2eb/",
        f"http://{'.'.join(['a' * 62] * 5)}/",
        "http://-a.example/",
        "http://a-.example/",
        "http://a b/",
        "http://a!b/",
    ],
    "ports": [
        "http://a.example:0/",
        "http://a.example:65536/",
        "http://a.example:/",
        "http://a.example:8x/",
        "http://a.example:+80/",
        "http://a.example:80:80/",
        "http://a.example:٨٠/",
    ],
    "backslashes and controls": [
        "http://a\\@b/",
        "http:\\\\a\\b",
        "http://a.example/\r\nX: y",
        "http://a.example/\t",
        "http://a.example/\x00",
        " http://a.example/",
        "http://a.example/ x",
        "http://a\u200b.example/",
        f"http://a/{chr(0xD800)}",
    ],
    "length": ["http://a.example/" + "x" * 2032],
}


@pytest.mark.parametrize("text", [text for group in REFUSED.values() for text in group])
def test_an_ambiguous_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidUrlError) as refusal:
        canonical_url(text)
    assert refusal.value.detail.endswith(".")


@pytest.mark.parametrize(
    ("text", "host", "port", "canonical"),
    [
        ("http://a.example", "a.example", 80, "http://a.example/"),
        ("HTTPS://A.Example./Song.mp3", "a.example", 443, "https://a.example/Song.mp3"),
        ("http://a.example:8080?x=1#part", "a.example", 8080, "http://a.example:8080/?x=1"),
        ("http://a.example/a%2Fb%20c?s=%E2%99%AB+%2B", "a.example", 80, "http://a.example/a%2Fb%20c?s=%E2%99%AB+%2B"),
        ("http://a.example/ü/♫.mp3", "a.example", 80, "http://a.example/%C3%BC/%E2%99%AB.mp3"),
        ("http://bücher.example/", "xn--bcher-kva.example", 80, "http://xn--bcher-kva.example/"),
        ("http://BÜCHER.example/", "xn--bcher-kva.example", 80, "http://xn--bcher-kva.example/"),
        ("http://my_host-1.example/", "my_host-1.example", 80, "http://my_host-1.example/"),
        ("http://a.example/" + "x" * 2031, "a.example", 80, "http://a.example/" + "x" * 2031),
    ],
)
def test_a_url_has_one_canonical_form(text: str, host: str, port: int, canonical: str) -> None:
    url = canonical_url(text)
    assert (url.host, url.port, url.text, url.address) == (host, port, canonical, None)
    assert canonical_url(canonical) == url


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://192.0.2.1:8000/", "192.0.2.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://[2001:DB8:0::1]/", "2001:db8::1"),
        ("http://[::ffff:127.0.0.1]:80/", "::ffff:127.0.0.1"),
    ],
)
def test_ip_addresses_are_distinguished_from_names(text: str, address: str) -> None:
    assert canonical_url(text).address == ip_address(address)
