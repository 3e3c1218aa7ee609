"""Which URLs are fetched: http and https, spelled in the one canonical way, so that no two readers differ about them.

A URL that one parser reads as a name and another as an address is how forbidden addresses get dialled; whatever is not
plain is refused before any name is looked up.

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

_SHAPE = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(#.*)?", re.IGNORECASE | re.DOTALL)
_BRACKETED = re.compile(r"\[(?P<host>[0-9A-Fa-f:.]+)\](:(?P<port>[0-9]{1,5}))?")
_PLAIN = re.compile(r"(?P<host>[^:\[\]]+)(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_NAME_LENGTH = 253
_VISIBLE_ASCII = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """A URL that may be tried.

    Args:
        scheme: "http" or "https".
        host: Lower-case name in ASCII (punycode), or the text of an address without brackets.
        address: Where the host is an address literal: that address.
        port: Given or the scheme's own.
        text: The whole in canonical form, without fragment.
    """

    scheme: str
    host: str
    address: Address | None
    port: int
    text: str


def canonical_url(text: str) -> SourceUrl:
    """Read a URL, or refuse it.

    Raises:
        InvalidUrlError: It is not an http or https URL, or not plainly spelled.
    """
    if len(text) > MAX_URL_LENGTH:
        raise InvalidUrlError(f"The address is longer than {MAX_URL_LENGTH} characters.")
    if "\\" in text or any(unicodedata.category(letter)[0] in "CZ" for letter in text):
        raise InvalidUrlError("The address holds spaces, control characters or backslashes; write them as %20 etc.")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise InvalidUrlError("Only whole addresses are fetched that begin with http:// or https://.")
    if "@" in shape["authority"]:
        raise InvalidUrlError("Addresses with a user name or password are not fetched.")
    found = _BRACKETED.fullmatch(shape["authority"]) or _PLAIN.fullmatch(shape["authority"])
    if found is None:
        raise InvalidUrlError("The address has no usable host.")
    scheme = shape["scheme"].lower()
    port = int(found["port"] or (443 if scheme == "https" else 80))
    if not 1 <= port <= 65535:
        raise InvalidUrlError("The port is out of range.")
    bracketed = shape["authority"].startswith("[")
    address: Address | None = _ipv6(found["host"]) if bracketed else None
    host = str(address) if address else _name(found["host"])
    if not bracketed and _NUMBER.fullmatch(host.rpartition(".")[2]):
        address = _ipv4(
            found["host"].removesuffix(".")
        )  # as it is written: circled and full-width digits are no digits
    rest = quote(shape["rest"], safe=_VISIBLE_ASCII)  # what is already encoded stays as it is: signatures depend on it
    shown = f"[{host}]" if bracketed else host
    colon_port = f":{port}" if found["port"] else ""
    return SourceUrl(
        scheme, host, address, port, f"{scheme}://{shown}{colon_port}{'' if rest.startswith('/') else '/'}{rest}"
    )


def _ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError:
        raise InvalidUrlError("The host is no valid IPv6 address.") from None


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise InvalidUrlError("An IPv4 address is written as four decimal numbers, such as 192.0.2.1.") from None


def _name(text: str) -> str:
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
