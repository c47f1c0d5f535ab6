"""Which of very many names look like a text: pairs of letters choose some hundred, and only these are compared.

Comparing a text with every name takes a second where there are some hundred thousand. A name that is meant shares most of
its pairs of letters with what was typed, whatever was left out, doubled or swapped; counting shared pairs is one pass
over arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

CHOSEN = 200
"""Names that are compared, at least: those most like the text as a whole, and those that hold most of it."""
SHORT = 3
"""Shorter texts are compared as a whole only: two letters are a part of everything."""
PART, INSIDE = 0.9, 0.8
"""What it counts that all words of one are words of the other, and that one stands inside the other."""


class Match(NamedTuple):
    """A name that looks like a text; the larger the nearer."""

    score: float
    """0 to 100."""
    whole: float
    """The same of the two as a whole: which of several that hold the text is nearest to it."""
    name: str


class NameSearch:
    """The pairs of letters of some names, worked out when the first text is looked for.

    Parameters
    ----------
    names
        Normalised names, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    @cached_property
    def _pairs(self) -> _Pairs:
        return _Pairs(self._names)

    def nearest(self, text: str, count: int) -> Iterator[Match]:
        """Go through the names that look most like a normalised text, in no order.

        Parameters
        ----------
        text
            What was typed.
        count
            How many names are wanted, at least.
        """
        for place in self._pairs.like(text, max(CHOSEN, count)):
            yield compared(text, self._names[place])


def compared(text: str, name: str) -> Match:
    """Compare a text with one name: the two as a whole, and, a little below, their words and the best part."""
    whole = fuzz.ratio(text, name)
    if len(text) < SHORT:
        return Match(whole, whole, name)
    score = max(whole, PART * fuzz.token_set_ratio(text, name), INSIDE * fuzz.partial_ratio(text, name))
    return Match(score, whole, name)


class _Pairs:
    """For every pair of letters, the names that it occurs in."""

    def __init__(self, names: Sequence[str]) -> None:
        letters = _letters("\n".join(f" {name} " for name in names))
        between = letters == ord("\n")
        inside = ~(between[:-1] | between[1:])
        owners = np.cumsum(between, dtype=np.int32)[:-1][inside]
        pairs = (letters[:-1] << np.uint64(32) | letters[1:])[inside]
        order = np.argsort(pairs, kind="stable")
        self._owners: NDArray[np.int32] = owners[order]
        self._pairs, self._starts = np.unique(pairs[order], return_index=True)
        self._ends = np.append(self._starts[1:], len(order))
        self._sizes = np.maximum(np.bincount(owners, minlength=len(names)), 1)

    def like(self, text: str, count: int) -> Sequence[int]:
        """Return the places of the names that share most pairs with a text."""
        letters = _letters(f" {text} ")
        wanted = np.unique(letters[:-1] << np.uint64(32) | letters[1:])
        places = np.searchsorted(self._pairs, wanted)
        places = places[places < len(self._pairs)]
        places = places[np.isin(self._pairs[places], wanted)]
        if not len(places):
            return range(min(count, len(self._sizes)))
        found = np.concatenate([self._owners[self._starts[place] : self._ends[place]] for place in places])
        shared = np.bincount(found, minlength=len(self._sizes))
        alike = 2.0 * shared / (len(wanted) + self._sizes)
        held = shared / len(wanted) + alike / 1000.0
        chosen: list[int] = np.union1d(_largest(alike, count), _largest(held, count)).tolist()
        return chosen


def _letters(text: str) -> NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)


def _largest(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, -count)[-count:]
