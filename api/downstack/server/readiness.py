"""Whether requests should come here: not while the service drains, nor while a part says that it cannot answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Doubt = Callable[[], Mapping[str, object] | None]
"""Says what is the matter with a part, in words for everybody, or None."""


class Readiness:
    """What ``/readyz`` answers."""

    def __init__(self) -> None:
        self._draining = False
        self._blocking: list[Doubt] = []
        self._lagging: list[Doubt] = []

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
        self._lagging.append(doubt)

    def answer(self, version: str) -> tuple[int, dict[str, object]]:
        """Return the HTTP status and what to say."""
        if self._draining:
            return 503, {"status": "draining"}
        for doubt in self._blocking:
            if (matter := doubt()) is not None:
                return 503, {"status": "unavailable", **matter}
        said: dict[str, object] = {"status": "ready", "graphVersion": version}
        for doubt in self._lagging:
            if (matter := doubt()) is not None:
                said |= {"status": "degraded", **matter}
        return 200, said
