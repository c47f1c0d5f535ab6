"""Where a number comes from and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from downstack.graph.ages import fact_date, last_day
from downstack.graph.model import Fact, QuantityKind
from downstack.performance.declare import FunctionDeclaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from downstack.results.feedback import Feedback


class Status(StrEnum):
    """How far a number can be trusted; the gravest of everything it rests on."""

    OK = "OK"
    STALE = "STALE"
    """A fact behind it is older than its quantity allows: the number is given, the age is said."""
    EXTRAPOLATED = "EXTRAPOLATED"
    INFEASIBLE = "INFEASIBLE"
    NOT_CONVERGED = "NOT_CONVERGED"
    """A feedback loop on the way has no settled answer: there is no number."""
    MISSING_INPUT = "MISSING_INPUT"


@dataclass(frozen=True, slots=True)
class EffectKey:
    """The combination a number is for: entity slugs by role (model, workload, offering, accelerator, framework...)."""

    roles: tuple[tuple[str, str], ...]
    """The roles that make up the combination, then those that they determine (the accelerator of an offering)."""
    own: int | None = None
    """How many of the roles make up the combination; all of them unless given."""

    def get(self, role: str) -> str | None:
        """Return the entity in that role, or None when the number does not depend on the role."""
        return dict(self.roles).get(role)

    @property
    def entity(self) -> str | None:
        """The entity, when the number belongs to a single one."""
        own = self.roles[: self.own]
        return own[0][1] if len(own) == 1 else None

    def __str__(self) -> str:
        return ", ".join(name for _, name in self.roles[: self.own])


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one number comes from: a formula with its inputs, or a fact; recursively down to facts."""

    quantity: QuantityKind
    key: EffectKey
    value: float | None
    unit: str
    status: Status
    function: FunctionDeclaration | None
    inputs: tuple[Trace, ...] = field(repr=False)
    own_facts: tuple[Fact, ...]
    """The facts read at this step itself: the chosen one first, then other sources for the same quantity."""
    reason: str | None
    """Why there is no number, or which validity range is left."""
    formula_value: float | None = None
    """Where a published fact is the base: what the formula alone would give (the gap is shown, not hidden)."""
    intervention: str | None = None
    loop: Feedback | None = None
    """The feedback loop that the number lies on; the inputs are then those of the whole loop, from outside it."""
    _unfold: Callable[[], tuple[Trace, ...]] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def unfolding(
        cls,
        quantity: QuantityKind,
        key: EffectKey,
        value: float,
        unit: str,
        function: FunctionDeclaration | None,
        unfold: Callable[[], tuple[Trace, ...]],
        own_facts: tuple[Fact, ...],
    ) -> Trace:
        """Return a step with nothing to say against it, whose inputs are put in place when somebody looks at them."""
        step = object.__new__(cls)
        put = object.__setattr__
        put(step, "quantity", quantity)
        put(step, "key", key)
        put(step, "value", value)
        put(step, "unit", unit)
        put(step, "status", Status.OK)
        put(step, "function", function)
        put(step, "own_facts", own_facts)
        put(step, "reason", None)
        put(step, "formula_value", None)
        put(step, "intervention", None)
        put(step, "loop", None)
        put(step, "_unfold", unfold)
        return step

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Put the inputs in place; Python asks here for what is not there yet."""
            if name != "inputs":
                raise AttributeError(f"a {type(self).__name__} has no {name}")
            unfold = self._unfold
            if unfold is not None:
                object.__setattr__(self, "inputs", unfold())
                object.__setattr__(self, "_unfold", None)
            # Where another thread was first, they are there by now.
            return object.__getattribute__(self, "inputs")

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts that the number rests on, each once."""
        seen: dict[str, Fact] = {}
        for node in self.walk():
            for fact in node.own_facts[:1]:
                seen.setdefault(fact.iri, fact)
        return tuple(seen.values())

    @property
    def oldest_fact(self) -> Fact | None:
        """The fact of the earliest date among all that the number rests on; None where none has a date."""
        return oldest_fact((self,))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the formulas leave out and which facts are assumptions, each once."""
        seen: dict[str, None] = {}
        for node in self.walk():
            functions = () if node.function is None else (node.function,)
            for function in functions if node.loop is None else (*functions, *node.loop.functions):
                for text in function.assumes:
                    seen.setdefault(text)
            for fact in node.own_facts[:1]:
                if fact.confidence == "assumption":
                    seen.setdefault(f"{fact.entity}.{fact.quantity} = {fact.literal} {fact.unit} is an assumption")
        return tuple(seen)

    def walk(self) -> Iterator[Trace]:
        """Yield this step and all steps below it, depth first; a step that several others read comes once."""
        yield from walk((self,))


def walk(traces: Iterable[Trace]) -> Iterator[Trace]:
    """Yield the steps of several numbers, depth first; a step that they share comes once."""
    seen: set[int] = set()
    for trace in traces:
        waiting = [trace]
        while waiting:
            step = waiting.pop()
            if id(step) not in seen:
                seen.add(id(step))
                yield step
                waiting.extend(reversed(step.inputs))


def oldest_fact(traces: Iterable[Trace]) -> Fact | None:
    """Return the fact of the earliest date that some numbers rest on; None where none has a date."""
    facts = {fact.iri: fact for step in walk(traces) for fact in step.own_facts[:1]}
    dated = [(last_day(day), iri) for iri, fact in facts.items() if (day := fact_date(fact)) is not None]
    return facts[min(dated)[1]] if dated else None
