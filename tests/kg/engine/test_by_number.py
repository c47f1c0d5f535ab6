"""The tests that the design of the engine numbers, and where each is; ``pytest -k t09`` runs the ninth.

===  =============================================================  =====================================================
no.  what would go wrong                                            where it is caught
===  =============================================================  =====================================================
T1   parallel paths are counted twice                               ``engine/test_attribution.py``
T2   a unit in a formula is wrong or missing                        ``performance/test_rescale.py``
T3   GB is read as GiB, per hour as per second, bit as byte         ``engine/test_engine.py``
T4   a whole and its parts are both counted                         with the supply shocks
T5   a fact is out of date and nobody says so                       ``engine/test_ages.py``
T6   a feedback loop that does not settle gives a number            ``engine/test_loops.py``
T7   a loop has several answers and one is shown                    ``engine/test_loops.py``
T8   a formula is used outside the range in which it holds          ``engine/test_engine.py``
T9   a switch of what binds is hidden by a local elasticity         here, and ``test_first_question.py``
T10  a jump is attributed wrongly                                   ``engine/test_attribution.py``
T11  a sign is wrong                                                ``performance/test_monotone.py``, ``engine/test_signs.py``
T12  a vague edge gives a number                                    ``engine/test_qualitative.py``
T13  what is shared does not cancel                                 ``engine/test_uncertainty.py``
T14  a missing fact drops a row                                     ``engine/test_engine.py``
T15  the cache serves an old graph                                  ``engine/test_cache.py``, ``engine/test_engine.py``
T16  the fast path differs from the reference                       ``engine/test_engine.py``, ``test_first_question.py``
T17  a formula changed, and the numbers that moved do not say so    ``engine/test_versions.py``
T18  data brings code along                                         ``engine/test_engine.py``
===  =============================================================  =====================================================

``test_numbered.py`` of the house fails when a number has no test.
"""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph

CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
WHERE = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro", "offering": "aws-p5en-48xlarge"}


def test_t09_the_worked_example_names_the_switch_that_a_local_elasticity_hides(bundled: KnowledgeGraph) -> None:
    (effect,) = bundled.impact(CHANGE, targets=["max_context_length"], where=WHERE).effects
    regime = effect.regime
    assert regime is not None and regime.switches
    assert (regime.base, regime.scenario) == ("latency target", "position limit")
    assert regime.switch_at is not None
    switch = float(regime.switch_at.rpartition("x")[2])
    assert switch == pytest.approx(1.102, abs=1e-3)
    # At the base the context grows faster than the bandwidth. Carried on to x1.4, the local answer would be far off.
    found = bundled.sensitivity("max_context_length", where=WHERE, first=100).inputs
    local = next(item.elasticity for item in found if item.quantity.id == "memory_bandwidth")
    assert local is not None and effect.ratio is not None
    assert effect.ratio == pytest.approx(1.1287, abs=1e-4)
    assert 1.4**local > effect.ratio + 0.1
    # Beyond the switch more bandwidth gives nothing more.
    (beyond,) = bundled.impact(
        {"nvidia-h200-sxm.memory_bandwidth": f"x{switch * 1.01}"}, targets=["max_context_length"], where=WHERE
    ).effects
    assert beyond.scenario == effect.scenario


def test_t09_the_worked_example_has_finite_answers_below_the_change_itself(bundled: KnowledgeGraph) -> None:
    targets = ["max_concurrent_sequences", "cost_per_million_output_tokens", "decode_tokens_per_second"]
    ratios = {
        effect.quantity.id: effect.ratio for effect in bundled.impact(CHANGE, targets=targets, where=WHERE).effects
    }
    # As the first page of the documentation prints them: +27.3 %, -21.4 % and +19.3 % for +40 %.
    assert ratios == {
        "max_concurrent_sequences": pytest.approx(1.273, abs=5e-4),
        "cost_per_million_output_tokens": pytest.approx(0.786, abs=5e-4),
        "decode_tokens_per_second": pytest.approx(1.193, abs=5e-4),
    }
