"""The oracle: one number at a time, on Python floats, by following links; no binding, no plan, no arrays.

It is slow and simple on purpose. Every answer of the vectorised engine must equal it (tests hold this to 1e-12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from downstack.engine.changes import Intervention
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, NOT_CONVERGED, OK
from downstack.engine.columns import Columns
from downstack.engine.feedback import FeedbackLoop
from downstack.engine.schema import Schema
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import FunctionDeclaration

SETTLED = 1e-14
ROUNDS = 20_000
SPREAD = (1.0, 8.0, 0.125)
"""Factors of the starts that a loop is gone round from; they must end at the same place."""
AGREE = 1e-6

Guess = Mapping[str, "Reading"]
"""What is taken for the tears of the loops that are being gone round."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One number with its status code, and whether a change can reach it."""

    value: float
    code: int
    touched: bool


class Interpreter:
    """Evaluates quantities for one combination of entities at a time; each thread needs one of its own."""

    def __init__(self, knowledge: Knowledge, schema: Schema, columns: Columns) -> None:
        self._knowledge = knowledge
        self._schema = schema
        self._columns = columns
        self._loops = {name: loop for loop in schema.loops for name in loop.members}
        self._bases: dict[tuple[str, tuple[tuple[str, str], ...]], Reading] = {}
        self._asked: tuple[Mapping[str, str], tuple[Intervention, ...]] = {}, ()
        self._seen: dict[tuple[str, bool], Reading] = {}
        """What was read already of the combination that is asked about, with the changes that are asked about or without."""

    def evaluate(
        self, quantity: str, roles: Mapping[str, str], interventions: tuple[Intervention, ...] = ()
    ) -> Reading:
        """Return one quantity of one combination.

        Parameters
        ----------
        quantity
            The identifier of the quantity.
        roles
            Free role to entity slug; determined roles are found by following links.
        interventions
            Changes to apply, in order.
        """
        known = dict(roles)
        for role in self._knowledge.roles:
            if role.id not in known and role.reached_from in known and role.via is not None:
                targets = self._knowledge.links.get(role.via, {}).get(known[role.reached_from], ())
                if targets and targets[0] in self._columns.tables[role.id].position:
                    known[role.id] = targets[0]
        if self._asked[0] != known or self._asked[1] is not interventions:
            self._asked, self._seen = (known, interventions), {}
        return self._quantity(quantity, known, interventions, {})

    def _quantity(
        self, quantity: str, roles: Mapping[str, str], changes: tuple[Intervention, ...], guess: Guess
    ) -> Reading:
        if guess:
            return guess[quantity] if quantity in guess else self._reached(quantity, roles, changes, guess)
        place = quantity, bool(changes)
        if place not in self._seen:
            self._seen[place] = self._reached(quantity, roles, changes, guess)
        return self._seen[place]

    def _reached(
        self, quantity: str, roles: Mapping[str, str], changes: tuple[Intervention, ...], guess: Guess
    ) -> Reading:
        loop = self._loops.get(quantity)
        if loop is not None and not all(name in guess for name in loop.tears):
            guess = {**guess, **self._settle(loop, roles, changes, guess)}
            return guess[quantity] if quantity in guess else self._step(quantity, roles, changes, guess)
        return self._step(quantity, roles, changes, guess)

    def _settle(
        self, loop: FeedbackLoop, roles: Mapping[str, str], changes: tuple[Intervention, ...], guess: Guess
    ) -> Guess:
        """Go round and round a loop from three starts until it stands still, as what it describes does."""
        ends = [self._go_round(loop, roles, changes, guess, factor) for factor in SPREAD]
        first = ends[0]
        if any(item.code >= INFEASIBLE for item in first.values()):
            return first
        for other in ends[1:]:
            for name in loop.tears:
                if not abs(other[name].value - first[name].value) <= AGREE * abs(first[name].value):
                    return {name: Reading(math.nan, NOT_CONVERGED, first[name].touched) for name in loop.tears}
        return first

    def _go_round(
        self,
        loop: FeedbackLoop,
        roles: Mapping[str, str],
        changes: tuple[Intervention, ...],
        guess: Guess,
        factor: float,
    ) -> dict[str, Reading]:
        now = {name: self._begin(name, roles, factor) for name in loop.tears}
        for _ in range(ROUNDS):
            after = {name: self._step(name, roles, changes, {**guess, **now}) for name in loop.tears}
            if any(item.code >= INFEASIBLE for item in after.values()):
                return after
            still = all(
                abs(after[name].value - now[name].value) <= SETTLED * abs(after[name].value)
                and (after[name].code, after[name].touched) == (now[name].code, now[name].touched)
                for name in loop.tears
            )
            now = after
            if still:
                return now
        return {name: Reading(math.nan, NOT_CONVERGED, now[name].touched) for name in loop.tears}

    def _begin(self, name: str, roles: Mapping[str, str], factor: float) -> Reading:
        start, _ = self._fact(name, roles)
        for function in self._schema.producers.get(name, ()):
            if math.isnan(start) and function.start is not None and self._applies(function, roles):
                start = function.start
        return Reading(start * factor, MISSING_INPUT if math.isnan(start) else OK, touched=False)

    def _fact(self, quantity: str, roles: Mapping[str, str]) -> tuple[float, int]:
        """Return the stated value and what it is worth; NaN where there is none."""
        column = self._columns.facts.get(quantity)
        if column is None or column.role not in roles:
            return math.nan, OK
        place = self._columns.tables[column.role].position[roles[column.role]]
        return float(column.values[place]), OK if column.codes is None else int(column.codes[place])

    def _step(
        self, quantity: str, roles: Mapping[str, str], changes: tuple[Intervention, ...], guess: Guess
    ) -> Reading:
        key = self._schema.keys[quantity]
        if any(role not in roles for role in key):
            return Reading(math.nan, MISSING_INPUT, touched=False)
        if quantity in self._loops and any(self._acts(item, quantity, key, roles) for item in changes):
            # A change of a member of a loop holds it where the change puts its base.
            base = self._quantity(quantity, roles, (), {})
            return self._intervene(quantity, key, roles, base, changes)
        fact, held = self._fact(quantity, roles)
        group = self._schema.producers.get(quantity, ())
        if not group:
            reading = Reading(fact, MISSING_INPUT if math.isnan(fact) else held, touched=False)
        else:
            chosen = [item for item in group if self._applies(item, roles)]
            missing = Reading(math.nan, MISSING_INPUT, touched=False)
            reading = self._call(chosen[0], roles, changes, guess) if chosen else missing
            if not math.isnan(fact):
                base = self._base(chosen[0], roles) if chosen and reading.touched else reading
                reading = self._anchor(quantity, fact, held, base, reading)
        return self._intervene(quantity, key, roles, reading, changes)

    def _base(self, function: FunctionDeclaration, roles: Mapping[str, str]) -> Reading:
        place = function.name, tuple(sorted(roles.items()))
        if place not in self._bases:
            self._bases[place] = self._call(function, roles, (), {})
        return self._bases[place]

    def _applies(self, function: FunctionDeclaration, roles: Mapping[str, str]) -> bool:
        return all(
            role in roles and name in self._knowledge.entities[roles[role]].classes
            for role, name in function.applies_to.items()
        )

    def _call(
        self, function: FunctionDeclaration, roles: Mapping[str, str], changes: tuple[Intervention, ...], guess: Guess
    ) -> Reading:
        readings = {item.name: self._quantity(item.name, roles, changes, guess) for item in function.inputs}
        codes = [
            OK if item.optional and readings[item.name].code >= INFEASIBLE else readings[item.name].code
            for item in function.inputs
        ]
        code = max(codes, default=OK)
        touched = any(item.touched for item in readings.values())
        with np.errstate(all="ignore"):
            call = function.arguments({name: np.float64(item.value) for name, item in readings.items()})
            value = float(function.implementation(**call))
            for check in function.validity:
                value_read = readings[check.input].value
                if value_read < check.low or value_read > check.high:
                    code = max(code, EXTRAPOLATED)
            if code < INFEASIBLE and function.feasible is not None and not bool(function.feasible(**call)):
                code = INFEASIBLE
        if code < INFEASIBLE and not math.isfinite(value):
            code = INFEASIBLE
        return Reading(math.nan if code >= INFEASIBLE else value, code, touched)

    def _anchor(self, quantity: str, fact: float, held: int, base: Reading, moved: Reading) -> Reading:
        if self._knowledge.quantities[quantity].formula_first:
            return moved if moved.code < INFEASIBLE or moved.touched else Reading(fact, held, touched=False)
        if not moved.touched or (moved.code < INFEASIBLE and moved.value == base.value):
            return Reading(fact, max(moved.code, held) if moved.touched else held, moved.touched)
        return Reading(fact * (moved.value / base.value), max(moved.code, held), touched=True)

    def _acts(self, item: Intervention, quantity: str, key: tuple[str, ...], roles: Mapping[str, str]) -> bool:
        return item.quantity.id == quantity and len(key) == 1 and roles[key[0]] == item.entity

    def _intervene(
        self,
        quantity: str,
        key: tuple[str, ...],
        roles: Mapping[str, str],
        reading: Reading,
        changes: tuple[Intervention, ...],
    ) -> Reading:
        for item in changes:
            if self._acts(item, quantity, key, roles):
                if math.isnan(reading.value) and item.op != "SET":
                    return Reading(reading.value, reading.code, touched=True)
                base = 0.0 if math.isnan(reading.value) else reading.value
                reading = Reading(item.scenario(base), OK if item.op == "SET" else reading.code, touched=True)
        return reading
