"""Which way each relation carries dependence: one record for each relation of the vocabulary, read from its Turtle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from downstack.graph.supply import Reader
from downstack.vocabulary import DSO, OWL, RDF

DIRECTIONS = ("subject-on-object", "object-on-subject", "none")
BONDS = ("use", "make", "output", "kind")


@dataclass(frozen=True, slots=True)
class DependenceRule:
    """How one relation carries dependence."""

    predicate: str
    direction: str
    """One of :data:`DIRECTIONS`."""
    bond: str
    """One of :data:`BONDS`: how far the need goes; ``use`` where the vocabulary does not say."""
    alternatives: bool
    """True when any one of several that the relation names is enough."""
    need: str | None
    """The group of production inputs that states the same need more finely."""
    functional: bool
    """True when there is at most one object, which then is all of it."""


def read_rules(reader: Reader) -> dict[str, DependenceRule]:
    """Return the rule of every relation that carries dependence, by predicate."""
    found = {}
    for iri in reader.instances("RelationPredicate"):
        direction = reader.one(iri, DSO + "dependenceDirection")
        if direction not in DIRECTIONS[:2]:
            continue
        name = iri.removeprefix(DSO)
        found[name] = DependenceRule(
            predicate=name,
            direction=direction,
            bond=reader.one(iri, DSO + "dependenceBond") or "use",
            alternatives=reader.one(iri, DSO + "dependenceAlternatives") == "true",
            need=reader.one(iri, DSO + "dependenceNeed"),
            functional=OWL + "FunctionalProperty" in _types(reader, iri),
        )
    return found


def _types(reader: Reader, iri: str) -> Iterable[str]:
    return reader.all(iri, RDF + "type")
