"""Read a graph in a process of its own, while the one that will answer from it imports what it needs, or answers.

Reading and checking takes about as long as importing a web service, and two cores do both at once. What comes over the
pipe is the arranged graph and nothing else: it was made by the same code on the same files, and no file ever holds it
([decision 42](docs/decisions/0042-a-service-that-is-ready-soon.md)). A new release is read so too, because answers would
wait for a thread that reads it ([decision 45](docs/decisions/0045-releases-are-made-and-read-beside-the-service.md)).
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from downstack.children import command, environment
from downstack.garbage import paused_collection

if TYPE_CHECKING:
    from downstack.graph.knowledge import Knowledge

MODULE = "downstack.graph.ahead"


class Ahead:
    """A graph of the functions that ship with downstack, being read by another process since this was made.

    A context, which ends the other process if nobody has waited for it.

    Parameters
    ----------
    store
        As :meth:`downstack.kg.KnowledgeGraph.open` takes it.
    release
        Of a store with releases, the one to read.
    """

    def __init__(self, store: str | None = None, release: str | None = None) -> None:
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                command(MODULE, *(item for item in (store, release) if item is not None)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                # What is wrong is found again, and said, by this process.
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        except OSError:
            self._process = None

    def knowledge(self) -> Knowledge | None:
        """Wait for it and return it; None where the other process failed, and this one has to read it itself."""
        process, self._process = self._process, None
        if process is None:
            return None
        from downstack.graph.knowledge import Knowledge

        with process:
            content, _ = process.communicate()
        if process.returncode != 0:
            return None
        with paused_collection():
            # Written by a process that this one started, and by no other.
            found = pickle.loads(content)
        return found if isinstance(found, Knowledge) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.kill()


def main() -> None:
    """Write a graph to standard output: the bundled one, or that of a store and its release."""
    from downstack.graph.loading import load
    from downstack.performance import REGISTRY

    store, release = [*sys.argv[1:], None, None][:2]
    with paused_collection():
        knowledge = load(store, REGISTRY, release=release)
        sys.stdout.buffer.write(pickle.dumps(knowledge, pickle.HIGHEST_PROTOCOL))
        sys.stdout.buffer.flush()
    # Whoever waits for the end of this process need not wait until all of the graph has been taken apart.
    os._exit(0)


if __name__ == "__main__":
    main()
