"""Types of the values of settings: how the text of an environment variable is parsed and checked."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from tactus.web.security.access_policy import Network

LOOPBACK = "localhost"
"""Host that stands for the loopback addresses."""


def _split(value: Any) -> Any:
    """Split a list at commas and spaces."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _address_or_loopback(value: Any) -> Any:
    """The value if it is an IP address, else `localhost`."""
    try:
        return value if value == LOOPBACK else str(ip_address(str(value).strip("[]")))
    except ValueError:
        return LOOPBACK


def _check_address(value: str) -> str:
    return value if value in {"", LOOPBACK} else str(ip_address(value.strip("[]")))


def _check_power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError("must be a power of two")
    return value


def _check_redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return value


def _check_folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("is not a folder")
    return value


def _check_token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("must be printable ASCII without spaces, to be sent in a header")
    return value


def _check_host_names(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if "*" in name or "/" in name or "@" in name:
            raise ValueError(f"{name!r} is not a host name; write names such as music.example.org, without wildcards")
    return tuple(_without_port(name).lower() for name in value)


def _check_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    for origin in value:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"{origin!r} is not an origin; write such as http://localhost:3000, without a path")
    return tuple(origin.lower() for origin in value)


def _without_port(name: str) -> str:
    head, separator, port = name.rpartition(":")
    return head if separator and port.isdigit() and not name.endswith("]") else name


LowerCase = BeforeValidator(_lower)
"""Validator that ignores case and surrounding spaces."""

PowerOfTwo = Annotated[int, AfterValidator(_check_power_of_two)]
RedisUrl = Annotated[str, AfterValidator(_check_redis_url)]
ExistingFolder = Annotated[Path, AfterValidator(_check_folder)]
Token = Annotated[SecretStr, AfterValidator(_check_token)]

ListenHost = Annotated[str, AfterValidator(_check_address)]
"""An IP address, `localhost`, or "" if not set."""

LenientListenHost = Annotated[str, BeforeValidator(_address_or_loopback)]
"""An IP address; any other text counts as `localhost`."""

HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_host_names)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_origins)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_split)]
"""IP ranges in CIDR notation, such as 10.0.0.0/8."""
