"""Work that takes long ends soon after its deadline, or when nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from downstack.deadline import Deadline, checkpoint
from downstack.errors import DeadlineExceededError
from downstack.kg import KnowledgeGraph


class Counted(Deadline):
    """Passes at a look that is chosen, and counts the looks: no clock is asked."""

    __slots__ = ("looks", "most")

    def __init__(self, most: float = float("inf")) -> None:
        super().__init__()
        self.most = most
        self.looks = 0

    @property
    def passed(self) -> bool:
        self.looks += 1
        return self.looks > self.most


CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
WHERE = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
TPOT = "time_per_output_token"
QUESTIONS: dict[str, Callable[[KnowledgeGraph], object]] = {
    "what a change does": lambda kg: kg.impact(CHANGE, [TPOT], WHERE).effects[0],
    "how sure that is": lambda kg: kg.impact(CHANGE, [TPOT], WHERE, samples=50),
    "how it came about": lambda kg: kg.impact(CHANGE, [TPOT], WHERE).effects[0].attribution,
    "where a number comes from": lambda kg: kg.value(TPOT, where=WHERE).rows[0].trace,
    "how sure a number is": lambda kg: kg.value(TPOT, where=WHERE, samples=50),
    "what matters most": lambda kg: kg.sensitivity("nvidia-h200-sxm.ridge_point"),
    "what would be needed": lambda kg: kg.solve(TPOT, 0.01, "s/token", "nvidia-h200-sxm.memory_bandwidth", WHERE),
    "several scenarios": lambda kg: kg.compare({"one": CHANGE}, [TPOT], WHERE),
    "a disruption": lambda kg: kg.shock({"tsmc-cowos": "-30%"}),
    "one prompt": lambda kg: kg.journey("claude-code", "llama-3.1-70b", "nvidia-h200-sxm"),
    "what can be deployed": lambda kg: kg.deployments("llama-3.1-70b"),
    "who depends on whom": lambda kg: kg.dependencies("tsmc", "UP", 3),
    "the ways between two": lambda kg: kg.paths("claude-code", "tsmc"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_kind_of_question_looks_at_its_deadline_and_ends_at_once_when_it_has_passed(
    bundled: KnowledgeGraph, name: str
) -> None:
    ask = QUESTIONS[name]
    with Counted() as first:
        ask(bundled)
    assert first.looks > 0
    # Of what was asked before, a part is kept, and is not looked at again.
    with Counted() as whole:
        ask(bundled)
    with pytest.raises(DeadlineExceededError), Counted(most=whole.looks // 2) as half:
        ask(bundled)
    # The first look after the deadline was the last.
    assert half.looks == half.most + 1


def test_more_samples_are_more_looks(bundled: KnowledgeGraph) -> None:
    """However long a question is, the time from one look to the next does not grow with it."""
    looks = []
    for samples in (10, 80):
        with Counted() as deadline:
            bundled.impact(CHANGE, None, {"workload": "codex-swebenchpro"}, samples=samples)
        looks.append(deadline.looks)
    assert looks[1] > 2 * looks[0]


def test_a_question_that_was_stopped_is_answered_as_before_when_it_is_asked_again(bundled: KnowledgeGraph) -> None:
    def ask() -> list[float | None]:
        report = bundled.impact({"nvidia-h100-sxm.memory_bandwidth": "x1.3"}, [TPOT], WHERE, samples=40)
        return [item.ratio for item in report.effects]

    for most in (0, 3, 10):
        with pytest.raises(DeadlineExceededError), Counted(most=most):
            ask()
    first = ask()
    assert first
    assert ask() == first


def test_without_a_deadline_nothing_ends() -> None:
    checkpoint()


def test_a_deadline_holds_for_what_runs_within_and_for_nothing_else() -> None:
    with Deadline(0.0), pytest.raises(DeadlineExceededError, match="no answer within 0 seconds"):
        checkpoint()
    checkpoint()
    outer, inner = Counted(), Counted()
    with outer:
        with inner:
            checkpoint()
        checkpoint()
    assert (outer.looks, inner.looks) == (1, 1)


def test_work_is_cancelled_from_another_thread() -> None:
    deadline, begun, ended = Deadline(), threading.Event(), threading.Event()

    def work() -> None:
        try:
            with deadline:
                while True:
                    begun.set()
                    checkpoint()
        except DeadlineExceededError:
            ended.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(120)
    assert deadline.remaining > 0.0
    deadline.cancel()
    assert ended.wait(120)
    thread.join(120)
    assert deadline.remaining == 0.0
    assert "withdrawn" in str(deadline.error())
