"""What docs/accuracy.md says is what the command finds, and the constants are facts that can be traced."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest
from benchmarks.accuracy import ROWS, panels, table
from benchmarks.accuracy_page import PAGE, between
from benchmarks.accuracy_picture import Panel, picture

from downstack.evaluation.bars import BARS
from downstack.evaluation.constants import CALIBRATION, FITTED, FRAMEWORK, constants_of
from downstack.evaluation.predict import HIGH, LOW
from downstack.evaluation.predictors import PREDICTORS
from downstack.kg import KnowledgeGraph
from downstack.results import EvaluationReport

PAGE_TEXT = PAGE.read_text(encoding="utf-8")
BAR = re.compile(r"^\| ([^|]+) \| (nothing|model|chip|engine) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


@pytest.fixture(scope="module")
def report(kg: KnowledgeGraph) -> EvaluationReport:
    return kg.evaluate(ROWS)


def test_the_table_of_the_page_is_what_the_bundled_measurements_give(report: EvaluationReport) -> None:
    assert between(PAGE_TEXT, "open rows") == table(report)


def test_the_table_of_the_serving_rows_is_what_they_give(kg: KnowledgeGraph) -> None:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    serving = kg.evaluate(Path(folder) / "measurements_serving_open.csv")
    assert between(PAGE_TEXT, "serving rows") == table(serving)


def test_every_bar_is_of_a_kind_that_the_bundled_measurements_have(report: EvaluationReport) -> None:
    assert set(BARS) <= {(item.kind, item.quality) for item in report.groups}


def test_the_page_names_what_was_left_out_for_every_group_of_serving_rows() -> None:
    left_out = {(title, what) for title, what, *_ in BAR.findall(between(PAGE_TEXT, "left out"))}
    for title in ("TPOT at fixed concurrency", "TTFT at fixed concurrency", "throughput at a given batch, grade A"):
        assert {(title, what) for what in ("nothing", "model", "chip", "engine")} <= left_out


def test_each_constant_of_a_predictor_is_a_fact_with_an_interval_a_date_and_its_rows(kg: KnowledgeGraph) -> None:
    knowledge = kg.engine.knowledge
    facts = {
        (knowledge.entities[slug].label, fact.quantity): fact
        for slug in knowledge.members(CALIBRATION)
        for fact in knowledge.facts_by_entity[slug]
    }
    facts |= {
        (slug, fact.quantity): fact
        for slug in knowledge.members(FRAMEWORK)
        for fact in knowledge.facts_by_entity[slug]
        if fact.quantity.startswith(FITTED)
    }
    wanted = {key for predictor in PREDICTORS for stage in predictor.stages for key in stage.keys}
    assert wanted <= set(facts)
    for key in wanted:
        fact = facts[key]
        assert fact.low is not None and fact.high is not None and fact.low <= fact.value <= fact.high, key
        assert fact.as_of and fact.note and re.search(r"on \d+ rows", fact.note), key


def test_no_constant_belongs_to_a_model(kg: KnowledgeGraph) -> None:
    knowledge = kg.engine.knowledge
    models = set(knowledge.members("FoundationModel"))
    for slug in knowledge.members(CALIBRATION):
        assert not any(f"-{model}-" in f"{slug}-" for model in models if len(model) > 4), slug


def test_the_bands_hold_most_of_the_bundled_measurements(report: EvaluationReport) -> None:
    with ROWS.open(encoding="utf-8") as stream:
        measured = {row["id"]: float(row["value"]) for row in csv.DictReader(stream)}
    inside = [
        item.p10 <= measured[item.id] <= item.p90
        for item in report.predictions
        if item.p10 is not None and item.p90 is not None
    ]
    assert len(inside) > 900
    assert 0.7 < np.mean(inside) < 0.93


def test_each_band_has_both_ends_and_the_lower_one_is_below(kg: KnowledgeGraph) -> None:
    constants = constants_of(kg.engine.knowledge)
    named = {name for name, quantity in constants if quantity in (LOW, HIGH)}
    assert len(named) > 20
    for name in named:
        assert 0.0 < constants[name, LOW] < constants[name, HIGH]


def test_a_graph_without_calibrations_says_what_it_lacks(tmp_path: Path, kg: KnowledgeGraph) -> None:
    from downstack.evaluation.answers import Setting
    from downstack.evaluation.predict import predict
    from downstack.evaluation.rows import read_table

    rows = [row for row in read_table(ROWS).rows if row.kind == "serving_throughput"][:20]
    for item in predict(rows, Setting(kg.engine, kg.names, {})):
        assert item.predicted is None
        assert item.reason


def test_the_picture_has_a_panel_for_each_kind_with_many_rows(report: EvaluationReport) -> None:
    drawn = picture(panels(report))
    for kind in ("serving throughput", "tpot", "ttft", "training mfu", "allreduce busbw", "op latency", "energy"):
        assert f">{kind}</text>" in drawn
    assert drawn == (PAGE.parent / "accuracy.svg").read_text(encoding="utf-8")


def test_a_picture_draws_each_point_once() -> None:
    drawn = picture([Panel("one", "ms", [(1.0, 2.0), (10.0, 10.0)])])
    assert drawn.count("<circle") == 2
