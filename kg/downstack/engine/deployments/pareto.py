"""What nothing else beats: the Pareto front of two objectives, both to be low."""

from __future__ import annotations

import numpy as np

from downstack.engine.bind import Rows
from downstack.performance.declare import Array

_PROBES = 16
"""Points of a known front that others are held against before the exact sort."""


def front(first: Array, second: Array) -> Rows:
    """Return the positions of the points that no other point beats, by the first objective and then the second.

    Parameters
    ----------
    first, second
        The objectives of each point, shape (n,), low is good. A point with a number that is not finite takes no part.

    Notes
    -----
    A point beats another when it is no worse in both and better in one. Equal points do not beat each other: all stay.
    One sort, n log n: in the order of the first objective a point stays when its second is below all that came before.
    """
    known = np.flatnonzero(np.isfinite(first) & np.isfinite(second))
    if not len(known):
        return known
    order = known[np.lexsort((second[known], first[known]))]
    rising, falling = first[order], second[order]
    starts = np.flatnonzero(np.concatenate(([True], rising[1:] != rising[:-1])))
    lowest = np.minimum.accumulate(falling)
    before = np.concatenate(([np.inf], lowest[starts[1:] - 1]))
    least = falling[starts]
    group = np.repeat(np.arange(len(starts)), np.diff(np.concatenate((starts, [len(order)]))))
    # Points with one first objective are equal there, so that only the lowest of them stay, all that share it.
    stays = (falling == least[group]) & (least < before)[group]
    unbeaten_places: Rows = order[stays]
    return unbeaten_places


def unbeaten(first: Array, second: Array, known_first: Array, known_second: Array) -> Rows:
    """Return the positions of points that a known front does not obviously beat: a cheap sieve before :func:`front`.

    The known front must be in the order of its first objective, as :func:`front` returns it. No point of the joint front
    is lost: a point is only dropped when one of the known points is better in both objectives.
    """
    if not len(known_first):
        return np.arange(len(first))
    keep = np.ones(len(first), dtype=np.bool_)
    for place in np.unique(np.linspace(0, len(known_first) - 1, _PROBES).astype(np.int64)):
        keep &= (first <= known_first[place]) | (second <= known_second[place])
    return np.flatnonzero(keep)
