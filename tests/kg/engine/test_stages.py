"""Who observes a context hears what its questions spend their time on; who does not pays nothing for it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from downstack.engine.engine import Engine
from downstack.engine.stages import current_observer, observed_by, stage
from downstack.kg import KnowledgeGraph

CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
ASKED = (["decode_tokens_per_second"], {"model": "llama-3.1-70b"})


class Heard:
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.lookups: dict[str, list[int]] = {}

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        self.stages.append(name)
        yield

    def looked_up(self, cache: str, hits: int, misses: int) -> None:
        found = self.lookups.setdefault(cache, [0, 0])
        found[0] += hits
        found[1] += misses


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return KnowledgeGraph(Engine(bundled.engine.knowledge, bundled.engine.functions))


def test_a_first_question_goes_through_all_stages_and_the_second_only_runs(kg: KnowledgeGraph) -> None:
    first, second = Heard(), Heard()
    with observed_by(first):
        kg.impact(CHANGE, *ASKED, samples=20)
    with observed_by(second):
        kg.impact(CHANGE, *ASKED, samples=20)
    assert {"columns", "bind", "plan", "run", "sample"} == set(first.stages)
    assert first.stages.index("columns") < first.stages.index("bind") < first.stages.index("plan")
    assert {"run", "sample"} == set(second.stages)
    assert first.lookups["plan"][1] > 0 and first.lookups["value"][1] > 0 and first.lookups["sample"][1] > 0
    assert second.lookups["plan"][1] == 0 and second.lookups["sample"][1] == 0
    assert second.lookups["plan"][0] > 0 and second.lookups["sample"][0] > 0


def test_an_observer_hears_of_its_own_context_only(kg: KnowledgeGraph) -> None:
    heard = Heard()
    with observed_by(heard):
        alone = threading.Thread(target=kg.impact, args=(CHANGE, *ASKED))
        alone.start()
        alone.join()
        assert heard.stages == []
        context = contextvars.copy_context()
        together = threading.Thread(target=context.run, args=(kg.impact, CHANGE, *ASKED))
        together.start()
        together.join()
        assert "run" in heard.stages
    assert current_observer() is None


def test_an_answer_is_the_same_whether_it_is_observed_or_not(kg: KnowledgeGraph) -> None:
    alone = kg.impact(CHANGE, *ASKED)
    with observed_by(Heard()):
        observed = kg.impact(CHANGE, *ASKED)
    assert [effect.scenario for effect in observed.effects] == [effect.scenario for effect in alone.effects]


def test_without_an_observer_a_stage_is_nothing() -> None:
    assert stage("run") is stage("plan")
