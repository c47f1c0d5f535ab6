"""A mapping whose entries are worked out when somebody looks: most questions look at a few quantities of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from typing import TypeVar

Held = TypeVar("Held")


class OnDemand(MutableMapping[str, Held]):
    """A mapping by quantity, some of whose entries are worked out the first time they are read.

    Parameters
    ----------
    held
        What is known already; what is worked out is added to it.
    waiting
        The quantities whose entry can be worked out.
    work
        Returns the entry of one of them; it is given the mapping itself, for the entries that this one rests on.
    """

    __slots__ = ("_held", "_waiting", "_work")

    def __init__(
        self, held: dict[str, Held], waiting: Collection[str], work: Callable[[str, Mapping[str, Held]], Held]
    ) -> None:
        self._held = held
        self._waiting = waiting
        self._work = work

    def __getitem__(self, quantity: str) -> Held:
        if quantity not in self._held and quantity in self._waiting:
            self._held[quantity] = self._work(quantity, self)
        return self._held[quantity]

    def is_known(self, quantity: str) -> bool:
        """Return whether an entry is there without any work."""
        return quantity in self._held

    def __setitem__(self, quantity: str, value: Held) -> None:
        self._held[quantity] = value

    def __delitem__(self, quantity: str) -> None:
        raise TypeError(f"what a run says of {quantity} cannot be taken back")

    def __contains__(self, quantity: object) -> bool:
        return quantity in self._held or quantity in self._waiting

    def __iter__(self) -> Iterator[str]:
        yield from self._held
        yield from (name for name in self._waiting if name not in self._held)

    def __len__(self) -> int:
        return len(self._held) + sum(name not in self._held for name in self._waiting)
