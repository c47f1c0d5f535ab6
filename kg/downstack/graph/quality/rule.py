"""What a rule is: an identifier, the severities it may give, a sentence, and a function that finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from downstack.graph.checks.common import Fault
from downstack.graph.display import in_unit
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.graph.statements import Statements
from downstack.vocabulary import DSO

VALUE = DSO + "value"
AS_OF = DSO + "asOf"
SEVERITIES = ("error", "warning", "note")
"""From what refuses to what is good to know."""


@dataclass(frozen=True)
class Examined:
    """A whole graph, as records and as the statements that they were read from."""

    knowledge: Knowledge
    statements: Statements

    def facts(self, entity: str, quantity: str) -> tuple[Fact, ...]:
        """Return the facts of a quantity of an entity that nothing corrects, best first."""
        found = self.knowledge.facts_by_subject.get((entity, quantity), ())
        return tuple(fact for fact in found if fact.is_current)

    def best(self, entity: str, quantity: str) -> Fact | None:
        """Return the fact that answers for a quantity of an entity, if any does."""
        return next(iter(self.knowledge.candidates(entity, quantity)), None)

    def linked(self, entity: str, predicate: str) -> tuple[str, ...]:
        """Return the entities that a relation leads to."""
        return self.knowledge.links.get(predicate, {}).get(entity, ())

    def printed(self, fact: Fact) -> str:
        """Return a fact as messages show it: as printed, with its source."""
        date = f", {fact.as_of}" if fact.as_of else ""
        return f"{fact.literal} {fact.unit} ({fact.source.title[:60]}{date}, {fact.confidence})"

    def number(self, quantity: str, value: float) -> str:
        """Return a value in base units as messages show it."""
        kind = self.knowledge.quantities[quantity]
        return f"{in_unit(kind, value):,.4g} {kind.display_unit}"

    @cached_property
    def entity_iris(self) -> frozenset[str]:
        """The IRIs of all entities."""
        return frozenset(item.iri for item in self.knowledge.entities.values())


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of plausibility."""

    id: str
    severities: tuple[str, ...]
    """What it may give, worst first."""
    says: str
    """What holds where it finds nothing."""
    check: Callable[[Examined], Iterator[Fault]]

    @property
    def may_refuse(self) -> bool:
        """True when it can find an error."""
        return "error" in self.severities
