"""Limits on the media files that are decoded, and the errors of files beyond them."""

from dataclasses import dataclass

from tactus.errors import AudioOutOfRangeError, AudioTooLongError


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Largest length and range of formats that are decoded.

    Args:
        max_s: Length of decoded audio after which the file is refused [s].
        min_rate_hz: Smallest sample rate [Hz].
        max_rate_hz: Largest sample rate [Hz].
        max_channels: Largest number of channels.
    """

    max_s: float = 20 * 60.0
    min_rate_hz: int = 4_000
    max_rate_hz: int = 384_000
    max_channels: int = 8


def check_format(rate_hz: int, n_channels: int, limits: DecodeLimits) -> None:
    """Check the sample rate [Hz] and the number of channels of an audio stream.

    Raises:
        AudioOutOfRangeError: One of them is beyond the limits.
    """
    if not limits.min_rate_hz <= rate_hz <= limits.max_rate_hz:
        raise AudioOutOfRangeError(
            f"The sample rate is {rate_hz} Hz; between {limits.min_rate_hz} and {limits.max_rate_hz} Hz are read."
        )
    if not 1 <= n_channels <= limits.max_channels:
        raise AudioOutOfRangeError(f"The file has {n_channels} channels; 1 to {limits.max_channels} are read.")


def too_long_error(limits: DecodeLimits) -> AudioTooLongError:
    """The error of a file that is longer than `limits.max_s`."""
    return AudioTooLongError(
        f"The sound is longer than {limits.max_s / 60:g} minutes, the most that is analysed here.",
        max_s=limits.max_s,
    )
