"""A plan: the steps that compute the wanted quantities over all rows, one NumPy call per function and step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.bind import Binding, Mask, Rows
from downstack.engine.codes import OK, Codes
from downstack.engine.columns import Columns
from downstack.engine.feedback import FeedbackLoop
from downstack.engine.schema import Key, Schema
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import Array, FunctionDeclaration


@dataclass(frozen=True, slots=True)
class Variant:
    """One function on the rows it applies to."""

    function: FunctionDeclaration
    rows: Rows | None
    """The rows it applies to; None for all."""
    gathers: tuple[tuple[str, Rows | None, bool], ...]
    """Per input: quantity, its row for each row of this variant (None for the identity), and whether it may be missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one quantity is computed."""

    quantity: str
    key: Key
    rows: int
    fact_values: Array | None
    fact_first: bool
    variants: tuple[Variant, ...]
    fact_codes: Codes | None = None
    """The status of the stated values, rows x 1; None where none is stale."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of one question in the order of evaluation."""

    binding: Binding
    steps: tuple[Step, ...]
    by_quantity: Mapping[str, Step]
    loops: tuple[FeedbackLoop, ...] = ()
    """Steps that are solved together; their members stand in a row in `steps`."""
    kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What others have worked out of this plan and keep with it."""

    def with_steps(self, steps: Iterable[Step]) -> Plan:
        """Return a plan of the same binding and loops with other steps."""
        listed = tuple(steps)
        return Plan(self.binding, listed, {step.quantity: step for step in listed}, self.loops)

    def loop_of(self, quantity: str) -> FeedbackLoop | None:
        """Return the loop that a quantity is a member of, if any."""
        return next((loop for loop in self.loops if quantity in loop.members), None)


def compile_plan(
    knowledge: Knowledge, schema: Schema, columns: Columns, binding: Binding, wanted: Iterable[str]
) -> Plan:
    """Arrange the functions that the wanted quantities need as steps over the rows of a binding."""
    needed = schema.ancestors(wanted)
    steps = []
    for quantity in schema.order:
        if quantity not in needed:
            continue
        checkpoint()
        key = schema.keys[quantity]
        fact_values, fact_codes = _stated(columns, binding, key, quantity)
        variants = tuple(
            _variant(schema, columns, binding, key, declaration) for declaration in schema.producers.get(quantity, ())
        )
        if fact_values is not None and variants and bool(np.isnan(fact_values).all()):
            # Nobody published any of them: the formulas stand alone.
            fact_values = None
        if fact_values is None and not variants:
            fact_values = np.full((binding.rows(key), 1), np.nan)
        steps.append(
            Step(
                quantity=quantity,
                key=key,
                rows=binding.rows(key),
                fact_values=fact_values,
                fact_first=not knowledge.quantities[quantity].formula_first,
                variants=variants,
                fact_codes=fact_codes,
            )
        )
    loops = tuple(loop for loop in schema.loops if loop.members[0] in needed)
    return Plan(binding, tuple(steps), {step.quantity: step for step in steps}, loops)


def with_columns(plan: Plan, columns: Columns, quantities: frozenset[str]) -> Plan:
    """Return a plan over the columns of a version that differs in the facts of some quantities only."""
    binding = plan.binding.with_columns(columns)
    steps = []
    for step in plan.steps:
        if step.quantity in quantities and step.quantity in columns.facts:
            values, codes = _stated(columns, binding, step.key, step.quantity)
            if values is None and not step.variants:
                values = np.full((step.rows, 1), np.nan)
            step = replace(step, fact_values=values, fact_codes=codes)
        steps.append(step)
    return Plan(binding, tuple(steps), {step.quantity: step for step in steps}, plan.loops)


def _stated(columns: Columns, binding: Binding, key: Key, quantity: str) -> tuple[Array | None, Codes | None]:
    """Return the stated value of each row and its status; None where no fact is, or none is stale."""
    column = columns.facts.get(quantity)
    if column is None or not len(column.values):
        return None, None
    places = binding.positions(key, column.role)
    values = np.where(places >= 0, column.values[places], np.nan).reshape(-1, 1)
    if column.codes is None:
        return values, None
    return values, np.where(places >= 0, column.codes[places], OK).astype(np.int8).reshape(-1, 1)


def _variant(schema: Schema, columns: Columns, binding: Binding, key: Key, declaration: FunctionDeclaration) -> Variant:
    mask: Mask | None = None
    for role, name in declaration.applies_to.items():
        members = columns.tables[role].classes.get(name)
        places = binding.positions(key, role)
        inside = np.zeros(len(places), dtype=np.bool_) if members is None else (places >= 0) & members[places]
        mask = inside if mask is None else mask & inside
    rows = None if mask is None else np.flatnonzero(mask)
    gathers = []
    for item in declaration.inputs:
        index = binding.gather(key, schema.keys[item.name])
        if rows is not None:
            index = rows if index is None else index[rows]
        gathers.append((item.name, index, item.optional))
    return Variant(declaration, rows, tuple(gathers))
