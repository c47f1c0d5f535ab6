"""What nobody has stated and a formula would need: the facts whose absence keeps an answer from being computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from downstack.engine.schema import build_schema
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import FunctionDeclaration


@dataclass(frozen=True, slots=True)
class Gap:
    """A quantity that some entities of a class lack, and what cannot be computed for them."""

    quantity: str
    entity_class: str
    functions: tuple[str, ...]
    """The functions that read it and cannot do without."""
    behind: int
    """Quantities that are computed from what these functions return."""
    without: tuple[str, ...]
    """The entities that no fact of the quantity is about."""
    entities: int
    """All entities of the class."""

    @property
    def is_total(self) -> bool:
        """True when no entity of the class has it: a question gives it, or nobody publishes it."""
        return len(self.without) == self.entities


def gaps(knowledge: Knowledge, functions: Iterable[FunctionDeclaration]) -> tuple[Gap, ...]:
    """Return what is missing, the quantity that keeps most functions from most entities first.

    An input that a function computes is no gap of its own: what that function lacks is. A function that holds for one class
    only is not blocked by entities of another.
    """
    declared = tuple(functions)
    schema = build_schema(knowledge, declared)
    classes = {role.id: role.entity_class for role in knowledge.roles}
    readers: dict[tuple[str, str], list[FunctionDeclaration]] = defaultdict(list)
    for function in declared:
        for item in function.inputs:
            if not item.optional and item.name not in schema.producers:
                (role,) = schema.keys[item.name]
                readers[item.name, function.applies_to.get(role, classes[role])].append(function)
    found = []
    for (quantity, name), reading in readers.items():
        members = knowledge.members(name)
        lacking = [slug for slug in members if not knowledge.candidates(slug, quantity)]
        # A published value answers in place of the formula, whatever the formula lacks.
        blocked = [
            (function, [slug for slug in lacking if not knowledge.candidates(slug, function.returns)])
            for function in reading
        ]
        without = tuple(slug for slug in lacking if any(slug in slugs for _, slugs in blocked))
        if without:
            returned = {function.returns for function, slugs in blocked if slugs}
            names = tuple(sorted(function.name for function, slugs in blocked if slugs))
            behind = schema.descendants(returned) - returned
            found.append(Gap(quantity, name, names, len(behind), without, len(members)))
    return tuple(
        sorted(found, key=lambda gap: (-len(gap.without) * len(gap.functions), gap.quantity, gap.entity_class))
    )
