"""Drawing the uncertain facts: which interval a fact has, how it is read, and a plan with one column a sample.

A draw belongs to a fact, not to a place in a formula: the number that a fact has in sample 17 is the same in every path,
combination and scenario and in whatever order things are evaluated. What base and scenario share therefore cancels in
their ratio, and a quantity minus itself is zero in every sample.

An interval is read as follows. Its ends are the full range of the fact, the chosen value is the median, and between an
end and the median every value is as likely as any other: half of the samples lie below the chosen value and half above
it, however lopsided the interval is; where the chosen value is itself an end, half of the samples have exactly it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from downstack.engine.bind import Rows
from downstack.engine.changes import Intervention
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan, Step
from downstack.engine.program import evaluate, evaluate_change
from downstack.engine.run import Outcome, place_interventions
from downstack.errors import UserInputError
from downstack.graph.knowledge import CONFIDENCE_ORDER
from downstack.graph.model import Fact
from downstack.performance.declare import Array

MAX_SAMPLES = 10_000
_SAME = 1e-9
"""Sources whose values differ by less than the rounding of a unit conversion agree."""


@dataclass(frozen=True, slots=True)
class Varying:
    """An uncertain fact of one step: its range, and the rows that read it."""

    fact: Fact
    interval: tuple[float, float]
    rows: Rows


def interval_of(facts: tuple[Fact, ...]) -> tuple[float, float] | None:
    """Return the range of a fact, or None when it is a point.

    Parameters
    ----------
    facts
        The chosen fact, then what other current sources say of the same quantity.

    Notes
    -----
    The interval that the chosen source states comes first. Without one, the range is that of the sources that disagree:
    those whose confidence is at most one step worse and that state no other condition. An assumption is a point: it
    says which question is asked, not what the world is like.
    """
    if not facts or facts[0].confidence == "assumption":
        return None
    chosen = facts[0]
    if chosen.low is not None or chosen.high is not None:
        low = chosen.value if chosen.low is None else min(chosen.low, chosen.value)
        high = chosen.value if chosen.high is None else max(chosen.high, chosen.value)
    else:
        worst = CONFIDENCE_ORDER.index(chosen.confidence) + 1
        said = [
            fact.value
            for fact in facts[1:]
            if fact.confidence != "assumption"
            and CONFIDENCE_ORDER.index(fact.confidence) <= worst
            and fact.condition in (None, chosen.condition)
        ]
        low, high = min((chosen.value, *said)), max((chosen.value, *said))
    return (low, high) if high - low > _SAME * abs(chosen.value) else None


@lru_cache(maxsize=512)
def draws(fact_iri: str, samples: int, seed: int) -> Array:
    """Return the place of a fact in its distribution in every sample, uniform in (0, 1).

    The generator is keyed by a hash of the fact and the seed, so that nothing else has a say. The samples are
    stratified: each of as many equal slices holds exactly one, in an order that is drawn from the same key.
    """
    digest = hashlib.sha256(f"{seed} {fact_iri}".encode()).digest()
    generator = np.random.Generator(np.random.Philox(key=np.frombuffer(digest[:16], dtype=np.uint64)))
    strata = generator.permutation(samples)
    drawn = (strata + generator.random(samples)) / samples
    tiny = float(np.finfo(np.float64).eps)
    drawn = np.clip(drawn, tiny, 1.0 - tiny)
    drawn.setflags(write=False)
    return drawn


def quantile(value: float, interval: tuple[float, float], drawn: Array) -> Array:
    """Return the values of a fact: its interval's ends at 0 and 1, its chosen value at one half, straight between."""
    return np.interp(drawn, (0.0, 0.5, 1.0), (interval[0], value, interval[1]))


def sampled_plan(plan: Plan, samples: int, seed: int = 0, start: int = 0, stop: int | None = None) -> Plan:
    """Return a plan whose uncertain facts have one column a sample, all others still a single one.

    Parameters
    ----------
    plan
        The plan of a question.
    samples, seed
        How many samples there are in all, and what the draws are keyed by beside the fact.
    start, stop
        The samples that this plan is of; all unless given.
    """
    steps = tuple(_sampled_step(plan, step, samples, seed, slice(start, stop)) for step in plan.steps)
    return plan.with_steps(steps)


def _sampled_step(plan: Plan, step: Step, samples: int, seed: int, part: slice) -> Step:
    varying = varying_facts(plan, step)
    if step.fact_values is None or not varying:
        return step
    width = len(range(*part.indices(samples)))
    values = np.repeat(step.fact_values, width, axis=1)
    for item in varying:
        values[item.rows] = quantile(item.fact.value, item.interval, draws(item.fact.iri, samples, seed)[part])
    return replace(step, fact_values=values)


def varying_facts(plan: Plan, step: Step) -> tuple[Varying, ...]:
    """Return the uncertain facts that the rows of a step read."""
    column = plan.binding.columns.facts.get(step.quantity)
    if column is None or step.fact_values is None:
        return ()
    places = plan.binding.positions(step.key, column.role)
    found: list[Varying] = []
    for place in np.unique(places[places >= 0]):
        facts = column.facts[int(place)]
        interval = interval_of(facts)
        if interval is not None:
            found.append(Varying(facts[0], interval, np.flatnonzero(places == place)))
    return tuple(found)


def check_samples(samples: int) -> None:
    """Refuse a number of samples that no question may have.

    Raises
    ------
    UserInputError
        If it is below one or above :data:`MAX_SAMPLES`.
    """
    if not 1 <= samples <= MAX_SAMPLES:
        raise UserInputError(
            f"{samples} samples are not between 1 and {MAX_SAMPLES}",
            field="samples",
            hint="2000 give percentiles that are steady to about one per cent of the width of the band",
        )


def run_sampled(engine: Engine, plan: Plan, changes: tuple[Intervention, ...]) -> tuple[Outcome, Outcome]:
    """Evaluate base and scenario of a sampled plan, sample by sample on the same draws."""
    base = evaluate(plan)
    cells = place_interventions(plan, changes)
    return base, evaluate_change(plan, base, engine.schema.descendants(cells), cells, np.ones(1))
