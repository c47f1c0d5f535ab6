"""The bundled knowledge read by another process is the same, and what keeps that process from it is not the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from downstack.graph import ahead
from downstack.graph.ahead import Ahead
from downstack.kg import KnowledgeGraph


def test_what_another_process_read_is_the_same_graph(bundled: KnowledgeGraph) -> None:
    with Ahead() as reading:
        knowledge = reading.knowledge()
    assert knowledge is not None
    assert knowledge == bundled.engine.knowledge


def test_a_graph_read_ahead_answers_and_can_be_read_again(bundled: KnowledgeGraph) -> None:
    with Ahead() as reading:
        other = KnowledgeGraph.from_ahead(reading)
    question = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
    targets, where = ["time_per_output_token"], {"model": "llama-3.1-70b"}
    answers = [graph.impact(question, targets=targets, where=where) for graph in (bundled, other)]
    ratios = [[(effect.key, effect.ratio) for effect in answer.effects] for answer in answers]
    assert ratios[0] == ratios[1] != []
    assert other.origin == bundled.origin


def test_where_the_other_process_fails_this_one_reads(monkeypatch: pytest.MonkeyPatch, bundled: KnowledgeGraph) -> None:
    monkeypatch.setattr(ahead, "MODULE", "downstack.graph.no_such_module")
    with Ahead() as reading:
        assert KnowledgeGraph.from_ahead(reading).version == bundled.version


def test_where_no_process_can_be_started_this_one_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundled: KnowledgeGraph
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with Ahead() as reading:
        assert KnowledgeGraph.from_ahead(reading).version == bundled.version


def test_nobody_waits_for_a_process_that_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Kept(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Kept)
    with Ahead():
        pass
    (process,) = started
    assert process.returncode is not None
