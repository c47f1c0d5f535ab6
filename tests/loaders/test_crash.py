"""A load that dies at any moment leaves the old graph or the new one, and nothing in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loaders.small import FILE, by_hand, revenue

from downstack.graph.releases import read_history
from downstack.kg import KnowledgeGraph
from downstack.loaders.transaction import write_store

ROOT = Path(__file__).parents[2]
MOMENTS = 12


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Kill one load after another into the same store, and say what was found after each."""
    store = by_hand(tmp_path_factory.mktemp("crash") / "store")
    write_store(store, {FILE: revenue(1)}, loader="test")
    path = os.pathsep.join([str(ROOT), *(str(ROOT / root) for root in ("kg", "ontology", "api", "loaders"))])
    run = subprocess.run(
        [sys.executable, "-m", "tests.loaders.crashing", str(store), str(MOMENTS), "7"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.slow
def test_after_kill_9_at_random_moments_the_store_is_the_old_graph_or_the_new_one(
    deaths: list[dict[str, object]],
) -> None:
    found = [item for item in deaths if item.get("kind") == "time"]
    assert len(found) == MOMENTS
    assert all(item["old"] or item["new"] for item in found)
    assert sum(bool(item["killed"]) for item in found) >= MOMENTS // 2
    # A release that was made is in the history, and one that was not is not.
    assert all(item["releases"] == (0 if item["old"] else 1) for item in found)


@pytest.mark.slow
def test_before_every_rename_and_many_other_steps_kill_9_leaves_the_old_graph_or_the_new_one(
    deaths: list[dict[str, object]],
) -> None:
    first, found = deaths[0], [item for item in deaths if item.get("kind") == "step"]
    assert first["status"] == 0
    assert len(found) == first["exact"]
    assert all(item["killed"] for item in found)
    assert all(item["old"] or item["new"] for item in found)
    # Before the two renames of a load nothing has changed; behind them everything has.
    assert [item["old"] for item in found[:2]] == [True, True]


@pytest.mark.slow
def test_a_service_that_has_the_store_open_keeps_answering_from_what_it_opened(
    deaths: list[dict[str, object]],
) -> None:
    assert {str(item["service"]) for item in deaths if "service" in item} == {"['1']"}


@pytest.mark.slow
def test_what_dead_loads_left_is_cleaned_by_the_next(deaths: list[dict[str, object]]) -> None:
    assert any(item.get("left") for item in deaths[1:-1])
    assert deaths[-1] == {"left": [], "extra": []}


def test_a_first_load_that_died_leaves_no_store_and_says_so(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "releases" / ".staging-dead" / "terms").mkdir(parents=True)
    (store / "releases" / ".staging-dead" / "terms" / "core.ttl").write_text("half", encoding="utf-8")
    (store / ".lock").touch()
    with pytest.raises(Exception, match="nothing was loaded into this store yet"):
        KnowledgeGraph.open(store)
    write_store(store, {FILE: revenue(1).replace("ds:maker", "ds:nvidia").replace("src:report", "src:seed-article")})
    assert len(read_history(store)) == 2
    assert [item.name for item in (store / "releases").glob(".staging*")] == []
