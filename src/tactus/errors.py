"""All errors that Tactus reports to its users.

    TactusError
    ├── the request               InvalidRequestError ValidationError InvalidUrlError BodyTooLargeError UriTooLongError
    │                             UnsupportedMediaError HeadersTooLargeError RequestTimeoutError
    │                             NotAcceptableError
    ├── access                    UnauthorizedError HostNotAllowedError OriginNotAllowedError RateLimitedError
    ├── resources                 NotFoundError MethodNotAllowedError DeviceNotFoundError
    ├── the audio file            UndecodableMediaError NoAudioError EmptyAudioError AudioTooLongError
    │                             AudioOutOfRangeError NonFiniteAudioError MediaTooComplexError DecoderCrashedError
    ├── the source of a file      SourceBlockedError SourceTooLargeError SourceUnreachableError SourceFailedError
    │                             SourceTruncatedError SourceTooManyRedirectsError SourceEncodingError
    │                             SourceTimeoutError
    ├── live sound                LiveAlreadyRunningError LiveNotRunningError DeviceBusyError AudioUnavailableError
    │                             DeviceTimeoutError
    └── the service               OverloadedError ShuttingDownError AnalysisTimeoutError InsufficientStorageError
                                  InternalError

The class names the kind of failure, `detail` describes one case in a sentence with its remedy, `slug` is the stable
code for clients (the problem type `/problems/SLUG`, RFC 9457), `status` the HTTP status. Details never contain paths,
tracebacks or resolved addresses.
"""

from typing import Any, ClassVar


class SettingsError(Exception):
    """The environment has a wrong value, so nothing starts; the text has the name and the remedy."""


class TactusError(Exception):
    """An error that is reported to the user.

    Args:
        detail: One sentence about this case; by default the title of the class.
        retry_after_s: Time after which a retry makes sense [s].
        **extra: Machine-readable members of the problem document, such as `field` or `reason`.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong inside Tactus"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", *, retry_after_s: int | None = None, **extra: Any) -> None:
        self.detail = detail or self.title
        self.retry_after_s = retry_after_s
        self.extra = extra
        super().__init__(self.detail)


class InvalidRequestError(TactusError):
    slug = "invalid-request"
    title = "The request could not be read"
    status = 400


class UnauthorizedError(TactusError):
    slug = "unauthorized"
    title = "A valid token is needed"
    status = 401


class HostNotAllowedError(TactusError):
    slug = "host-not-allowed"
    title = "This host name is not served"
    status = 403


class OriginNotAllowedError(TactusError):
    slug = "origin-not-allowed"
    title = "Pages from this origin may not call Tactus"
    status = 403


class SourceBlockedError(TactusError):
    slug = "source-blocked"
    title = "This address is not fetched"
    status = 403


class NotFoundError(TactusError):
    slug = "not-found"
    title = "There is nothing here"
    status = 404


class DeviceNotFoundError(TactusError):
    slug = "device-not-found"
    title = "There is no such audio device"
    status = 404


class MethodNotAllowedError(TactusError):
    slug = "method-not-allowed"
    title = "This method does not exist here"
    status = 405


class NotAcceptableError(TactusError):
    slug = "not-acceptable"
    title = "The response is not available in an accepted format"
    status = 406


class RequestTimeoutError(TactusError):
    slug = "request-timeout"
    title = "The request did not arrive in time"
    status = 408


class LiveAlreadyRunningError(TactusError):
    slug = "live-already-running"
    title = "A live session with other parameters is running"
    status = 409


class LiveNotRunningError(TactusError):
    slug = "live-not-running"
    title = "The live session is not running"
    status = 409


class DeviceBusyError(TactusError):
    slug = "device-busy"
    title = "The audio device is in use by another program"
    status = 409


class BodyTooLargeError(TactusError):
    slug = "body-too-large"
    title = "The request body is too large"
    status = 413


class UriTooLongError(TactusError):
    slug = "uri-too-long"
    title = "The address is too long"
    status = 414


class UnsupportedMediaError(TactusError):
    slug = "unsupported-media"
    title = "This content type is not understood"
    status = 415


class ValidationError(TactusError):
    slug = "validation"
    title = "A parameter is not valid"
    status = 422


class InvalidUrlError(TactusError):
    slug = "invalid-url"
    title = "This is not a usable address"
    status = 422


class SourceTooLargeError(TactusError):
    slug = "source-too-large"
    title = "The file behind the address is too large"
    status = 422


class UndecodableMediaError(TactusError):
    slug = "undecodable-media"
    title = "This is no audio file that Tactus can read"
    status = 422


class NoAudioError(TactusError):
    slug = "no-audio"
    title = "The file has no sound track"
    status = 422


class EmptyAudioError(TactusError):
    slug = "empty-audio"
    title = "The file holds no sound"
    status = 422


class AudioTooLongError(TactusError):
    slug = "audio-too-long"
    title = "The sound is too long"
    status = 422


class AudioOutOfRangeError(TactusError):
    slug = "audio-out-of-range"
    title = "The sample rate or channel count is out of range"
    status = 422


class NonFiniteAudioError(TactusError):
    slug = "non-finite-audio"
    title = "The samples are not finite numbers"
    status = 422


class MediaTooComplexError(TactusError):
    slug = "media-too-complex"
    title = "The file needs more memory than it may have"
    status = 422


class DecoderCrashedError(TactusError):
    slug = "decoder-crashed"
    title = "The file crashes the decoder"
    status = 422


class RateLimitedError(TactusError):
    slug = "rate-limited"
    title = "Too many requests"
    status = 429


class HeadersTooLargeError(TactusError):
    slug = "headers-too-large"
    title = "The request headers are too large"
    status = 431


class InternalError(TactusError):
    """A defect of Tactus: its traceback is logged, but not sent."""


class SourceUnreachableError(TactusError):
    slug = "source-unreachable"
    title = "The address cannot be reached"
    status = 502


class SourceFailedError(TactusError):
    slug = "source-error"
    title = "The address did not deliver a file"
    status = 502


class SourceTruncatedError(TactusError):
    slug = "source-truncated"
    title = "The file arrived incomplete"
    status = 502


class SourceTooManyRedirectsError(TactusError):
    slug = "source-too-many-redirects"
    title = "The address redirects too often"
    status = 502


class SourceEncodingError(TactusError):
    slug = "source-encoding"
    title = "The address sent compressed content, which was not requested"
    status = 502


class AudioUnavailableError(TactusError):
    slug = "audio-unavailable"
    title = "There is no sound input"
    status = 503


class OverloadedError(TactusError):
    slug = "overloaded"
    title = "Tactus has as much work as it can do"
    status = 503


class ShuttingDownError(TactusError):
    slug = "shutting-down"
    title = "Tactus is stopping"
    status = 503


class SourceTimeoutError(TactusError):
    slug = "source-timeout"
    title = "The address took too long"
    status = 504


class AnalysisTimeoutError(TactusError):
    slug = "analysis-timeout"
    title = "The analysis took too long"
    status = 504


class DeviceTimeoutError(TactusError):
    slug = "device-timeout"
    title = "The audio device did not answer"
    status = 504


class InsufficientStorageError(TactusError):
    slug = "insufficient-storage"
    title = "There is no room to store the upload"
    status = 507
