"""Changing a store in a process of its own, so that a service answers meanwhile, and what a change takes is given back.

A change reads the store, arranges it twice and checks all of it: seconds of work and hundreds of megabytes. In the process
of the service every answer would wait for a part of it
([decision 45](docs/decisions/0045-releases-are-made-and-read-beside-the-service.md)).
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from downstack.children import command, environment
from downstack.editing import Dataset, Edit, NewFact, NewScenario
from downstack.errors import DownstackError, UnavailableError
from downstack.kg import KnowledgeGraph

MODULE = "downstack.loaders.aside"
_log = logging.getLogger("downstack")


@dataclass(frozen=True, slots=True)
class _Order:
    """A change: a method of :class:`~downstack.loaders.editing.StoreWriter` and what it is given."""

    store: str
    method: str
    arguments: tuple[Any, ...]
    by: str
    dry_run: bool


class AsideWriter:
    """Writes one store, as :class:`~downstack.loaders.editing.StoreWriter` does, in another process each time.

    Parameters
    ----------
    store
        The store, as a single name.
    """

    def __init__(self, store: str) -> None:
        self._store = store

    def assert_fact(self, fact: NewFact, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """State a fact."""
        return self._change("assert_fact", (fact,), by, dry_run)

    def retract_fact(self, fact: str, reason: str, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Say that a fact no longer counts."""
        return self._change("retract_fact", (fact, reason), by, dry_run)

    def load_dataset(self, dataset: Dataset, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Load the content of a file."""
        return self._change("load_dataset", (dataset,), by, dry_run)

    def save_scenario(self, scenario: NewScenario, *, graph: KnowledgeGraph, by: str, dry_run: bool = False) -> Edit:
        """Keep a question."""
        return self._change("save_scenario", (scenario,), by, dry_run)

    def _change(self, method: str, arguments: tuple[Any, ...], by: str, dry_run: bool) -> Edit:
        order = pickle.dumps(_Order(self._store, method, arguments, by, dry_run), pickle.HIGHEST_PROTOCOL)
        done = subprocess.run(
            command(MODULE),
            input=order,
            capture_output=True,
            env=environment(),
            # An interrupt at the terminal is for the service, which lets a change come to its end.
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            _log.error("a change ended with %d: %s", done.returncode, done.stderr.decode("utf-8", "replace")[-4_000:])
            raise UnavailableError(
                "the change failed", hint="the store is as it was, or has it whole: look, and ask again"
            )
        # Written by a process that this one started, and by no other.
        said = pickle.loads(done.stdout)
        if isinstance(said, Edit):
            return said
        raise said


def main() -> None:
    """Carry out the order on standard input and write what came of it to standard output."""
    from downstack.loaders.editing import StoreWriter

    order: _Order = pickle.loads(sys.stdin.buffer.read())
    said: Edit | DownstackError
    try:
        graph = KnowledgeGraph.open(order.store)
        method = getattr(StoreWriter(order.store), order.method)
        said = method(*order.arguments, graph=graph, by=order.by, dry_run=order.dry_run)
    except DownstackError as error:
        said = error
    sys.stdout.buffer.write(pickle.dumps(said, pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    main()
