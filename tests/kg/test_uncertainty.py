"""T13 on the first question of the README: what two numbers share has no variance between them."""

from __future__ import annotations

import numpy as np
import pytest

from downstack.engine.run import run
from downstack.engine.sampling import sampled_plan
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array

CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
WHERE = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
ONE = {**WHERE, "offering": "aws-p5en-48xlarge", "framework": "vllm"}
TARGETS = (
    "decode_tokens_per_second",
    "cost_per_million_output_tokens",
    "max_concurrent_sequences",
    "max_context_length",
)
SAMPLES = 1000


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def samples_of(kg: KnowledgeGraph, *targets: str, where: dict[str, str] | None = None) -> dict[str, Array]:
    """Return the samples of some numbers of the one combination, from a plan of all of them."""
    engine = kg.engine
    tables = engine.columns().tables
    filters = ONE if where is None else where
    plan = engine.plan(targets, {role: frozenset({tables[role].position[slug]}) for role, slug in filters.items()})
    outcome = run(sampled_plan(plan, SAMPLES))
    found = {}
    for step in plan.steps:
        keys = [plan.binding.key(step.key, row) for row in range(step.rows)]
        row = next(
            (
                row
                for row, key in enumerate(keys)
                if all(ONE[role] == key.get(role) for role in step.key if role in ONE)
            ),
            None,
        )
        if row is not None:
            found[step.quantity] = np.broadcast_to(outcome.values[step.quantity][row], (SAMPLES,))
    return found


def test_t13_a_fact_that_two_paths_share_has_no_variance_in_their_ratio(kg: KnowledgeGraph) -> None:
    found = samples_of(kg, *TARGETS)
    # The factor of products enters through the steps and through the prompts.
    answer, prompt = (
        found["compute_time_per_sequence"],
        found["weight_multiply_time"] * found["fitted_multiply_overlap"],
    )
    assert answer.std() > 0.01 * answer.mean()
    assert np.ptp(answer / prompt) < 1e-12 * (answer / prompt).mean()
    # The time between tokens, with the error of its formula, is one number and its inverse.
    product = found["time_per_output_token"] * found["decode_tokens_per_second"]
    assert found["time_per_output_token"].std() > 0.1 * found["time_per_output_token"].mean()
    assert np.abs(product - 1.0).max() < 1e-15 * 4


@pytest.mark.parametrize("target", TARGETS)
def test_t13_x_less_x_is_zero_whichever_question_gives_it(kg: KnowledgeGraph, target: str) -> None:
    alone, together = samples_of(kg, target)[target], samples_of(kg, *TARGETS)[target]
    wide = samples_of(kg, *reversed(TARGETS), where=WHERE)[target]
    # Where the change of a fact leaves no room for any context there is no number, in all three alike.
    there = np.isfinite(alone)
    assert 2 * there.sum() > SAMPLES
    assert np.array_equal((alone - together)[there], np.zeros(there.sum()))
    assert np.array_equal((alone - wide)[there], np.zeros(there.sum()))
    assert np.array_equal(there, np.isfinite(together)) and np.array_equal(there, np.isfinite(wide))


def test_t13_a_change_of_nothing_and_a_scenario_against_itself_have_no_width(kg: KnowledgeGraph) -> None:
    for effect in kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1"}, TARGETS, ONE, samples=200).effects:
        assert effect.band is not None
        assert (effect.band.p10, effect.band.p90, effect.band.probability_unchanged) == (1.0, 1.0, 1.0)
    for cell in kg.compare({"one": CHANGE, "same": CHANGE}, TARGETS, ONE, samples=200).cells:
        (difference,) = cell.differences
        assert (difference.band.p10, difference.band.p90, difference.band.probability_unchanged) == (0.0, 0.0, 1.0)
        assert cell.bands[0] is not None and cell.bands[0].p10 < cell.bands[0].p90


def test_rise_fall_and_no_change_make_up_all_samples_and_agree_with_the_number(kg: KnowledgeGraph) -> None:
    for effect in kg.impact(CHANGE, TARGETS, WHERE, samples=300).effects:
        if effect.band is None or effect.ratio is None:
            continue
        rise, fall, same = (
            effect.band.probability_of_rise,
            effect.band.probability_of_fall,
            effect.band.probability_unchanged,
        )
        assert rise is not None and fall is not None and same is not None
        assert rise + fall + same == pytest.approx(1.0, abs=1e-12)
        if effect.band.p10 > 1.0:
            assert rise >= 0.9
        if effect.band.p90 < 1.0:
            assert fall >= 0.9
