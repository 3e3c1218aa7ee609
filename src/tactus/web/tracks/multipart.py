"""Incremental parser of a `multipart/form-data` body that holds exactly one file (RFC 7578)."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tactus.errors import InvalidRequestError, UnsupportedMediaError, ValidationError

FIELD = "file"
"""Name of the form field of the file."""
MAX_EPILOGUE_BYTES = 4096
"""Maximum size of the epilogue, which follows the last boundary and is ignored [bytes]."""


class SingleFileParser:
    """Parses the body of a form chunk by chunk. `data` accumulates the bytes of its file until `take` returns them.

    Args:
        content_type: `Content-Type` of the request.

    Raises:
        UnsupportedMediaError: It is not `multipart/form-data`.
        InvalidRequestError: Its boundary is missing or too long.
    """

    def __init__(self, content_type: str | None) -> None:
        media_type, options = parse_options_header(content_type)
        if media_type != b"multipart/form-data":
            raise UnsupportedMediaError(f"Send the file as multipart/form-data, in the field `{FIELD}`.")
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:  # RFC 2046
            raise InvalidRequestError("The form's boundary is missing or too long.")
        self.data = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._n_files = 0
        self._n_epilogue_bytes = 0
        self._has_ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_part_data": self._on_data,
                "on_header_begin": self._on_header_begin,
                "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
            max_header_count=8,
            max_header_size=4096,
        )

    def feed(self, chunk: bytes) -> None:
        """Parse the next chunk of the body.

        Raises:
            InvalidRequestError: The form is malformed.
            ValidationError: It has another field, or a second file.
        """
        if self._has_ended:
            self._n_epilogue_bytes += len(chunk)
            if self._n_epilogue_bytes > MAX_EPILOGUE_BYTES:
                raise InvalidRequestError("The form is followed by further data.")
            return
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidRequestError("The form is not multipart/form-data (RFC 7578).") from error

    def take(self) -> bytes:
        """Remove and return the accumulated bytes of the file."""
        data = bytes(self.data)
        self.data.clear()
        return data

    def finish(self) -> None:
        """Check that the form is complete; to be called at the end of the body.

        Raises:
            InvalidRequestError: The body ends before the form.
            ValidationError: The form has no file.
        """
        if not self._has_ended:
            raise InvalidRequestError("The body ends before the form does.")
        if not self._n_files:
            raise _field_error(FIELD, "The form has no such field.")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.data += memoryview(data)[start:end]

    def _on_header_begin(self) -> None:
        self._header_name.clear()
        self._header_value.clear()

    def _on_header_end(self) -> None:
        name = bytes(self._header_name).lower()
        if name in self._headers:
            raise InvalidRequestError("A part of the form has a header twice.")
        self._headers[name] = bytes(self._header_value)

    def _on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")[:100]
        if disposition != b"form-data" or not name:
            raise InvalidRequestError("A part of the form has no name.")
        if name != FIELD:
            raise _field_error(name, f"Send one file, in the field `{FIELD}`, and nothing else.")
        if b"filename" not in options:
            raise _field_error(FIELD, "This is a text, not a file.")
        self._n_files += 1
        if self._n_files > 1:
            raise _field_error(FIELD, "Send one file only.")

    def _on_end(self) -> None:
        self._has_ended = True


def _field_error(field: str, message: str) -> ValidationError:
    return ValidationError(message, errors=[{"field": field, "message": message}])
