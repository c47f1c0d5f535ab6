"""The schema graph: which function computes which quantity from which, checked once per graph version.

It has tens of nodes whatever the size of the data, so that finding what a change can reach costs microseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from downstack.engine.columns import role_of_class
from downstack.engine.feedback import FeedbackLoop, evaluation_order, find_loops
from downstack.errors import FunctionError
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import FunctionDeclaration
from downstack.units import exponents

MAX_FUNCTIONS = 25_000
"""Functions of one schema, and so the longest chain of them; each costs microseconds in every question that it is part of."""


Key = tuple[str, ...]
"""The roles a quantity depends on, minimal and in canonical order: ``("model", "offering")``."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The functions of one graph version as a graph over quantities."""

    producers: Mapping[str, tuple[FunctionDeclaration, ...]]
    keys: Mapping[str, Key]
    order: tuple[str, ...]
    """All quantities that facts or functions give, inputs before outputs, the members of a loop in a row."""
    inputs: Mapping[str, frozenset[str]]
    consumers: Mapping[str, frozenset[str]]
    loops: tuple[FeedbackLoop, ...] = ()
    """The feedback loops, in the order of evaluation."""

    def descendants(self, quantities: Iterable[str]) -> frozenset[str]:
        """Return what a change of some quantities can reach, the quantities themselves included."""
        return _closure(quantities, self.consumers)

    def ancestors(self, quantities: Iterable[str]) -> frozenset[str]:
        """Return all that some quantities are computed from, the quantities themselves included."""
        return _closure(quantities, self.inputs)


def _closure(start: Iterable[str], edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found = set(start)
    waiting = list(found)
    while waiting:
        for name in edges.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)


def check_count(functions: Iterable[FunctionDeclaration]) -> tuple[FunctionDeclaration, ...]:
    """Return the functions of a schema, or refuse them before anything is done with so many.

    Raises
    ------
    FunctionError
        If there are more than :data:`MAX_FUNCTIONS`.
    """
    first = tuple(islice(functions, MAX_FUNCTIONS + 1))
    if len(first) > MAX_FUNCTIONS:
        raise FunctionError(
            f"there are more than {MAX_FUNCTIONS:,} functions",
            hint="compute the same for many entities with one function, which applies to all of them",
        )
    return first


def build_schema(knowledge: Knowledge, functions: Iterable[FunctionDeclaration]) -> Schema:
    """Check all declarations against the vocabulary and each other, and arrange them.

    Raises
    ------
    FunctionError
        If a quantity is not in the vocabulary, a unit differs from the vocabulary's, an input comes from nowhere, two
        functions compute one quantity for the same entities, or functions form a loop without an anchor or a start.
    """
    producers: dict[str, list[FunctionDeclaration]] = defaultdict(list)
    for declaration in functions:
        _check_units(knowledge, declaration)
        producers[declaration.returns].append(declaration)
    for quantity, rivals in producers.items():
        _check_disjoint(quantity, rivals)
    inputs = {
        quantity: frozenset(name for declaration in group for name in declaration.input_names)
        for quantity, group in producers.items()
    }
    fact_role = {
        item.id: role
        for item in knowledge.quantities.values()
        if (role := role_of_class(knowledge, item.subject_class)) is not None
    }
    for quantity, names in inputs.items():
        for name in sorted(names):
            if name not in producers and name not in fact_role:
                raise FunctionError(
                    f"{quantity} is computed from {name!r}, which no function returns and no class carries",
                    hint="give the quantity kind a dso:appliesTo class that a binding role ranges over",
                )
    loops = find_loops(
        producers, inputs, fact_role, (item.id for item in knowledge.quantities.values() if item.non_negative)
    )
    order = evaluation_order({*producers, *fact_role}, inputs, loops)
    loop_of = {name: loop for loop in loops for name in loop.members}
    keys: dict[str, Key] = {}
    for name in order:
        own = loop_of.get(name)
        # The members of a loop move together: each lives on all the roles that any of them depends on.
        group = [item for member in (own.members if own else (name,)) for item in producers.get(member, ())]
        keys[name] = _key(knowledge, name, group, fact_role, keys, own.members if own else ())
    consumers: dict[str, set[str]] = defaultdict(set)
    for quantity, names in inputs.items():
        for name in names:
            consumers[name].add(quantity)
    return Schema(
        producers={name: tuple(group) for name, group in producers.items()},
        keys=keys,
        order=order,
        inputs=inputs,
        consumers={name: frozenset(group) for name, group in consumers.items()},
        loops=loops,
    )


def _check_units(knowledge: Knowledge, declaration: FunctionDeclaration) -> None:
    declared = [(item.name, item.unit) for item in declaration.inputs]
    for name, unit in [*declared, (declaration.returns, declaration.unit)]:
        kind = knowledge.quantities.get(name)
        if kind is None:
            raise FunctionError(
                f"function {declaration.name} uses the quantity {name!r}, which the vocabulary does not have",
                hint="add a dso:QuantityKind with this dso:identifier to ontology/terms",
            )
        if exponents(unit) != exponents(kind.unit):
            raise FunctionError(
                f"function {declaration.name} takes {name} in {unit!r}, the vocabulary holds it in {kind.unit!r}",
                hint="the two must have the same dimension",
            )


def _check_disjoint(quantity: str, rivals: list[FunctionDeclaration]) -> None:
    seen: dict[tuple[tuple[str, str], ...], str] = {}
    for declaration in rivals:
        signature = tuple(sorted(declaration.applies_to.items()))
        if signature in seen or (len(rivals) > 1 and not signature):
            other = seen.get(signature) or next(item.name for item in rivals if item is not declaration)
            raise FunctionError(
                f"{declaration.name} and {other} both compute {quantity} for the same entities",
                hint="let each apply to a class of its own (applies_to)",
            )
        seen[signature] = declaration.name


def _key(
    knowledge: Knowledge,
    name: str,
    group: Iterable[FunctionDeclaration],
    fact_role: Mapping[str, str],
    keys: Mapping[str, Key],
    loop: tuple[str, ...] = (),
) -> Key:
    parents = {role.id: role.reached_from for role in knowledge.roles}
    read = {item for declaration in group for item in declaration.input_names if item not in loop}
    wanted = {role for item in read for role in keys[item]}
    wanted |= {role for declaration in group for role in declaration.applies_to}
    if not wanted:
        return (fact_role[name],)

    def determined(role: str) -> bool:
        parent = parents[role]
        while parent is not None:
            if parent in wanted:
                return True
            parent = parents[parent]
        return False

    key = tuple(role.id for role in knowledge.roles if role.id in wanted and not determined(role.id))
    if name in fact_role and key != (fact_role[name],):
        raise FunctionError(
            f"{name} is a fact of one {fact_role[name]}, but its function depends on {', '.join(key)}",
            hint="use a quantity of its own for the computed value",
        )
    return key
