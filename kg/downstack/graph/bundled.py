"""What the bundled vocabulary lets a question name, read without opening a graph.

The schema of the service is the same whatever it serves, so it is written from the vocabulary that ships with the product;
the terms of a store of its own are named as words instead. :mod:`downstack.graph.bundled_terms` is generated from the
vocabulary, because reading its files would be a part of every start.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from downstack.graph.bundled_terms import QUANTITIES, RELATIONS
from downstack.vocabulary import DSO


@dataclass(frozen=True, slots=True)
class QuantityTerm:
    """A kind of quantity of the vocabulary that facts may state."""

    id: str
    """Its identifier, such as ``memory_bandwidth``."""
    name: str
    """In the vocabulary's words, such as ``memoryBandwidth``."""
    label: str
    display_unit: str
    """The unit that answers use, for example ``GB/s``."""

    @property
    def iri(self) -> str:
        """The IRI."""
        return DSO + self.name


@dataclass(frozen=True, slots=True)
class RelationTerm:
    """A relation of the vocabulary."""

    name: str
    """In the vocabulary's words, such as ``fabricates``."""
    definition: str


@cache
def stated_quantities() -> tuple[QuantityTerm, ...]:
    """Return the kinds of quantity that facts may state, by identifier; what is only computed is left out."""
    return tuple(QuantityTerm(*row) for row in QUANTITIES)


@cache
def relation_terms() -> tuple[RelationTerm, ...]:
    """Return the relations between entities, by name."""
    return tuple(RelationTerm(*row) for row in RELATIONS)
