"""When the collector of garbage rests."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused_collection(*, lasting: bool = False) -> Generator[None]:
    """Spare the collector what grows by very many objects, none of which is garbage: a graph, or imported modules.

    Parameters
    ----------
    lasting
        What there is at the end stays for as long as the process does: the collector never looks at it again, and no
        request waits while it does. Only for a process of our own; see :func:`settle`.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if lasting:
            gc.freeze()
        if enabled:
            gc.enable()


def settle() -> None:
    """Collect what a part that has been replaced left behind, and have the rest last as before."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
