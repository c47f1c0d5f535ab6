"""The tables of the benchmark beside other evaluators, made without installing or asking one."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import pytest
from benchmarks.evaluator_environment import Environment, Worker, install
from benchmarks.evaluator_table import Asked, Side, answer_table, expert_table, speed_table

ECHO = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps([{"seconds": 0.5, "milliseconds": item["batch"]} for item in asked["questions"]]), flush=True)
"""
OURS = {"ours": 60e-6, "ours, traced": 90e-6, "ours, flat": 5e-7, "ours, search": 5e-8}


def cells(table: str, beginning: str) -> list[str]:
    (line,) = (item for item in table.splitlines() if item.startswith(beginning))
    return [item.strip() for item in line.strip("|").split("|")]


def test_without_the_peers_the_table_holds_our_rows_and_says_why_theirs_are_missing() -> None:
    absent = {"genz": "No matching distribution found", "configurator": "No space left"}
    table = speed_table(OURS, absent, steps=51)
    assert cells(table, "| GenZ")[1] == "not measured: No matching distribution found"
    assert cells(table, "| aiconfigurator")[1] == "not measured: No space left"
    assert cells(table, "| downstack | one deployment")[2:] == ["60 µs", "16,667", "1.5x shorter"]
    assert "51 formulas" in table


def test_the_ratio_of_a_peer_is_held_against_one_traced_evaluation() -> None:
    table = speed_table({**OURS, "genz": 45e-3, "configurator, held": 45e-6}, {}, steps=51)
    assert cells(table, "| GenZ")[2:] == ["45.0 ms", "22.2", "500x longer"]
    assert cells(table, "| aiconfigurator")[2:] == ["45 µs", "22,222", "2x shorter"]


@pytest.mark.parametrize(("traced", "flat", "met"), [(90e-6, 5e-7, ["met", "met"]), (2e-3, 2e-6, ["**not met**"] * 2)])
def test_a_bar_that_is_missed_is_said_to_be_missed(traced: float, flat: float, met: list[str]) -> None:
    table = speed_table({**OURS, "ours, traced": traced, "ours, flat": flat}, {}, steps=51)
    assert re.findall(r"^Bar: .*, (met|\*\*not met\*\*)\.$", table, re.MULTILINE) == met


def test_answers_stand_side_by_side_and_what_does_not_fit_has_no_number() -> None:
    fits = Side(Asked("mixtral-8x7b", "H100", 2, 32), 19.0, 18.5, 16.0, {"genz": 5.12})
    large = Side(Asked("llama-3.1-70b", "H200", 1, 1), math.nan, math.nan, math.nan, {"genz": "does not fit"})
    table = answer_table([fits, large], {"configurator": "not installed"}, 1024, 1024)
    assert cells(table, "| mixtral") == ["mixtral-8x7b", "2 H100", "32", "19.00", "18.50", "16.00", "5.12"]
    assert cells(table, "| llama")[3:] == ["does not fit"] * 4
    assert "aiconfigurator" not in table


def test_the_rules_for_experts_are_wrong_at_one_end_each() -> None:
    table = expert_table({1: (4.0, 4.0, 14.0), 32: (14.0, 4.0, 14.0)})
    assert cells(table, "| 1 |")[2:] == ["4.00 (the same)", "14.00 (3.5x too long)"]
    assert cells(table, "| 32 |")[2:] == ["4.00 (3.5x too short)", "14.00 (the same)"]


def test_a_worker_answers_each_question_and_says_when_it_ended(tmp_path: Path) -> None:
    program = tmp_path / "echo.py"
    program.write_text(ECHO, encoding="utf-8")
    worker = Worker(Path(sys.executable), program)
    assert [item["milliseconds"] for item in worker.ask("genz", [{"batch": 3}, {"batch": 5}])] == [3, 5]
    worker.close()
    program.write_text("", encoding="utf-8")
    ended = Worker(Path(sys.executable), program)
    with pytest.raises(RuntimeError, match="ended"):
        ended.ask("genz", [{"batch": 3}])
    ended.close()


def test_a_package_that_cannot_be_installed_gives_the_reason_of_the_installer(tmp_path: Path) -> None:
    missing = tmp_path / "nothing-here.whl"
    why = install(Path(sys.executable), (str(missing),))
    assert why is not None and "nothing-here.whl" in why


def test_a_peer_that_is_absent_is_not_asked_in_any_way() -> None:
    peers = Environment(Path(sys.executable), {"configurator": "not installed"})
    assert peers.has("genz") and not peers.has("configurator") and not peers.has("configurator_held")
