"""All settings, read from the environment and `.env`: one field each, which is also in .env.example.

`REDIS_URL`, `LOG_LEVEL`, `CACHE_EXPIRY` and the audio parameters have no prefix, as in the first version of the
service. All other names begin with `TACTUS_`. An unknown name with this prefix stops the start, because a misspelt
security setting would have no effect.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from tactus.analysis.options import TrackOptions
from tactus.errors import SettingsError
from tactus.jobs.live.config import LiveConfig
from tactus.jobs.tracks.limits import TrackLimits
from tactus.outputs.redis_pubsub import RedisOutputConfig
from tactus.outputs.table import OutputsConfig
from tactus.setting_types import (
    LOOPBACK,
    ExistingFolder,
    HostNames,
    LenientListenHost,
    ListenHost,
    LowerCase,
    Networks,
    Origins,
    PowerOfTwo,
    RedisUrl,
    Token,
)
from tactus.web.security.access_policy import AccessPolicy
from tactus.web.tracks.upload import UploadLimits

PREFIX = "TACTUS_"
ENV_FILE = ".env"


def _setting(description: str, *names: str, **constraints: Any) -> Any:
    """Field of a setting.

    Args:
        description: Description in .env.example.
        names: Names in the environment; the first that is set counts.
        constraints: Constraints of `pydantic.Field`, such as `ge` and `le`.
    """
    return Field(validation_alias=AliasChoices(*names), description=description, **constraints)


class Settings(BaseSettings):
    """Values of all settings, read by `read_settings`."""

    model_config = SettingsConfigDict(frozen=True, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore")

    redis_url: Annotated[
        RedisUrl | None, _setting("URL of Redis; if not set, localhost:6379 is tried", "REDIS_URL")
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], LowerCase, _setting("Lowest level of log lines", "LOG_LEVEL")
    ] = "info"
    cache_expiry_s: Annotated[
        int, _setting("Time to live of stored analyses [s]", "CACHE_EXPIRY", ge=1, le=31_536_000)
    ] = 3600
    realtime_expiry_s: Annotated[
        int, _setting("Time to live of the newest live message [s]", "REALTIME_EXPIRY", ge=1, le=86_400)
    ] = 5

    sample_rate: Annotated[int, _setting("Sample rate of features [Hz]", "SAMPLE_RATE", ge=8000, le=192_000)] = 44100
    chunk_size: Annotated[
        int, _setting("Samples between live messages", "CHUNK_SIZE", ge=128, le=16_384, multiple_of=2)
    ] = 1024
    hop_length: Annotated[int, _setting("Samples between frames of an analysis", "HOP_LENGTH", ge=64, le=16_384)] = 512
    n_fft: Annotated[PowerOfTwo, _setting("Samples in a frame, a power of two", "N_FFT", ge=256, le=16_384)] = 2048
    n_mfcc: Annotated[int, _setting("Number of MFCCs per frame", "N_MFCC", ge=1, le=64)] = 13

    host: Annotated[ListenHost, _setting("Address to listen on, or localhost", "TACTUS_HOST")] = ""
    plain_host: Annotated[LenientListenHost, _setting("", "HOST", exclude=True)] = LOOPBACK
    """`HOST` without prefix, which shells and build tools set to other things too."""
    port: Annotated[int, _setting("Port to listen on", "TACTUS_PORT", "PORT", ge=0, le=65535)] = 8001
    api_token: Annotated[Token | None, _setting("Token that clients must send, if set", "TACTUS_API_TOKEN")] = None
    allowed_hosts: Annotated[HostNames, _setting("Accepted host names beside localhost", "TACTUS_ALLOWED_HOSTS")] = ()
    allowed_origins: Annotated[Origins, _setting("Web origins whose pages may call", "TACTUS_ALLOWED_ORIGINS")] = ()
    trusted_proxies: Annotated[
        Networks, _setting("Proxies whose X-Forwarded-For is trusted", "TACTUS_TRUSTED_PROXIES")
    ] = ()
    allow_private: Annotated[Networks, _setting("Private ranges allowed in file_url", "TACTUS_ALLOW_PRIVATE")] = ()
    container: Annotated[bool, _setting("Set by the image: listen on all interfaces", "TACTUS_CONTAINER")] = False
    media_folder: Annotated[
        ExistingFolder | None, _setting("Folder of files that live sessions may play", "TACTUS_MEDIA_FOLDER")
    ] = None
    data_folder: Annotated[Path | None, _setting("Folder of stored results", "TACTUS_DATA_FOLDER")] = None
    store_bytes: Annotated[int, _setting("Size limit of stored results [bytes]", "TACTUS_STORE_BYTES", ge=1 << 20)] = (
        1 << 30
    )
    max_body_bytes: Annotated[
        int, _setting("Largest upload, and largest fetched file [bytes]", "TACTUS_MAX_BODY_BYTES", ge=1)
    ] = 100 << 20
    max_audio_s: Annotated[
        float, _setting("Longest audio that is analysed [s]", "TACTUS_MAX_AUDIO_S", gt=0, le=21_600)
    ] = 1200.0
    max_uploads: Annotated[
        int, _setting("Largest number of concurrent uploads", "TACTUS_MAX_UPLOADS", ge=1, le=1000)
    ] = 16
    analyses_at_once: Annotated[
        int, _setting("Concurrent analyses; by default one per processor", "TACTUS_ANALYSES_AT_ONCE", ge=1, le=256)
    ] = os.cpu_count() or 1
    analysis_timeout_s: Annotated[
        float, _setting("Time limit of an analysis; grows with long audio [s]", "TACTUS_ANALYSIS_TIMEOUT_S", gt=0)
    ] = 60.0
    analysis_memory_bytes: Annotated[
        int, _setting("Memory limit of an analysis [bytes]", "TACTUS_ANALYSIS_MEMORY_BYTES", ge=1 << 27)
    ] = 1 << 30
    publish_waveform: Annotated[bool, _setting("Publish waveforms to Redis", "TACTUS_PUBLISH_WAVEFORM")] = True
    shutdown_grace_s: Annotated[
        int, _setting("Time to finish responses at shutdown [s]", "TACTUS_SHUTDOWN_GRACE_S", ge=0, le=3600)
    ] = 5

    @model_validator(mode="after")
    def _check_combinations(self) -> "Settings":
        if self.hop_length > self.n_fft:
            raise SettingsError("HOP_LENGTH must not be larger than N_FFT: sound between frames would be skipped.")
        if not self.container and self.api_token is None and not self.is_loopback_only:
            raise SettingsError(
                f"Listening on {self.listen_host} would let everyone in the network use this machine. Set "
                "TACTUS_API_TOKEN to a long random text to go on, or leave TACTUS_HOST at localhost."
            )
        return self

    @property
    def listen_host(self) -> str:
        """Address to listen on, or `localhost` for the loopback addresses."""
        if self.host:
            return self.host
        return "0.0.0.0" if self.container else self.plain_host  # noqa: S104  what the image is for

    @property
    def is_loopback_only(self) -> bool:
        """True if only this machine can reach the service."""
        return self.listen_host == LOOPBACK or ip_address(self.listen_host).is_loopback

    @property
    def folder(self) -> Path:
        """Folder of stored results."""
        return self.data_folder or Path(platformdirs.user_data_dir("tactus", appauthor=False))

    @property
    def access(self) -> AccessPolicy:
        """Policy of allowed clients."""
        hosts = set(self.allowed_hosts)
        if self.listen_host != LOOPBACK and not ip_address(self.listen_host).is_unspecified:
            hosts.add(f"[{self.listen_host}]" if ":" in self.listen_host else self.listen_host)
        return AccessPolicy(
            hosts=frozenset(hosts),
            origins=frozenset(self.allowed_origins),
            token=self.api_token.get_secret_value() if self.api_token else None,
            trusted_proxies=self.trusted_proxies,
        )

    @property
    def uploads(self) -> UploadLimits:
        """Limits on uploads."""
        return UploadLimits(body_bytes=self.max_body_bytes, at_once=self.max_uploads)

    @property
    def track_options(self) -> TrackOptions:
        """Default parameters of analyses."""
        return TrackOptions(
            sample_rate=self.sample_rate,
            frame_length=self.n_fft,
            hop_length=self.hop_length,
            n_mfcc=self.n_mfcc,
        )

    @property
    def track_limits(self) -> TrackLimits:
        """Limits on analyses."""
        return TrackLimits(
            n_at_once=self.analyses_at_once,
            memory_bytes=self.analysis_memory_bytes,
            min_wall_s=self.analysis_timeout_s,
            max_s=self.max_audio_s,
        )

    @property
    def live(self) -> LiveConfig:
        """Configuration of live sessions."""
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


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `.env`.

    Args:
        overrides: Values by field name that take precedence; None: no override.

    Raises:
        SettingsError: A name is unknown or a value is wrong; the text names it, without the values of secrets.
    """
    known = {name for names in _environment_names().values() for name in names}
    for name in sorted(_names_in_use()):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise SettingsError(f"{name} is not a setting of Tactus; .env.example lists them all.")
    try:
        return Settings(
            **{_environment_names()[field][0]: value for field, value in overrides.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        name = _environment_names().get(field, (field,))[0]
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}.") from error


def setting_names() -> tuple[str, ...]:
    """Names of all settings in the environment."""
    return tuple(name for names in _environment_names().values() for name in dict.fromkeys(names))


def _environment_names() -> Mapping[str, tuple[str, ...]]:
    """Names in the environment by field."""
    names = {}
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names[field] = tuple(str(choice) for choice in choices)
    return names


def _names_in_use() -> set[str]:
    """Names that are set in the environment or in `.env`."""
    in_file = DotEnvSettingsSource(Settings, env_file=ENV_FILE, case_sensitive=True).env_vars
    return {*os.environ, *in_file}
