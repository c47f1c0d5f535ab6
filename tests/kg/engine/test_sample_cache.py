"""Draws that are kept for the next question: they change no band, and room for them is bounded."""

from __future__ import annotations

from functools import partial

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.program import base_of
from downstack.engine.sample_cache import MAX_PROGRAMS, SampleCache
from downstack.engine.sampling import sampled_plan
from downstack.engine.uncertainty import bands
from downstack.kg import KnowledgeGraph
from downstack.results import Band

WHERE = {"model": "llama-3.1-8b", "workload": "azure-2023-conv"}
NAMES = (
    "memory_bandwidth",
    "memory_capacity",
    "peak_flops_bf16_dense",
    "scaleup_bandwidth_per_direction",
    "hbm_stacks",
)
TARGETS = ["decode_tokens_per_second", "max_concurrent_sequences"]


def asked(kg: KnowledgeGraph, change: str, samples: int = 300) -> list[Band | None]:
    report = kg.impact({"nvidia-h200-sxm.memory_bandwidth": change}, TARGETS, WHERE, samples=samples)
    return [effect.band for effect in report.effects]


def plan_of(engine: Engine) -> Plan:
    tables = engine.columns().tables
    return engine.plan(TARGETS, {role: frozenset({tables[role].position[slug]}) for role, slug in WHERE.items()})


def test_bands_are_the_same_whatever_was_asked_before(bundled: KnowledgeGraph) -> None:
    fresh = KnowledgeGraph(Engine(bundled.engine.knowledge, bundled.functions))
    asked(fresh, "x0.7")
    asked(fresh, "x2", samples=200)
    again, alone = asked(fresh, "x1.4"), KnowledgeGraph(Engine(bundled.engine.knowledge, bundled.functions))
    assert any(band is not None and band.p10 < band.p90 for band in again)
    assert again == asked(alone, "x1.4") == asked(alone, "x1.4")


def test_the_draws_of_a_plan_are_made_once_and_the_oldest_make_room(bundled: KnowledgeGraph) -> None:
    plan, cache = plan_of(bundled.engine), SampleCache(max_bytes=1)
    make = partial(sampled_plan, plan, 100, 0)
    first = cache.plan(plan, 100, 0, 0, 50, partial(make, 0, 50))
    assert cache.plan(plan, 100, 0, 0, 50, partial(make, 0, 50)) is first
    base_of(first)
    second = cache.plan(plan, 100, 0, 50, 100, partial(make, 50, 100))
    assert cache.plan(plan, 100, 0, 50, 100, partial(make, 50, 100)) is second
    assert cache.plan(plan, 100, 0, 0, 50, partial(make, 0, 50)) is not first


def test_a_plan_of_samples_keeps_programs_for_few_kinds_of_change(bundled: KnowledgeGraph) -> None:
    kg = KnowledgeGraph(Engine(bundled.engine.knowledge, bundled.functions))
    plan, seen = plan_of(kg.engine), []
    for name in NAMES:
        change = Intervention("nvidia-h200-sxm", kg.quantity(name), ChangeOp.SCALE, 1.1)
        bands(kg.engine, plan, (change,), TARGETS, 50)
        kept = kg.engine.samples.plan(plan, 50, 0, 0, 50, partial(sampled_plan, plan, 50))
        seen.append(sum(isinstance(key, frozenset) for key in kept.kept))
    assert seen[0] == 1
    assert max(seen) < len(NAMES)
    assert max(seen) <= MAX_PROGRAMS
