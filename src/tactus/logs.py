"""Structured logging: events with fields, as text on a terminal and as JSON elsewhere."""

import logging
import sys
from typing import Any

import structlog

log: Any = structlog.get_logger("tactus")
"""Logger of the program: `log.info("track_analysed", duration_s=…, took_s=…)`."""


def configure_logs(level: str, *, as_json: bool | None = None) -> None:
    """Send log events of the program and of libraries to standard error.

    Args:
        level: Lowest level, "debug", "info", "warning" or "error", in upper or lower case.
        as_json: True for one JSON object per line; by default if standard error is not a terminal.
    """
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=processors,
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.raiseExceptions = False  # a full disk or a closed terminal behind the log must not stop the service
