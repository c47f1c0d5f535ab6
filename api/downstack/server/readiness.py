"""Whether requests should come here: not while the service drains, nor while a part says that it cannot answer."""

from __future__ import annotations

from collections.abc import Callable

Doubt = Callable[[], str | None]
"""Says what is the matter with a part, or None."""


class Readiness:
    """What ``/readyz`` answers."""

    def __init__(self) -> None:
        self._draining = False
        self._blocking: list[Doubt] = []
        self._stale: list[Doubt] = []

    @property
    def draining(self) -> bool:
        """Whether the service was told to stop."""
        return self._draining

    def drain(self) -> None:
        """Be not ready from now on."""
        self._draining = True

    def needs(self, doubt: Doubt) -> None:
        """Be not ready while a part says what is the matter."""
        self._blocking.append(doubt)

    def may_lag(self, doubt: Doubt) -> None:
        """Be ready but say so while a part cannot be renewed: what is served is right, and older than it could be."""
        self._stale.append(doubt)

    def answer(self, version: str) -> tuple[int, dict[str, object]]:
        """Return the HTTP status and what to say; reasons stay in the log, they may name paths and hosts."""
        if self._draining:
            return 503, {"status": "draining"}
        if any(doubt() for doubt in self._blocking):
            return 503, {"status": "unavailable"}
        said: dict[str, object] = {"status": "ready", "graphVersion": version}
        if any(doubt() for doubt in self._stale):
            said["stale"] = True
        return 200, said
