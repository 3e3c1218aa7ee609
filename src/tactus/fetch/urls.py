"""Validation and canonical form of URLs: http and https only, and only spellings that all parsers read alike.

A URL that one parser reads as a host name and another as an address is a way to reach forbidden addresses, so every
ambiguous URL is refused before any name is looked up.

Source:
    RFC 3986; WHATWG URL "host parser" (a host whose last label is a number is an IPv4 address); RFC 1123 section 2.1
    (labels up to 63, names up to 253 letters).
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from yarl import URL

from tactus.errors import InvalidUrlError
from tactus.fetch.addresses import Address

MAX_URL_LENGTH = 2048
"""Longest URL [characters]."""

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(#.*)?", re.IGNORECASE | re.DOTALL)
_BRACKETED = re.compile(r"\[(?P<host>[0-9A-Fa-f:.]+)\](:(?P<port>[0-9]{1,5}))?")
_PLAIN = re.compile(r"(?P<host>[^:\[\]]+)(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_NAME_LENGTH = 253
_VISIBLE_ASCII = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(frozen=True, slots=True)
class CanonicalUrl:
    """A validated URL in canonical form.

    Args:
        scheme: "http" or "https".
        host: Lower-case host name in ASCII (punycode), or an address without brackets.
        address: Address of the host if the URL has one in place of a name; else None.
        port: Port, by default the one of the scheme.
        text: Whole URL in canonical form, without fragment.
    """

    scheme: str
    host: str
    address: Address | None
    port: int
    text: str


def canonical_url(text: str) -> CanonicalUrl:
    """Validate a URL and convert it to canonical form.

    Raises:
        InvalidUrlError: It is not an http or https URL, or its spelling is ambiguous.
    """
    if len(text) > MAX_URL_LENGTH:
        raise InvalidUrlError(f"The address is longer than {MAX_URL_LENGTH} characters.")
    if "\\" in text or any(unicodedata.category(letter)[0] in "CZ" for letter in text):
        raise InvalidUrlError("The address holds spaces, control characters or backslashes; write them as %20 etc.")
    parts = _URL.fullmatch(text)
    if parts is None:
        raise InvalidUrlError("Only complete addresses that begin with http:// or https:// are fetched.")
    if "@" in parts["authority"]:
        raise InvalidUrlError("Addresses with a user name or password are not fetched.")
    authority = _BRACKETED.fullmatch(parts["authority"]) or _PLAIN.fullmatch(parts["authority"])
    if authority is None:
        raise InvalidUrlError("The address has no usable host.")
    scheme = parts["scheme"].lower()
    port = int(authority["port"] or (443 if scheme == "https" else 80))
    if not 1 <= port <= 65535:
        raise InvalidUrlError("The port is out of range.")
    is_bracketed = parts["authority"].startswith("[")
    address: Address | None = _parse_ipv6(authority["host"]) if is_bracketed else None
    host = str(address) if address else _parse_name(authority["host"])
    if not is_bracketed and _NUMBER.fullmatch(host.rpartition(".")[2]):
        # The text before normalization: circled and full-width digits are not digits.
        address = _parse_ipv4(authority["host"].removesuffix("."))
    rest = quote(parts["rest"], safe=_VISIBLE_ASCII)  # escapes stay unchanged: signatures depend on them
    host_text = f"[{host}]" if is_bracketed else host
    colon_port = f":{port}" if authority["port"] else ""
    return CanonicalUrl(
        scheme, host, address, port, f"{scheme}://{host_text}{colon_port}{'' if rest.startswith('/') else '/'}{rest}"
    )


def _parse_ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError:
        raise InvalidUrlError("The host is not a valid IPv6 address.") from None


def _parse_ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise InvalidUrlError("An IPv4 address is written as four decimal numbers, such as 192.0.2.1.") from None


def _parse_name(text: str) -> str:
    host = text
    if not text.isascii():
        try:
            host = URL.build(scheme="http", host=text).raw_host or ""
        except ValueError:  # UnicodeError is one
            raise InvalidUrlError("The host name cannot be written in ASCII.") from None
    host = host.lower().removesuffix(".")
    if len(host) > _MAX_NAME_LENGTH or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise InvalidUrlError("The host name is not valid.")
    return host
