"""The oracle: one number at a time, on Python floats, by following links; no binding, no plan, no arrays.

It is slow and simple on purpose. Every answer of the vectorised engine must equal it (tests hold this to 1e-12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from downstack.engine.changes import Intervention
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, OK
from downstack.engine.columns import Columns
from downstack.engine.schema import Schema
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import FunctionDeclaration


@dataclass(frozen=True, slots=True)
class Reading:
    """One number with its status code, and whether a change can reach it."""

    value: float
    code: int
    touched: bool


class Interpreter:
    """Evaluates quantities for one combination of entities at a time."""

    def __init__(self, knowledge: Knowledge, schema: Schema, columns: Columns) -> None:
        self._knowledge = knowledge
        self._schema = schema
        self._columns = columns

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
        return self._quantity(quantity, known, interventions)

    def _quantity(self, quantity: str, roles: Mapping[str, str], changes: tuple[Intervention, ...]) -> Reading:
        key = self._schema.keys[quantity]
        if any(role not in roles for role in key):
            return Reading(math.nan, MISSING_INPUT, touched=False)
        column = self._columns.facts.get(quantity)
        fact, held = math.nan, OK
        if column is not None and column.role in roles:
            place = self._columns.tables[column.role].position[roles[column.role]]
            fact = float(column.values[place])
            held = OK if column.codes is None else int(column.codes[place])
        group = self._schema.producers.get(quantity, ())
        if not group:
            reading = Reading(fact, MISSING_INPUT if math.isnan(fact) else held, touched=False)
        else:
            chosen = [item for item in group if self._applies(item, roles)]
            reading = (
                self._call(chosen[0], roles, changes) if chosen else Reading(math.nan, MISSING_INPUT, touched=False)
            )
            if not math.isnan(fact):
                base = self._call(chosen[0], roles, ()) if chosen else reading
                reading = self._anchor(quantity, fact, held, base, reading)
        return self._intervene(quantity, key, roles, reading, changes)

    def _applies(self, function: FunctionDeclaration, roles: Mapping[str, str]) -> bool:
        return all(
            role in roles and name in self._knowledge.entities[roles[role]].classes
            for role, name in function.applies_to.items()
        )

    def _call(
        self, function: FunctionDeclaration, roles: Mapping[str, str], changes: tuple[Intervention, ...]
    ) -> Reading:
        readings = {item.name: self._quantity(item.name, roles, changes) for item in function.inputs}
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

    def _intervene(
        self,
        quantity: str,
        key: tuple[str, ...],
        roles: Mapping[str, str],
        reading: Reading,
        changes: tuple[Intervention, ...],
    ) -> Reading:
        for item in changes:
            if item.quantity.id == quantity and len(key) == 1 and roles[key[0]] == item.entity:
                if math.isnan(reading.value) and item.op != "SET":
                    return Reading(reading.value, reading.code, touched=True)
                base = 0.0 if math.isnan(reading.value) else reading.value
                reading = Reading(item.scenario(base), OK if item.op == "SET" else reading.code, touched=True)
        return reading
