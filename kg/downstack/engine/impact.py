"""What a change does: base and scenario of every reached combination, what binds, and what is not reached."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import overload

import numpy as np

from downstack.deadline import checkpoint
from downstack.engine.attribution import attribute
from downstack.engine.changes import Intervention
from downstack.engine.codes import INFEASIBLE, MISSING_INPUT, OK
from downstack.engine.coverage import fact_coverage
from downstack.engine.engine import Engine, Evaluation
from downstack.engine.interventions import describe_interventions
from downstack.engine.live import live_plan
from downstack.engine.loop_words import feedback_behind
from downstack.engine.moved import starts_of
from downstack.engine.plan import Plan
from downstack.engine.qualitative import qualitative_effects
from downstack.engine.recursion import profile_of
from downstack.engine.regimes import regime_of
from downstack.engine.sampler import Progress
from downstack.engine.signs import effect_findings
from downstack.engine.trace import STATUS
from downstack.engine.uncertainty import Bands, bands
from downstack.engine.variance import variance_shares
from downstack.graph.display import shown
from downstack.results import (
    Effect,
    FactCoverage,
    ImpactReport,
    LayerSummary,
    NotReached,
    Regime,
    Status,
    Trace,
    VarianceShare,
)

METHOD = "comparative statics: every formula is re-evaluated at the base and at the scenario"
SETTLED = "feedback loops are solved to where they settle"
LATE = "what acts late is answered at the horizon, when it has settled"


class EffectTable(Sequence[Effect]):
    """The effects of a question in order of size; each is built when it is looked at."""

    def __init__(
        self,
        engine: Engine,
        evaluation: Evaluation,
        changes: tuple[Intervention, ...],
        targets: Sequence[str],
        as_of: str | None,
        bands: Bands | None = None,
        samples: int = 0,
    ) -> None:
        self._engine = engine
        self._evaluation = evaluation
        self._changes = changes
        self._targets = tuple(targets)
        self._as_of = as_of
        self._bands = bands
        self._samples = samples
        self._base_tracer = evaluation.tracer(engine.knowledge, 0)
        self._tracer = evaluation.tracer(engine.knowledge, 1)
        self._layers = {layer.number: layer for layer in engine.knowledge.layers}
        quantity, row, size, status = self._collect()
        order = np.lexsort((row, quantity, -size))
        self._quantity, self._row, self._size, self._code = quantity[order], row[order], size[order], status[order]

    def _collect(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        outcome = self._evaluation.outcome
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        for index, target in enumerate(self._targets):
            rows = np.flatnonzero(outcome.touched[target])
            value, code = outcome.values[target][rows], outcome.status[target][rows].max(axis=1)
            with np.errstate(all="ignore"):
                size = np.abs(np.log(value[:, -1] / value[:, 0]))
            size = np.where(np.isfinite(size) & (value[:, 0] > 0.0), size, -1.0)
            parts.append((np.full(len(rows), index), rows, size, code))
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, np.zeros(0), empty
        return tuple(np.concatenate([part[item] for part in parts]) for item in range(4))  # type: ignore[return-value]  # four parts in, four out

    def __len__(self) -> int:
        return len(self._row)

    @overload
    def __getitem__(self, index: int) -> Effect: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Effect, ...]: ...
    def __getitem__(self, index: int | slice) -> Effect | tuple[Effect, ...]:
        if isinstance(index, slice):
            return tuple(self._effect(place) for place in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._effect(index % len(self))

    def _effect(self, place: int) -> Effect:
        checkpoint()
        target, row = self._targets[int(self._quantity[place])], int(self._row[place])
        kind = self._engine.knowledge.quantities[target]
        plan, outcome = self._evaluation.plan, self._evaluation.outcome

        code = int(self._code[place])
        return Effect(
            key=plan.binding.key(plan.by_quantity[target].key, row),
            quantity=kind,
            unit=kind.display_unit,
            base=shown(kind, outcome.value(target, row, 0)),
            scenario=shown(kind, outcome.value(target, row, 1)),
            status=STATUS[code],
            layer=None if kind.layer is None else self._layers[kind.layer],
            _reason=lambda: self._reason(target, row, code),
            _trace=lambda: self._tracer.trace(target, row),
            _regime=lambda: self._regime(target, row),
            _attribution=lambda: attribute(self._engine, self._evaluation, target, row),
            _variance=lambda: self._variance(target, row),
            _profile=lambda months: profile_of(
                self._engine, self._evaluation, self._changes, target, row, self._as_of, months
            ),
            _loops=lambda: feedback_behind(plan, outcome, target, row, 1, self._evaluation.cells),
            _coverage=lambda: self._coverage(target, row),
            band=None if self._bands is None else self._bands.band(target, row),
        )

    def _reason(self, target: str, row: int, code: int) -> str | None:
        if code == OK:
            return None
        before: Trace = self._base_tracer.trace(target, row)
        after: Trace = self._tracer.trace(target, row)
        if STATUS[code] is after.status and STATUS[code] is before.status:
            return after.reason
        if STATUS[code] is after.status:
            turn = "becomes infeasible" if after.status is Status.INFEASIBLE else "after the change"
            return f"{turn}: {after.reason}"
        turn = "becomes feasible; before the change" if before.status is Status.INFEASIBLE else "before the change"
        return f"{turn}: {before.reason}"

    def _regime(self, target: str, row: int) -> Regime | None:
        return regime_of(self._engine, self._evaluation, self._changes, target, row, self._as_of)

    def _coverage(self, target: str, row: int) -> FactCoverage:
        return fact_coverage((self._base_tracer.trace(target, row), self._tracer.trace(target, row)))

    def _variance(self, target: str, row: int) -> tuple[VarianceShare, ...]:
        if self._bands is None or self._bands.band(target, row) is None:
            return ()
        return variance_shares(self._engine, self._evaluation.plan, self._changes, target, row, self._samples)

    def summaries(self) -> tuple[LayerSummary, ...]:
        """Count the effects of each layer and name the largest."""
        found = []
        numbers = np.array(
            [self._engine.knowledge.quantities[target].layer or 0 for target in self._targets], dtype=np.int64
        )
        layer_of = numbers[self._quantity] if len(self) else np.zeros(0, dtype=np.int64)
        for number, layer in sorted(self._layers.items()):
            places = np.flatnonzero(layer_of == number)
            if not len(places):
                continue
            largest = places[0] if self._size[places[0]] >= 0.0 else None
            found.append(
                LayerSummary(
                    layer=layer,
                    effects=len(places),
                    infeasible=int((self._code[places] == INFEASIBLE).sum()),
                    missing=int((self._code[places] == MISSING_INPUT).sum()),
                    largest=None if largest is None else self._effect(int(largest)),
                )
            )
        return tuple(found)


def impact(
    engine: Engine,
    changes: tuple[Intervention, ...],
    written: tuple[str, ...],
    targets: tuple[str, ...] | None,
    selected: dict[str, frozenset[int]],
    layers: frozenset[int] | None,
    as_of: str | None,
    samples: int = 0,
    progress: Progress | None = None,
) -> ImpactReport:
    """Answer what some changes do to some targets (to all that they reach, unless given).

    With `samples`, the uncertain facts are drawn that often and every effect has a band; base and scenario see the same
    draws.
    """
    started = time.perf_counter()
    schema = engine.schema
    changed = {item.quantity.id for item in changes}
    reached = schema.descendants(changed & set(schema.order))
    wanted = targets if targets is not None else tuple(name for name in schema.order if name in reached)
    if layers is not None:
        wanted = tuple(name for name in wanted if engine.knowledge.quantities[name].layer in layers)
    hit = tuple(name for name in wanted if name in reached)
    not_reached = [NotReached(name, _why_not(engine, changed, name)) for name in wanted if name not in reached]
    plan = engine.plan(hit, engine.within_reach(changes, selected, as_of), as_of)
    evaluation = engine.evaluate(plan, changes)
    spread = None
    if samples:
        live = live_plan(engine, evaluation, hit, engine.within_reach(changes, selected, as_of), as_of)
        spread = bands(engine, live, changes, hit, samples, progress=progress).over(plan, live)
    effects = EffectTable(engine, evaluation, changes, hit, as_of, spread, samples)
    not_reached += [
        NotReached(name, _why_empty(engine, plan, changes, name))
        for name in hit
        if not bool(evaluation.outcome.touched[name].any())
    ]
    starts = starts_of(engine, evaluation, changes, as_of)
    answered = [name for name in hit if bool(np.isfinite(evaluation.outcome.values[name]).any())]
    directions = qualitative_effects(engine.knowledge, engine.schema, starts, answered)
    said = [METHOD, *([SETTLED] if plan.loops else []), *([LATE] if _acts_late(plan) else [])]
    said += (
        [f"{samples} samples of the uncertain facts and of the errors of formulas, the same for both"]
        if samples
        else []
    )
    return ImpactReport(
        graph_version=engine.knowledge.version,
        method="; ".join(said),
        elapsed_ms=(time.perf_counter() - started) * 1e3,
        partial=directions.partial_reason is not None,
        partial_reason=directions.partial_reason,
        changes=written,
        effects=effects,
        by_layer=effects.summaries(),
        qualitative=directions.effects,
        findings=effect_findings(engine, evaluation, changes, [item.sign for item in starts[: len(changes)]], hit),
        not_reached=tuple(not_reached),
        as_of=plan.binding.columns.on,
        interventions=describe_interventions(plan, evaluation.cells),
    )


def _acts_late(plan: Plan) -> bool:
    return any(variant.function.lags for step in plan.steps for variant in step.variants)


def _why_not(engine: Engine, changed: set[str], target: str) -> str:
    names = ", ".join(sorted(changed))
    if target not in engine.schema.producers and target not in changed:
        return f"{target} is a stated fact: no formula computes it, so nothing else moves it"
    return f"{target} does not depend on {names}"


def _why_empty(engine: Engine, plan: Plan, changes: tuple[Intervention, ...], target: str) -> str:
    key = plan.by_quantity[target].key
    empty = [role for role in key if not len(plan.binding.lists[role])]
    entities = ", ".join(sorted({item.entity for item in changes}))
    if empty:
        return f"no {' and no '.join(empty)} in the graph matches the question together with {entities}"
    return f"no combination of {', '.join(key)} that the question admits rests on {entities}"
