"""A tornado: what each uncertain input alone makes of one number, at the p10 and the p90 of the input.

All inputs are moved side by side in one run, each in a lane of its own, the others at their chosen values. What several
inputs do together is in the band of the number and not here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from downstack.engine.engine import Engine, Evaluation
from downstack.engine.function_error import error_name, scaled
from downstack.engine.lanes import Lanes, unroll
from downstack.engine.normal import normal_quantile
from downstack.engine.plan import Step
from downstack.engine.spread import Spread, spread_of
from downstack.engine.variance import error_roles
from downstack.graph.display import in_unit
from downstack.graph.model import QuantityKind
from downstack.performance.declare import FunctionDeclaration
from downstack.results import TornadoBar, Trace

ENDS = np.array([0.1, 0.9])
"""The places of an input in its distribution at which the number is looked at."""


class _Input(NamedTuple):
    """An uncertain input of one number: a fact, or the own error of a function."""

    quantity: QuantityKind
    spread: Spread | None
    function: FunctionDeclaration | None

    def ends(self) -> tuple[float, float]:
        """Return the input at its p10 and p90: a fact in its base unit, a function the factor by which it errs."""
        if self.spread is not None:
            low, high = self.spread.distribution.quantile(ENDS)
        else:
            error = None if self.function is None else self.function.relative_error
            low, high = np.exp((0.0 if error is None else error.value) * normal_quantile(ENDS))
        return float(low), float(high)


def tornado(engine: Engine, base: Evaluation, target: str) -> tuple[TornadoBar, ...]:
    """Return the bars of the only row of a target, the widest first.

    Parameters
    ----------
    engine
        What the number belongs to.
    base
        An evaluation without interventions whose target has one row with a number.
    target
        The quantity.
    """
    inputs = _inputs(engine, base.tracer(engine.knowledge, 0).trace(target, 0))
    if not inputs:
        return ()
    lanes = unroll(base.plan, target, np.zeros(len(inputs), dtype=np.int64))
    ends = [item.ends() for item in inputs]
    moved = {}
    steps = {step.quantity: step for step in lanes.plan.steps}
    for name in dict.fromkeys(item.quantity.id for item in inputs):
        own = [lane for lane, item in enumerate(inputs) if item.quantity.id == name]
        facts = [lane for lane in own if inputs[lane].spread is not None]
        steps[name] = _with_errors(
            _with_facts(steps[name], facts, ends), [lane for lane in own if lane not in facts], ends
        )
        if facts:
            moved[name] = (inputs[facts[0]].quantity, np.array(facts))
    result = Lanes(lanes.plan.with_steps(steps.values()), lanes.source).run(moved)
    kind = engine.knowledge.quantities[target]

    def at(lane: int, column: int) -> float | None:
        value = result.value(target, lane, column)
        return None if math.isnan(value) else in_unit(kind, value)

    bars = [_bar(item, ends[lane], at(lane, 1), at(lane, 2)) for lane, item in enumerate(inputs)]
    return tuple(sorted(bars, key=_order))


def _inputs(engine: Engine, trace: Trace) -> list[_Input]:
    found: dict[str, _Input] = {}
    for node in trace.walk():
        spread = spread_of(node.own_facts, node.quantity, engine.knowledge.correlation_groups)
        if spread is not None:
            found[spread.fact.iri] = _Input(node.quantity, spread, None)
        function = node.function
        if function is not None and function.relative_error is not None:
            found[error_name(function, error_roles(node))] = _Input(node.quantity, None, function)
    return list(found.values())


def _with_facts(step: Step, lanes: list[int], ends: list[tuple[float, float]]) -> Step:
    """Return a step with the base and the two ends of its facts as columns."""
    if not lanes or step.fact_values is None:
        return step
    values = np.repeat(step.fact_values[:, :1], 3, axis=1)
    for lane in lanes:
        values[lane, 1:] = ends[lane]
    return replace(step, fact_values=values)


def _with_errors(step: Step, lanes: list[int], ends: list[tuple[float, float]]) -> Step:
    """Return a step whose formula errs in some lanes, in the columns of the two ends."""
    if not lanes:
        return step
    factors = np.ones((step.rows, 3))
    for lane in lanes:
        factors[lane, 1:] = ends[lane]
    return replace(
        step,
        variants=tuple(
            scaled(item, factors if item.rows is None else factors[item.rows])
            if item.function.relative_error is not None
            else item
            for item in step.variants
        ),
    )


def _bar(item: _Input, ends: tuple[float, float], low: float | None, high: float | None) -> TornadoBar:
    shown = ends if item.spread is None else tuple(in_unit(item.quantity, end) for end in ends)
    return TornadoBar(
        fact=None if item.spread is None else item.spread.fact,
        function=item.function,
        input_p10=shown[0],
        input_p90=shown[1],
        at_p10=low,
        at_p90=high,
    )


def _order(bar: TornadoBar) -> tuple[float, str]:
    name = bar.function.iri if bar.function is not None else "" if bar.fact is None else bar.fact.iri
    return (-math.inf if bar.swing is None else -bar.swing, name)
