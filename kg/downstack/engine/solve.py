"""What would be needed: the value of one input at which a number meets a goal, for all combinations at once.

A goal that is out of reach is an answer too: the nearest number, what binds there, and what it then rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.codes import EXTRAPOLATED, INFEASIBLE, MISSING_INPUT, NOT_CONVERGED
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.lanes import Lanes, unroll
from downstack.engine.loop_words import feedback_at
from downstack.engine.places import variant_row
from downstack.engine.plan import Plan
from downstack.engine.regimes import regime_of
from downstack.engine.run import Outcome
from downstack.engine.search import DECADES, Search, search
from downstack.errors import UserInputError
from downstack.graph.display import in_unit
from downstack.graph.model import QuantityKind
from downstack.performance.declare import Array
from downstack.results import SolveReport, SolveRow

MAX_SOLVES = 5_000
"""Combinations of one answer; a wider question is refused with the filter to add."""
BLOCK = 512
"""Combinations of one run, which holds a number for each of them at every point of the scan."""
NUDGE = 1.01
WEIGHTY = 0.1
"""Elasticity from which an input is named among those that an unreachable number rests on."""
NAMED = 3

Vary = tuple[str, str, QuantityKind]
"""Role, entity and quantity of the varied input."""


def solve(
    engine: Engine,
    target: str,
    goal: float,
    unit: str,
    vary: Vary,
    selected: dict[str, frozenset[int]],
    as_of: str | None,
) -> SolveReport:
    """Find the factor of one input, from a thousandth to a thousand, at which each combination meets a goal.

    Parameters
    ----------
    goal
        In the base unit of the target.
    unit
        The unit in which the answer states the target.

    Raises
    ------
    UserInputError
        If the target does not rest on the input, no combination matches, or too many do.
    """
    role, entity, kind = vary
    reference = f"{entity}.{kind.id}"
    key = engine.schema.keys[kind.id]
    if key != (role,):
        raise UserInputError(
            f"{kind.id} is computed per {', '.join(key)}, not for {entity} alone",
            field="vary",
            hint="vary one of the quantities that it is computed from",
        )
    if target not in engine.schema.descendants({kind.id}):
        raise UserInputError(
            f"{target} does not depend on {kind.id}", field="vary", hint=f"vary something that {target} rests on"
        )
    own = frozenset({engine.columns(as_of).tables[role].position[entity]})
    plan = engine.plan((target,), {**selected, role: own & selected.get(role, own)}, as_of)
    rows = plan.by_quantity[target].rows
    if not rows or rows > MAX_SOLVES:
        raise UserInputError(
            f"no combination that the question admits rests on {entity}"
            if not rows
            else f"{target} has {rows} combinations with {entity}, more than the {MAX_SOLVES} of one answer",
            field="where",
            hint=f"{'narrow' if rows else 'widen'} one of {', '.join(plan.by_quantity[target].key)}",
        )
    wanted = engine.knowledge.quantities[target]
    found: list[SolveRow] = []
    for start in range(0, rows, BLOCK):
        chosen = np.arange(start, min(start + BLOCK, rows), dtype=np.int64)
        found += _Block(engine, engine.base(plan), wanted, goal, unit, reference, kind, as_of, chosen).rows()
    return SolveReport(
        graph_version=engine.knowledge.version,
        target=wanted,
        goal=in_unit(wanted, goal, unit),
        unit=unit,
        vary=reference,
        vary_unit=kind.display_unit,
        rows=tuple(found),
    )


@dataclass(frozen=True, slots=True)
class _Point:
    """All lanes at one factor each: column 0 the base, column 1 the point, column 2 just beyond."""

    lanes: Lanes
    outcome: Outcome


class _Block:
    """Some combinations, one lane each."""

    def __init__(
        self,
        engine: Engine,
        base: Evaluation,
        target: QuantityKind,
        goal: float,
        unit: str,
        reference: str,
        vary: QuantityKind,
        as_of: str | None,
        chosen: Rows,
    ) -> None:
        self._engine, self._base, self._as_of, self._chosen = engine, base, as_of, chosen
        self._target, self._goal, self._unit = target, goal, unit
        self._reference, self._vary = reference, vary
        self._lanes = unroll(base.plan, target.id, chosen)
        self._known = self._lanes.run({})
        self._start: Array = self._known.values[vary.id][:, :1]
        self._moved = {vary.id: (vary, np.flatnonzero(self._lanes.source[vary.id] >= 0))}
        self._moving = engine.schema.descendants({vary.id})

    def rows(self) -> list[SolveRow]:
        """Search, and say for each combination what was found."""
        found = search(self._values, len(self._chosen), self._goal)
        # Just beyond the nearest value there may be no number: that column says why.
        with np.errstate(all="ignore"):
            beyond = found.factor * np.exp(1e-6 * np.sign(np.log(found.factor)))
        factors = np.stack([np.ones(len(self._chosen)), found.factor, beyond], axis=1)
        point = self._point(factors)
        rests = self._rests(factors[:, :2]) if not bool(found.met.all()) else [()] * len(self._chosen)
        tracer = self._base.tracer(self._engine.knowledge, 0)
        rows = []
        for lane, row in enumerate(self._chosen):
            code = self._base.outcome.code(self._target.id, int(row), 0)
            why = None if code < INFEASIBLE else tracer.trace(self._target.id, int(row)).reason
            rows.append(self._row(found, point, lane, int(row), code, why, rests[lane]))
        return rows

    def _point(self, factors: Array) -> _Point:
        lanes = self._lanes.pinned(self._vary.id, self._start * factors)
        return _Point(lanes, lanes.run(self._moved, self._known, self._moving))

    def _values(self, factors: Array) -> Array:
        columns = np.concatenate([np.ones((len(factors), 1)), factors], axis=1)
        value = self._point(columns).outcome.values[self._target.id]
        return np.broadcast_to(value, columns.shape)[:, 1:].copy()

    def _row(
        self, found: Search, point: _Point, lane: int, row: int, code: int, why: str | None, rests: tuple[str, ...]
    ) -> SolveRow:
        target, factor = self._target, float(found.factor[lane])
        base = self._base.outcome.value(target.id, row, 0)
        met = bool(found.met[lane])
        nowhere = not np.isfinite(found.value[lane])
        said = [] if why is None else [f"at the base: {why}"]
        cap = None
        if met:
            said += self._remarks(found, point, lane)
        elif not nowhere:
            cap, reason = self._cap(found, point, lane, rests)
            said.insert(0, reason)
        elif code < INFEASIBLE:
            why = _origin(point, target.id, lane, 1, MISSING_INPUT)
            said.append(f"{target.id} cannot follow a change of {self._reference}: {why}")
        elif code == INFEASIBLE:
            said.append(f"no factor from {10.0**-DECADES:g} to {10.0**DECADES:g} of {self._reference} mends that")
        return SolveRow(
            key=self._base.plan.binding.key(self._base.plan.by_quantity[target.id].key, row),
            reachable=met,
            value=in_unit(self._vary, float(self._start[lane, 0]) * factor) if met else None,
            factor=factor if met else None,
            base=None if np.isnan(base) else in_unit(target, base, self._unit),
            closest=None if nowhere else in_unit(target, float(found.value[lane]), self._unit),
            cap=cap,
            reason="; ".join(said) or None,
        )

    def _remarks(self, found: Search, point: _Point, lane: int) -> list[str]:
        said = []
        crossings = int(found.crossings[lane])
        if crossings > 1:
            said.append(f"the goal is met {crossings} times in the range searched; this is the one nearest to the base")
        if point.outcome.code(self._target.id, lane, 1) == EXTRAPOLATED:
            said.append(_origin(point, self._target.id, lane, 1, EXTRAPOLATED))
        return said

    def _cap(self, found: Search, point: _Point, lane: int, rests: tuple[str, ...]) -> tuple[str | None, str]:
        here = f"{in_unit(self._target, float(found.value[lane]), self._unit):.4g} {self._unit}"
        at = f"x{found.factor[lane]:.4g}"
        regime = regime_of(
            self._engine, Evaluation(point.lanes.plan, point.outcome, {}), (), self._target.id, lane, self._as_of
        )
        cap = rests[0] if rests and regime is None else None if regime is None else regime.scenario
        lead = f"cannot reach {in_unit(self._target, self._goal, self._unit):g} {self._unit}"
        if found.flat[lane]:
            return cap, f"{lead}: it stays at {here} whatever {self._reference} is"
        if found.jumps[lane]:
            return cap, f"{lead} exactly: it jumps past it at {at}, to {here} on the nearer side"
        if found.bounded[lane]:
            why = _origin(point, self._target.id, lane, 2, INFEASIBLE)
            return why, f"{lead}: at {at} it is {here}, and beyond that {why}"
        left = f"; what remains rests on {', '.join(rests)}" if rests else ""
        if found.level[lane]:
            return cap, f"{lead}: at {at} it is {here}, and no other factor brings it nearer{left}"
        return cap, f"{lead}: at {at}, where the search ends, it is {here} and still moves{left}"

    def _rests(self, factors: Array) -> list[tuple[str, ...]]:
        """Name, for each lane, which inputs that stay as they are the number rests on at the second column."""
        names = {
            name
            for step in self._lanes.plan.steps
            if step.quantity in self._moving
            for variant in step.variants
            for name, _, _ in variant.gathers
            if name not in self._moving
        }
        weight: dict[str, Array] = {}
        at = self._start * factors[:, [0, 1, 1]]
        for name in sorted(names):
            held = self._known.values[name][:, :1]
            nudged = self._lanes.pinned(self._vary.id, at).pinned(name, held * np.array([1.0, 1.0, NUDGE]))
            value = nudged.run(self._moved, self._known, self._moving | self._engine.schema.descendants({name}))
            ends = np.broadcast_to(value.values[self._target.id], at.shape)
            with np.errstate(all="ignore"):
                weight[name] = np.abs(np.log(ends[:, 2] / ends[:, 1])) / np.log(NUDGE)
        said: list[tuple[str, ...]] = []
        for lane in range(len(factors)):
            size = {name: float(each[lane]) for name, each in weight.items() if each[lane] >= WEIGHTY}
            leading = sorted(size, key=lambda name: (-size[name], name))[:NAMED]
            said.append(tuple(self._engine.knowledge.quantities[name].label for name in leading))
        return said


def _origin(point: _Point, target: str, lane: int, column: int, code: int) -> str:
    """Say where upstream a status comes from."""
    plan: Plan = point.lanes.plan
    name = target
    seen = set[str]()
    while True:
        step = plan.by_quantity[name]
        seen.add(name)
        if code == NOT_CONVERGED and name in point.outcome.loops:
            return feedback_at(plan, point.outcome, name, lane, column, {}).sentence
        variant = next((item for item in step.variants if variant_row(item, lane) is not None), None)
        if variant is None:
            return f"{name} is missing"
        # An input that may be missing hands on no status as grave as that.
        above = next(
            (
                item
                for item, _, optional in variant.gathers
                if item not in seen
                and point.outcome.code(item, lane, column) == code
                and not (optional and code >= INFEASIBLE)
            ),
            None,
        )
        if above is not None:
            name = above
            continue
        function = variant.function
        if code >= INFEASIBLE:
            return function.infeasible_reason or f"{function.name} gives no number"
        return f"the answer lies outside the range in which {function.name} is known to hold"
