"""The releases of the store that a graph was opened from, compared with one another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

from downstack.graph.diff import compare_knowledge
from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import load
from downstack.graph.releases import pick_release
from downstack.graph.stores.places import split_name
from downstack.performance.declare import FunctionRegistry
from downstack.results.diff import DiffReport
from downstack.results.releases import Release

KEPT = 8
"""Comparisons that are kept: pages of one are asked for one after another."""
STORE = "the store"
"""What messages call it: where it lies is nobody's business who only asks."""


class History:
    """What a graph remembers of the store that it came from.

    Parameters
    ----------
    store
        What was opened; None for the bundled knowledge and for a graph that was made from another.
    releases
        Its releases, oldest first, up to the one that was opened.
    registry
        The functions that may be run.
    """

    def __init__(self, store: str | Path | None, releases: Sequence[Release], registry: FunctionRegistry) -> None:
        self._store = store
        self._releases = releases
        self._registry = registry
        # Two versions in memory are enough: whoever asks meanwhile waits.
        self._reading = Lock()
        self._kept = lru_cache(maxsize=KEPT)(self._compare)

    def diff(self, before: str, after: str | None) -> DiffReport:
        """Return what a release states that an older one does not, and the other way round.

        Parameters
        ----------
        before, after
            The beginning of a hash, or a date; the release that answers unless the second is given.

        Raises
        ------
        UserInputError
            If there is no such release.
        """
        old = pick_release(self._releases, before, STORE, "from")
        new = pick_release(self._releases, after, STORE, "to")
        with self._reading:
            return self._kept(old.id, new.id)

    def _compare(self, before: str, after: str) -> DiffReport:
        return compare_knowledge(self._read(before), self._read(after))

    def _read(self, release: str) -> Knowledge:
        path = None if self._store is None else split_name(self._store)[0]
        return load(path, self._registry, release=release)
