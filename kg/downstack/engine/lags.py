"""What acts late: the steps of one month, in which a late input is given as it was so many months before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from downstack.engine.feedback import FeedbackLoop, arrange, components, evaluation_order
from downstack.engine.plan import Plan, Step, Variant
from downstack.performance.declare import Formula, FunctionDeclaration, Regimes


@dataclass(frozen=True, slots=True)
class Month:
    """The steps of one month: what acts at once is computed, what acts late is given."""

    steps: tuple[Step, ...]
    """In the order of evaluation, the given ones without a formula."""
    loops: tuple[FeedbackLoop, ...]
    """The loops that take no time."""
    late: Mapping[str, tuple[str, int]]
    """Name of a late input to the quantity it is, and the months by which it is late."""

    def plan(self, whole: Plan) -> Plan:
        """Return the month as a plan of the binding of another one."""
        return Plan(whole.binding, self.steps, {step.quantity: step for step in self.steps}, self.loops)


def this_month(steps: Iterable[Step], loops: Iterable[FeedbackLoop]) -> Month:
    """Return the steps of one month; late inputs that are not among the steps stay as they are."""
    known = {step.quantity: step for step in steps}
    late: dict[str, tuple[str, int]] = {}
    changed = {
        name: replace(step, variants=tuple(_late(item, known, late) for item in step.variants))
        for name, step in known.items()
    }
    for name, (source, _) in late.items():
        given = known[source]
        nothing = np.full((given.rows, 1), np.nan)
        changed[name] = Step(name, given.key, given.rows, nothing, fact_first=True, variants=())
    inputs = {name: _reads(step) & changed.keys() for name, step in changed.items()}
    lagged = {name: loop for loop in loops for name in loop.members}
    within = tuple(_within(group, inputs, lagged) for group in components(inputs))
    ordered = evaluation_order(changed, inputs, within)
    return Month(tuple(changed[name] for name in ordered), within, late)


def _within(
    group: Iterable[str], inputs: Mapping[str, frozenset[str]], loop_of: Mapping[str, FeedbackLoop]
) -> FeedbackLoop:
    members = frozenset(group)
    whole = loop_of[next(iter(members))]
    return arrange(members, inputs, whole.tears, whole.non_negative, lagged=False)


def _reads(step: Step) -> frozenset[str]:
    return frozenset(name for variant in step.variants for name, _, _ in variant.gathers)


def _late(variant: Variant, known: Mapping[str, Step], late: dict[str, tuple[str, int]]) -> Variant:
    lags = {name: months for name, months in variant.function.lags.items() if name in known}
    if not lags:
        return variant
    names = {name: f"{name} {months} months before" for name, months in lags.items()}
    late.update({names[name]: (name, months) for name, months in lags.items()})
    gathers = tuple((names.get(name, name), index, optional) for name, index, optional in variant.gathers)
    return Variant(_renamed(variant.function, names), variant.rows, gathers)


def _renamed(function: FunctionDeclaration, names: Mapping[str, str]) -> FunctionDeclaration:
    """Return a function that reads the same under other names."""
    back = {new: old for old, new in names.items()}

    def under(formula: Formula) -> Formula:
        return lambda **given: formula(**{back.get(name, name): value for name, value in given.items()})

    regimes = function.regimes
    return replace(
        function,
        inputs=tuple(replace(item, name=names.get(item.name, item.name)) for item in function.inputs),
        implementation=under(function.implementation),
        validity=tuple(replace(item, input=names.get(item.input, item.input)) for item in function.validity),
        regimes=None if regimes is None else Regimes(regimes.names, under(regimes.index)),
        feasible=None if function.feasible is None else under(function.feasible),
        lags={},
    )
