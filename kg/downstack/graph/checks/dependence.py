"""Dependence: every relation says which end needs the other, or that neither does."""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault, Names, at_most_one, exactly_one, word
from downstack.graph.dependence.rules import BONDS, DIRECTIONS
from downstack.vocabulary import DSO


def check_dependence(names: Names) -> Iterator[Fault]:
    """Yield the relations that do not say, in the words of the vocabulary, how they carry dependence."""
    for relation in sorted(names.members("RelationPredicate")):
        remedy = f"add dso:dependenceDirection: {', '.join(DIRECTIONS)}"
        yield from exactly_one(names, relation, DSO + "dependenceDirection", remedy)
        yield from word(names, relation, "dependenceDirection", DIRECTIONS)
        yield from at_most_one(names, relation, DSO + "dependenceBond")
        yield from word(names, relation, "dependenceBond", BONDS)
