"""The constants of the serving calibration trade off as its fit says, and the answers of the graph rest on them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from benchmarks.calibration_correlation import OUT, possible, stated_facts, turtle

from downstack.engine.draws import correlation_matrix
from downstack.evaluation.kinds.serving import Serving
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.performance.calibration import TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


def test_the_committed_group_holds_every_constant_that_answers_rest_on_and_is_a_correlation(kg: KnowledgeGraph) -> None:
    (group,) = kg.correlation_groups.values()
    facts = stated_facts(kg)
    assert set(group.facts) == {fact.iri for fact in facts.values()}
    assert group.is_known
    matrix = correlation_matrix(group)
    assert np.linalg.eigvalsh(matrix).min() >= -1e-12
    assert np.abs(matrix - np.eye(len(matrix))).max() > 0.3


def test_correlations_that_contradict_each_other_are_drawn_towards_zero_until_they_do_not() -> None:
    against = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    found = possible(against)
    assert np.linalg.eigvalsh(found).min() >= 0.0
    assert found[0, 1] == found[0, 2] == -found[1, 2] and 0.4 < found[0, 1] < 0.9
    whole = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert np.array_equal(possible(whole), whole)


def test_what_the_script_writes_is_turtle_about_every_fact_of_the_fit(kg: KnowledgeGraph) -> None:
    facts, keys = stated_facts(kg), list(Serving.stages[0].keys)
    text = turtle(facts, keys, np.eye(len(keys)), 3188)
    triples = parse_document("uncertainty/fit.ttl", text).triples
    assert {fact.iri for fact in facts.values()} <= {getattr(item.subject, "value", "") for item in triples}
    blank = re.compile(r"correlation -?[\d.]+e0")
    assert blank.sub("", text) == blank.sub("", OUT.read_text(encoding="utf-8"))


def test_the_errors_of_the_formulas_are_those_that_the_page_on_accuracy_prints() -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert f"errs by {TIME_PER_OUTPUT_TOKEN.value:.2f}" in page
    assert f"by {TIME_TO_FIRST_TOKEN.value:.2f}" in page
