"""A graph whose answers take as long as nobody stops them, which looks at its deadline as the engine does."""

from __future__ import annotations

import threading
from typing import Any

from downstack.deadline import checkpoint
from downstack.errors import DeadlineExceededError
from downstack.kg import KnowledgeGraph

WAIT = 30.0
QUESTION = '{ value(quantity: "endless") { value } }'


class Endless:
    """The bundled graph, but for one quantity whose value is never found."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self._kg = kg
        self.begun = threading.Semaphore(0)
        self.stopped = threading.Semaphore(0)
        self.reached_the_end = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kg, name)

    def value(self, quantity: str, *others: Any) -> Any:
        if quantity != "endless":
            return self._kg.value(quantity, *others)
        self.begun.release()
        # Bounded, so that a test that fails ends.
        for _ in range(int(WAIT / 0.001)):
            try:
                checkpoint()
            except DeadlineExceededError:
                self.stopped.release()
                raise
            self.reached_the_end.wait(0.001)
        self.reached_the_end.set()
        raise AssertionError("nobody stopped the work")
