"""The engine of one graph version: plans and their cache, evaluation, and the numbers of every row."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass

from downstack.engine.bind import Binding
from downstack.engine.cache import ValueCache
from downstack.engine.changes import Intervention
from downstack.engine.columns import Columns, build_columns, changed_columns
from downstack.engine.interpreter import Interpreter
from downstack.engine.plan import Plan, compile_plan, with_columns
from downstack.engine.program import base_of, evaluate_change
from downstack.engine.run import BASE_AND_SCENARIO, Cell, Outcome, place_interventions
from downstack.engine.sample_cache import SampleCache
from downstack.engine.schema import Schema, build_schema, check_count
from downstack.engine.stages import looked_up, stage
from downstack.engine.trace import Tracer
from downstack.errors import UserInputError
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Fact
from downstack.performance.declare import Array, FunctionDeclaration

MAX_ROWS = 4_000_000
"""Rows of the widest key set that one question may bind; a wider one is refused with the filter to add."""
CACHED_PLANS = 64
CACHED_DATES = 8

Filter = tuple[tuple[str, frozenset[int]], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run with what is needed to explain it."""

    plan: Plan
    outcome: Outcome
    cells: dict[str, tuple[Cell, ...]]

    def tracer(self, knowledge: Knowledge, column: int) -> Tracer:
        """Return what unfolds the numbers of one column (0 the base, 1 the scenario)."""
        return Tracer(knowledge, self.plan, self.outcome, column, self.cells)


class Engine:
    """Evaluates questions on one immutable graph version; safe to share between threads."""

    def __init__(self, knowledge: Knowledge, functions: Iterable[FunctionDeclaration]) -> None:
        self.knowledge = knowledge
        self.functions = check_count(functions)
        self.schema: Schema = build_schema(knowledge, self.functions)
        self._columns: OrderedDict[str | None, Columns] = OrderedDict()
        self._plans: OrderedDict[tuple[str | None, Filter, frozenset[str]], Plan] = OrderedDict()
        self._descendants: dict[frozenset[str], frozenset[str]] = {}
        self._lock = threading.Lock()
        self.cache = ValueCache()
        """Values of plans without changes; shared with the engines that :meth:`with_facts` makes."""
        self.samples = SampleCache()
        """Plans of samples; shared in the same way."""

    def with_facts(self, replaced: Mapping[tuple[str, str], tuple[Fact, ...]]) -> Engine:
        """Return the engine of a version in which the facts of some quantities of some entities are others.

        The schema, the tables, the columns and plans that the facts do not touch, and all values that they do not reach
        are shared, so that the first question to the new version costs the cone of what changed.

        Parameters
        ----------
        replaced
            Entity and quantity to all facts that the new version has of them; none to withdraw what was stated.
        """
        other = copy(self)
        other.knowledge = self.knowledge.with_facts(replaced)
        other._lock = threading.Lock()
        other._columns, other._plans = OrderedDict(), OrderedDict()
        quantities = frozenset(quantity for _, quantity in replaced)
        with self._lock:
            held, plans = dict(self._columns), dict(self._plans)
        for as_of, old in held.items():
            other._columns[as_of] = changed_columns(other.knowledge, old, quantities)
        for key, plan in plans.items():
            fresh = other._columns.get(key[0])
            if fresh is not None and fresh.tables is plan.binding.columns.tables:
                other._plans[key] = with_columns(plan, fresh, quantities)
        return other

    def columns(self, as_of: str | None = None) -> Columns:
        """Return the columns as seen on a date, from the cache when it was asked before."""
        with self._lock:
            found = self._columns.get(as_of)
        if found is None:
            with stage("columns"):
                found = build_columns(self.knowledge, as_of)
            with self._lock:
                self._columns[as_of] = found
                while len(self._columns) > CACHED_DATES:
                    self._columns.popitem(last=False)
        return found

    def plan(self, wanted: Iterable[str], selected: Mapping[str, frozenset[int]], as_of: str | None = None) -> Plan:
        """Return the plan for some quantities under a filter, compiled once.

        Raises
        ------
        UserInputError
            If the filter is so wide that the rows would not fit.
        """
        key = (as_of, tuple(sorted((role, chosen) for role, chosen in selected.items())), frozenset(wanted))
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
        if found is not None:
            looked_up("plan", hits=1)
            return found
        looked_up("plan", misses=1)
        columns = self.columns(as_of)
        with stage("bind"):
            binding = Binding(columns, selected)
        for quantity in key[2]:
            rows = binding.rows(self.schema.keys[quantity])
            if rows > MAX_ROWS:
                raise UserInputError(
                    f"{quantity} has {rows} combinations, more than {MAX_ROWS}",
                    field="where",
                    hint=f"narrow one of {', '.join(self.schema.keys[quantity])}",
                )
        with stage("plan"):
            plan = compile_plan(self.knowledge, self.schema, columns, binding, key[2])
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > CACHED_PLANS:
                self._plans.popitem(last=False)
        return plan

    def within_reach(
        self, changes: Iterable[Intervention], selected: Mapping[str, frozenset[int]], as_of: str | None = None
    ) -> dict[str, frozenset[int]]:
        """Narrow a filter to what some changes can touch: where all concern one role, its other entities cannot move."""
        listed = tuple(changes)
        keys = {self.schema.keys.get(item.quantity.id, ()) for item in listed}
        narrowed = dict(selected)
        if len(keys) == 1 and len(key := next(iter(keys))) == 1:
            (role,) = key
            position = self.columns(as_of).tables[role].position
            touched = frozenset(position[item.entity] for item in listed if item.entity in position)
            narrowed[role] = touched & selected[role] if role in selected else touched
        return narrowed

    def evaluate(
        self,
        plan: Plan,
        interventions: tuple[Intervention, ...] = (),
        fractions: Array | None = None,
        base: Evaluation | None = None,
    ) -> Evaluation:
        """Run a plan; the columns are the base and the scenario unless `fractions` says otherwise.

        `base` is an evaluation of the same plan without interventions; it is looked up or made unless given.
        """
        known = self.base(plan).outcome if base is None else base.outcome
        cells = place_interventions(plan, interventions)
        if not cells and fractions is None:
            return Evaluation(plan, known, cells)
        along = BASE_AND_SCENARIO if fractions is None else fractions
        with stage("run"):
            outcome = evaluate_change(plan, known, self._reached(frozenset(cells)), cells, along)
        return Evaluation(plan, outcome, cells)

    def _reached(self, changed: frozenset[str]) -> frozenset[str]:
        if changed not in self._descendants:
            self._descendants[changed] = self.schema.descendants(changed)
        return self._descendants[changed]

    def base(self, plan: Plan) -> Evaluation:
        """Run a plan without changes; what was computed before from the same functions and facts is not computed again."""
        return Evaluation(plan, base_of(plan, self.cache.evaluate), {})

    def interpreter(self, as_of: str | None = None) -> Interpreter:
        """Return the scalar oracle over the same facts and functions."""
        return Interpreter(self.knowledge, self.schema, self.columns(as_of))
