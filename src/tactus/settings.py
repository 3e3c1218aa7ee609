"""The environment as one frozen object. Every name that a user may set is a field here, and in .env.example.

`REDIS_URL`, `LOG_LEVEL`, `CACHE_EXPIRY` and the audio parameters have no prefix: clients of the first version set them.
All others begin with `TACTUS_`, and one that does not exist stops the start: a misspelt protection is none.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from tactus.analysis.options import TrackOptions
from tactus.errors import SettingsError
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.tracks.limits import TrackLimits
from tactus.outputs.redis_pubsub import RedisOutputConfig
from tactus.outputs.table import OutputsConfig
from tactus.web.security.access_policy import AccessPolicy, Network
from tactus.web.tracks.upload import UploadLimits

PREFIX = "TACTUS_"
ENV_FILE = ".env"
_LOOPBACK = "localhost"


def _parts(value: Any) -> Any:
    """The words of a list that is separated by commas or spaces."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _usable_host(value: Any) -> Any:
    """`HOST` is set by shells and build tools, too; only an address or `localhost` is meant for us."""
    try:
        return value if value == _LOOPBACK else str(ip_address(str(value).strip("[]")))
    except ValueError:
        return _LOOPBACK


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_parts)]


def _named(name: str, *seed_names: str) -> Any:
    return AliasChoices(PREFIX + name, *seed_names)


class Settings(BaseSettings):
    """Values of all environment variables. Made by `read_settings`."""

    model_config = SettingsConfigDict(frozen=True, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")

    redis_url: Annotated[
        str | None,
        Field(validation_alias="REDIS_URL", description="Redis, where there is one; tried at localhost:6379"),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(_lower),
        Field(validation_alias="LOG_LEVEL", description="How much is logged"),
    ] = "info"
    cache_expiry_s: Annotated[
        int, Field(validation_alias="CACHE_EXPIRY", ge=1, le=31_536_000, description="How long analyses are kept [s]")
    ] = 3600
    realtime_expiry_s: Annotated[
        int,
        Field(validation_alias="REALTIME_EXPIRY", ge=1, le=86_400, description="Life of the newest live message [s]"),
    ] = 5

    sample_rate: Annotated[
        int, Field(validation_alias="SAMPLE_RATE", ge=8000, le=192_000, description="Of the output [Hz]")
    ] = 44100
    chunk_size: Annotated[
        int,
        Field(
            validation_alias="CHUNK_SIZE", ge=128, le=16_384, multiple_of=2, description="Samples between live messages"
        ),
    ] = 1024
    hop_length: Annotated[
        int, Field(validation_alias="HOP_LENGTH", ge=64, le=16_384, description="Samples between frames of an analysis")
    ] = 512
    n_fft: Annotated[
        int, Field(validation_alias="N_FFT", ge=256, le=16_384, description="Samples in a frame, a power of two")
    ] = 2048
    n_mfcc: Annotated[
        int, Field(validation_alias="N_MFCC", ge=1, le=64, description="Mel-frequency cepstral coefficients")
    ] = 13

    host: Annotated[
        str, Field(validation_alias=_named("HOST"), description="Where to listen: an address, or localhost")
    ] = ""
    plain_host: Annotated[str, BeforeValidator(_usable_host), Field(validation_alias="HOST", exclude=True)] = _LOOPBACK
    port: Annotated[
        int, Field(validation_alias=_named("PORT", "PORT"), ge=0, le=65535, description="Where to listen")
    ] = 8001
    api_token: Annotated[
        SecretStr | None, Field(validation_alias=_named("API_TOKEN"), description="What callers must show, where set")
    ] = None
    allowed_hosts: Annotated[
        Words, Field(validation_alias=_named("ALLOWED_HOSTS"), description="Host names to answer to beside localhost")
    ] = ()
    allowed_origins: Annotated[
        Words, Field(validation_alias=_named("ALLOWED_ORIGINS"), description="Web origins whose pages may call")
    ] = ()
    trusted_proxies: Annotated[
        Networks,
        Field(validation_alias=_named("TRUSTED_PROXIES"), description="Proxies whose X-Forwarded-For is believed"),
    ] = ()
    allow_private: Annotated[
        Networks, Field(validation_alias=_named("ALLOW_PRIVATE"), description="Private ranges that file_url may name")
    ] = ()
    container: Annotated[
        bool, Field(validation_alias=_named("CONTAINER"), description="Set by the image: listen on all interfaces")
    ] = False
    media_folder: Annotated[
        Path | None,
        Field(validation_alias=_named("MEDIA_FOLDER"), description="Files that live sessions may play, by name"),
    ] = None
    data_folder: Annotated[
        Path | None, Field(validation_alias=_named("DATA_FOLDER"), description="Where results are kept")
    ] = None
    store_bytes: Annotated[
        int, Field(validation_alias=_named("STORE_BYTES"), ge=1 << 20, description="How much is kept there [bytes]")
    ] = 1 << 30
    max_body_bytes: Annotated[
        int,
        Field(validation_alias=_named("MAX_BODY_BYTES"), ge=1, description="Largest upload, and largest fetched file"),
    ] = 100 << 20
    max_audio_s: Annotated[
        float,
        Field(
            validation_alias=_named("MAX_AUDIO_S"), gt=0, le=21_600, description="Longest sound that is analysed [s]"
        ),
    ] = 1200.0
    max_uploads: Annotated[
        int, Field(validation_alias=_named("MAX_UPLOADS"), ge=1, le=1000, description="Uploads at the same time")
    ] = 16
    analyses_at_once: Annotated[
        int,
        Field(
            validation_alias=_named("ANALYSES_AT_ONCE"), ge=1, le=256, description="By default one for each processor"
        ),
    ] = os.cpu_count() or 1
    analysis_timeout_s: Annotated[
        float, Field(validation_alias=_named("ANALYSIS_TIMEOUT_S"), gt=0, description="More for long sound [s]")
    ] = 60.0
    analysis_memory_bytes: Annotated[
        int, Field(validation_alias=_named("ANALYSIS_MEMORY_BYTES"), ge=1 << 27, description="Of one analysis [bytes]")
    ] = 1 << 30
    publish_waveform: Annotated[
        bool, Field(validation_alias=_named("PUBLISH_WAVEFORM"), description="Whether Redis subscribers hear the room")
    ] = True
    shutdown_grace_s: Annotated[
        int, Field(validation_alias=_named("SHUTDOWN_GRACE_S"), ge=0, le=3600, description="For answers under way [s]")
    ] = 5

    @field_validator("n_fft")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError("must be a power of two")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("media_folder")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError("is no folder")
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        return value if value in {"", _LOOPBACK} else str(ip_address(value.strip("[]")))

    @field_validator("api_token")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else "x"
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError("must be printable ASCII without spaces, to travel in a header")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if "*" in name or "/" in name or "@" in name:
                raise ValueError(f"{name!r} is no host name; write names such as music.example.org, without wildcards")
        return tuple(_without_port(name).lower() for name in value)

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if (
                parts.scheme not in {"http", "https"}
                or not parts.hostname
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(f"{origin!r} is no origin; write such as http://localhost:3000, without a path")
        return tuple(origin.lower() for origin in value)

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        if self.hop_length > self.n_fft:
            raise SettingsError("HOP_LENGTH must not be larger than N_FFT: sound between frames would go unheard.")
        if not self.container and self.api_token is None and not self.is_loopback_only:
            raise SettingsError(
                f"Listening on {self.listen_host} would let everybody in the network use this machine. Set "
                "TACTUS_API_TOKEN to a long random text to go on, or leave TACTUS_HOST at localhost."
            )
        return self

    @property
    def listen_host(self) -> str:
        """Where to listen: an address, or `localhost` for the loopback addresses."""
        if self.host:
            return self.host
        return "0.0.0.0" if self.container else self.plain_host  # noqa: S104  what the image is for

    @property
    def is_loopback_only(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.listen_host == _LOOPBACK or ip_address(self.listen_host).is_loopback

    @property
    def folder(self) -> Path:
        """Where results are kept."""
        return self.data_folder or Path(platformdirs.user_data_dir("tactus", appauthor=False))

    @property
    def access(self) -> AccessPolicy:
        """Who may call."""
        hosts = set(self.allowed_hosts)
        if self.listen_host != _LOOPBACK and not ip_address(self.listen_host).is_unspecified:
            hosts.add(f"[{self.listen_host}]" if ":" in self.listen_host else self.listen_host)
        return AccessPolicy(
            hosts=frozenset(hosts),
            origins=frozenset(self.allowed_origins),
            token=self.api_token.get_secret_value() if self.api_token else None,
            trusted_proxies=self.trusted_proxies,
        )

    @property
    def uploads(self) -> UploadLimits:
        """What uploads may use."""
        return UploadLimits(body_bytes=self.max_body_bytes, at_once=self.max_uploads)

    @property
    def track_options(self) -> TrackOptions:
        """What analyses are made with where nothing else is asked for."""
        return TrackOptions(
            sample_rate=self.sample_rate,
            frame_length=self.n_fft,
            hop_length=self.hop_length,
            n_mfcc=self.n_mfcc,
        )

    @property
    def track_limits(self) -> TrackLimits:
        """What analyses may use."""
        return TrackLimits(
            n_at_once=self.analyses_at_once,
            memory_bytes=self.analysis_memory_bytes,
            min_wall_s=self.analysis_timeout_s,
            max_s=self.max_audio_s,
        )

    @property
    def live(self) -> LiveConfig:
        """What settings decide about live sound."""
        return LiveConfig(
            sample_rate=self.sample_rate,
            chunk_size=self.chunk_size,
            media_folder=self.media_folder,
            allow_private=self.allow_private,
        )

    @property
    def outputs(self) -> OutputsConfig:
        """Settings of the outputs of live sessions."""
        return OutputsConfig(
            redis=RedisOutputConfig(expiry_s=self.realtime_expiry_s, has_waveform=self.publish_waveform)
        )


def read_settings(**given: Any) -> Settings:
    """The settings of the environment and of `.env`, where `given` (by field name, None: not given) wins.

    Raises:
        SettingsError: A name is unknown or a value is wrong; the text names it, without the values of secrets.
    """
    known = {name for names in _environment_names().values() for name in names}
    for name in sorted(_names_in_use()):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"{name} is no setting of Tactus; .env.example lists them all.")
    try:
        return Settings(
            **{_environment_names()[field][0]: value for field, value in given.items() if value is not None}
        )
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = str(found["loc"][0]) if found["loc"] else ""
        name = _environment_names().get(where, (where,))[0]
        raise SettingsError(f"{name}: {found['msg'].removeprefix('Value error, ')}.") from error


def setting_names() -> tuple[str, ...]:
    """Every name that the environment may set."""
    return tuple(name for names in _environment_names().values() for name in dict.fromkeys(names))


def _environment_names() -> Mapping[str, tuple[str, ...]]:
    """The names in the environment of each field."""
    names = {}
    for field, described in Settings.model_fields.items():
        alias = described.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names[field] = tuple(str(choice) for choice in choices)
    return names


def _names_in_use() -> set[str]:
    in_file = DotEnvSettingsSource(Settings, env_file=ENV_FILE, case_sensitive=True).env_vars
    return {*os.environ, *in_file}


def _without_port(name: str) -> str:
    head, separator, port = name.rpartition(":")
    return head if separator and port.isdigit() and not name.endswith("]") else name
