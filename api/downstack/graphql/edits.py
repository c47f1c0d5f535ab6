"""Changes of the store that a service offers: one after another, each served at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from downstack.editing import Edit, Writer
from downstack.errors import UnavailableError, UserInputError

WAITING = 8
"""Changes that wait for their turn; one takes seconds, so whoever comes later does better to come again."""


class Edits:
    """The way to the store.

    Parameters
    ----------
    writer
        Writes the store; None where there is none to write.
    serve
        Makes the service answer from the newest release, and returns when it does.
    """

    def __init__(self, writer: Writer | None = None, serve: Callable[[], None] = lambda: None) -> None:
        self._writer = writer
        self._serve = serve
        self._turn = threading.Lock()
        self._places = threading.Semaphore(WAITING + 1)

    def run(self, work: Callable[[Writer], Edit]) -> Edit:
        """Change the store and serve what it is then; takes seconds, so it is run in a thread.

        Raises
        ------
        UserInputError
            If there is no store.
        UnavailableError
            If too many changes wait.
        KnowledgeError
            If the change is refused.
        """
        if self._writer is None:
            raise UserInputError(
                "there is no store that could be changed: the bundled knowledge is served",
                field="store",
                hint="start the service with --store FOLDER; `downstack load` makes one",
            )
        if not self._places.acquire(blocking=False):
            raise UnavailableError(f"{WAITING} changes wait already", hint="try again in a minute")
        try:
            with self._turn:
                edit = work(self._writer)
                if edit.release is not None:
                    self._serve()
            return edit
        finally:
            self._places.release()
