"""The orders of entities, and the place of an entity in one.

A place is a few words and numbers that say where in the order an entity stands, also when the entity is no longer there:
whoever walks a list page by page goes on behind a place, whatever was added or removed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal

from downstack.graph.model import Entity

Place = tuple[str | int | float, ...]
By = Literal["slug", "label", "layer", "quantity"]

LABEL = 200
"""Letters of a label that decide its place: it stands in every cursor."""
NO_LAYER = 99


@dataclass(frozen=True, slots=True)
class EntityOrdering:
    """An order: by what, which way, and by which facts. What lacks it comes last either way; equals go by slug."""

    by: By = "slug"
    descending: bool = False
    quantity: str | None = None
    """The quantity of ``by="quantity"``: identifier, IRI or CURIE."""

    def place(self, entity: Entity, values: Mapping[str, float]) -> Place:
        """Return where an entity stands.

        Parameters
        ----------
        entity
            The entity.
        values
            Slug to the value of the quantity, in base units; empty unless the order is by a quantity.
        """
        if self.by == "label":
            return entity.label.casefold()[:LABEL], entity.id
        if self.by == "layer":
            return NO_LAYER if entity.layer is None else entity.layer, entity.id
        if self.by == "quantity":
            value = values.get(entity.id)
            return (1, 0.0, entity.id) if value is None else (0, value, entity.id)
        return (entity.id,)

    def rank(self, place: Place) -> tuple[object, ...]:
        """Return what places compare by in this order."""
        if not self.descending:
            return place
        if self.by == "quantity":
            missing, value, slug = place
            return missing, _Falling(value), slug
        if self.by == "layer":
            number, slug = place
            return number == NO_LAYER, _Falling(number), slug
        return tuple(_Falling(part) for part in place)


BY_SLUG = EntityOrdering()


@total_ordering
class _Falling:
    """A word or number that comes before what it is greater than."""

    __slots__ = ("_value",)

    def __init__(self, value: str | float) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and self._value == other._value

    def __lt__(self, other: _Falling) -> bool:
        return self._value > other._value  # type: ignore[operator]  # both are the same part of a place

    def __hash__(self) -> int:
        return hash(self._value)
