"""Logs: one line an event, in JSON or for people; nothing that a client sends can begin another line.

JSON escapes whatever is not printable ASCII. In text the same characters are escaped by hand, and the lines of a traceback
stand indented behind a bar, so that no message can pass for an event. Query texts, variables and headers are not logged.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from downstack.graphql.observing import current_observation

FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
MAX_MESSAGE = 4_000
MAX_TRACEBACK = 20_000
_encode = json.JSONEncoder(default=str).encode
_PLAIN = re.compile(r"[\w./:@+,-]+", re.ASCII)


def printable(text: str, limit: int = MAX_MESSAGE) -> str:
    """Return a text with everything escaped that is not printable ASCII, cut to a length."""
    shown = text[:limit].encode("unicode_escape").decode("ascii") if not _is_plain(text) else text[:limit]
    return shown if len(text) <= limit else f"{shown}..."


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


class _Formatter(logging.Formatter):
    def parts(self, record: logging.LogRecord) -> tuple[str, dict[str, object], str]:
        """Return message, fields and traceback of a record."""
        fields = dict(getattr(record, "fields", {}))
        seen = current_observation()
        if seen is not None and seen.request_id:
            fields.setdefault("request_id", seen.request_id)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return record.getMessage(), fields, trace[-MAX_TRACEBACK:]


class JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        message, fields, trace = self.parts(record)
        event: dict[str, object] = {
            "time": _time(record, "milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": message[:MAX_MESSAGE],
            **fields,
        }
        if trace:
            event["traceback"] = trace
        return _encode(event)


class TextFormatter(_Formatter):
    """One line for people, with the lines of a traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        message, fields, trace = self.parts(record)
        said = " ".join(f"{name}={_value(value)}" for name, value in fields.items() if value not in ("", None, []))
        line = f"{_time(record, 'seconds')} {record.levelname:<7} {record.name}: {printable(message)} {said}".rstrip()
        below = "".join(f"\n    | {printable(item)}" for item in trace.split("\n")) if trace else ""
        return line + below


def _time(record: logging.LogRecord, unit: str) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec=unit).replace("+00:00", "Z")


def _value(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def log_config(form: str = "text", level: str = "info") -> dict[str, Any]:
    """Return the configuration of all loggers, uvicorn's among them, for :func:`logging.config.dictConfig`."""
    formatter = JsonFormatter if form == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "downstack": {"level": level.upper()},
            "uvicorn": {"level": level.upper(), "handlers": [], "propagate": True},
            "uvicorn.error": {"level": level.upper(), "handlers": [], "propagate": True},
            # Requests are logged by the service itself, which knows what was asked.
            "uvicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def event(logger: logging.Logger, level: int, message: str, fields: Mapping[str, object]) -> None:
    """Log an event with its fields."""
    if logger.isEnabledFor(level):
        logger.log(level, message, extra={"fields": fields})
