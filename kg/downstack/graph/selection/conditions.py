"""The records that say which entities are wanted; nothing is looked up yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from downstack.errors import UserInputError

MAX_DEPTH = 5
"""Selections inside one another: what a person can still read."""
MAX_CONDITIONS = 100
"""Conditions of one selection with all that are inside it."""


@dataclass(frozen=True, slots=True)
class QuantityCondition:
    """What the value of one quantity must be; all that is given holds together.

    Of several facts the one that answers would use counts: the best confidence first, then the newest. Without any
    comparison it is enough that there is a fact.
    """

    quantity: str
    """Identifier, IRI or CURIE."""
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None
    eq: float | None = None
    """Equal to nine digits: a unit conversion rounds."""
    between: tuple[float, float] | None = None
    """Both ends included."""
    exists: bool | None = None
    """False: there must be no such fact."""
    unit: str | None = None
    """Of the numbers above; the unit of answers unless given."""
    confidence: tuple[str, ...] = ()
    """Only facts of these kinds of statement are looked at; of all unless given."""
    under: str | None = None
    """Only facts whose condition holds this text."""

    @property
    def compares(self) -> bool:
        """True when a number is compared."""
        return any(item is not None for item in (self.gt, self.gte, self.lt, self.lte, self.eq, self.between))


@dataclass(frozen=True, slots=True)
class RelationCondition:
    """A cited relation that the entity must take part in."""

    predicate: str | None = None
    """In the vocabulary's words, such as ``fabricates``; any unless given."""
    entity: str | None = None
    """What is at the other end: slug, IRI, CURIE or alias; anything unless given."""
    stands: str | None = None
    """``subject`` or ``object``: the end at which the wanted entity stands; either unless given."""
    other: Selection | None = None
    """What must hold for the entity at the other end."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entities are wanted; all that is given holds together."""

    classes: tuple[str, ...] | None = None
    """At least one of these classes, subclasses included."""
    layers: tuple[str, ...] | None = None
    """At least one of these layers, by name."""
    text: str | None = None
    """A part of the slug, the label or an alias."""
    with_quantity: str | None = None
    """A fact of this quantity."""
    quantities: tuple[QuantityCondition, ...] = ()
    relations: tuple[RelationCondition, ...] = ()
    confidence: tuple[str, ...] = ()
    """Only facts of these kinds of statement count in all conditions on quantities that do not say otherwise."""
    as_of: str | None = None
    """Facts and relations of that date (ISO)."""
    all_of: tuple[Selection, ...] = ()
    any_of: tuple[Selection, ...] | None = None
    none_of: tuple[Selection, ...] = ()

    def inner(self) -> Iterator[Selection]:
        """Go through the selections directly inside this one."""
        yield from self.all_of
        yield from self.any_of or ()
        yield from self.none_of
        for relation in self.relations:
            if relation.other is not None:
                yield relation.other

    def check(self) -> None:
        """Refuse a selection that is too deep or too long.

        Raises
        ------
        UserInputError
            If it is deeper than :data:`MAX_DEPTH` or has more conditions than :data:`MAX_CONDITIONS`.
        """
        depth, count = self._measure(1)
        for what, found, allowed in (("levels", depth, MAX_DEPTH), ("conditions", count, MAX_CONDITIONS)):
            if found > allowed:
                raise UserInputError(
                    f"the filter has more than {allowed} {what}", field="filter", hint="ask in several questions"
                )

    def _measure(self, depth: int) -> tuple[int, int]:
        own = len(self.quantities) + len(self.relations)
        own += sum(item is not None for item in (self.classes, self.layers, self.text, self.with_quantity, self.any_of))
        deepest, count = depth, max(own, 1)
        # Below the limit nothing more needs to be known.
        if depth <= MAX_DEPTH:
            for item in self.inner():
                below, inside = item._measure(depth + 1)
                deepest, count = max(deepest, below), count + inside
        return deepest, count
