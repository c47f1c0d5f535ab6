"""What the service writes to its log, caught line by line while it runs."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.api.serving import DEADLINE

from downstack.server.logs import JsonFormatter, TextFormatter


class Logbook:
    """Lines as a terminal would get them."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(formatter)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def expect(self, lines: int) -> None:
        """Wait for lines: an answer is there a moment before its line is."""
        deadline = time.monotonic() + DEADLINE
        while len(self.lines) < lines:
            assert time.monotonic() < deadline, self.text
            threading.Event().wait(0.01)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [item for item in self.events if item["logger"] == "downstack.request"]


@contextmanager
def logbook(form: str = "json", level: int = logging.INFO) -> Generator[Logbook]:
    """Catch what the loggers of the service say."""
    book = Logbook(JsonFormatter() if form == "json" else TextFormatter())
    logger = logging.getLogger("downstack")
    before = logger.level
    logger.addHandler(book.handler)
    logger.setLevel(level)
    try:
        yield book
    finally:
        logger.removeHandler(book.handler)
        logger.setLevel(before)
