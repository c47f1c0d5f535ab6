"""How one effect came about: what every edge of the formula graph carried, and along which paths.

The change is walked in segments on the log-linear path. In each segment the change of every quantity on the way is
split over those of its inputs that move by the Shapley value of its own function, so that nothing but function values
is needed and jumps and switches of regime are met like anything else. The parts are composed from the effect back to
the change. What enters a quantity also leaves it, and what leaves the changes adds up to the effect, for any number of
segments; with many, a product splits as the logarithmic mean Divisia index does.

The split depends on the path (all changes at once, in proportion), and parts may have opposite signs.

References
----------
.. [1] J. Wang, J. Wiens and S. Lundberg, "Shapley Flow: A Graph-based Approach to Interpreting Model Predictions",
   AISTATS 2021.
.. [2] B. W. Ang, "Decomposition analysis for policymaking in energy: which is the preferred method?", Energy Policy,
   2004.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.attribution_paths import Path, Split, largest_paths
from downstack.engine.attribution_row import CHANGE, SingleRow
from downstack.engine.engine import Engine, Evaluation
from downstack.graph.display import in_unit
from downstack.performance.declare import Array
from downstack.results import Attribution, EffectPath, Flow

SEGMENTS = 32
REFINEMENT = 8
"""Where a corner of a segment (some inputs already moved, others not yet) has no number, so many times more are tried."""


def attribute(
    engine: Engine, evaluation: Evaluation, quantity: str, row: int, segments: int = SEGMENTS, top: int = 10
) -> Attribution | None:
    """Attribute one effect to the changes that caused it.

    Parameters
    ----------
    engine
        The engine that made the evaluation.
    evaluation
        A base and a scenario side by side, with the interventions.
    quantity, row
        The effect.
    segments
        Steps on the way from base to scenario. Where there is no number halfway, the way is taken in one step.
    top
        How many paths are listed; the others are summed.

    Returns
    -------
    The flows in the order of evaluation, or None where there is nothing to split: base or scenario have no number, or
    no order of the changes keeps to combinations that have one.
    """
    if not np.isfinite(evaluation.outcome.values[quantity][row]).all():
        return None
    single = SingleRow.of(evaluation, quantity, row)
    for count in (segments, REFINEMENT * segments, 1):
        checkpoint()
        walked = single.walk(count)
        if walked is None:
            continue
        splits = walked.splits()
        if splits is not None:
            kind = engine.knowledge.quantities[quantity]
            scale = in_unit(kind, 1.0)
            return _compose(splits, quantity, walked.total, scale, top)
    return None


def _compose(splits: dict[str, Split], target: str, total: float, scale: float, top: int) -> Attribution:
    if not splits:
        return Attribution(flows=(), paths=(), other_paths=0.0, total=0.0)
    amounts = _flows(splits, target)
    found, complete = largest_paths(splits, target, top)
    rest = 0.0 if complete else (total - sum(amount for _, amount in found)) * scale
    return Attribution(
        flows=tuple(
            Flow(
                source=source,
                target=name,
                function=CHANGE if source == name else splits[name].function,
                amount=amount * scale,
                share=_share(amount, total),
            )
            for (source, name), amount in amounts.items()
            if amount != 0.0
        ),
        paths=tuple(_path(item, total, scale) for item in found),
        other_paths=rest,
        total=total * scale,
    )


def _flows(splits: dict[str, Split], target: str) -> dict[tuple[str, str], float]:
    """Compose the parts of all quantities from the effect back to the changes."""
    along: dict[str, Array] = {target: np.ones(splits[target].parts.shape[1])}
    amounts: dict[tuple[str, str], float] = {}
    for name in reversed(splits):
        split = splits[name]
        carried = (split.parts @ along[name]).tolist()
        onward = split.multipliers * along[name]
        for index, source in enumerate(split.sources):
            amounts[source, name] = carried[index]
            if not split.begins[index]:
                along[source] = along[source] + onward[index] if source in along else onward[index]
    return {(source, name): amounts[source, name] for name, split in splits.items() for source in split.sources}


def _path(item: Path, total: float, scale: float) -> EffectPath:
    steps, amount = item
    return EffectPath(steps=steps, amount=amount * scale, share=_share(amount, total))


def _share(amount: float, total: float) -> float | None:
    return None if total == 0.0 else amount / total


def conservation_error(attribution: Attribution, roots: Iterable[str], target: str) -> float:
    """Return the worst imbalance of an attribution, relative to its largest flow.

    Parameters
    ----------
    attribution
        What is checked: that the flows out of the changes and the flows into the effect each add up to the effect, and
        that inflow equals outflow at every quantity between.
    roots
        The changed quantities.
    target
        The quantity of the effect.
    """
    entering: defaultdict[str, float] = defaultdict(float)
    leaving: defaultdict[str, float] = defaultdict(float)
    own: dict[str, float] = {}
    for flow in attribution.flows:
        entering[flow.target] += flow.amount
        if flow.source == flow.target:
            own[flow.source] = flow.amount
        else:
            leaving[flow.source] += flow.amount
    size = max([abs(attribution.total), *(abs(flow.amount) for flow in attribution.flows)])
    if size == 0.0:
        return 0.0
    changed = set(roots)
    # A changed quantity that its inputs move as well gives off its own change beside what it passes on.
    emitted = sum(own.get(name, 0.0 if name in entering else leaving[name]) for name in changed)
    errors = [abs(entering[target] - attribution.total), abs(emitted - attribution.total)]
    errors += [
        abs(entering[name] - leaving[name])
        for name in {*entering, *leaving}
        if name != target and (name in entering or name not in changed)
    ]
    return max(errors) / size
