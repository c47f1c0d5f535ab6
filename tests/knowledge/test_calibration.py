"""The committed errors of the serving fit are those of its document, and the arithmetic behind them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from benchmarks.fit_serving_errors import Errors, fitted_facts, jackknife, possible, turtle

from downstack.engine.draws import correlation_matrix
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.performance.calibration import TIME_PER_OUTPUT_TOKEN

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w+) \| ([^|]+) \|((?: -?[\d.]+ \|){6})$", DOCUMENT, re.MULTILINE)


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return KnowledgeGraph.open()


def test_the_spread_and_the_correlation_of_the_facts_are_those_that_the_document_prints(kg: KnowledgeGraph) -> None:
    facts = fitted_facts(kg)
    assert [name for name, _, _ in ROWS] == list(facts)
    (group,) = kg.correlation_groups.values()
    matrix = correlation_matrix(group)
    for name, spread, correlations in ROWS:
        fact = facts[name]
        if fact.log_standard_deviation is not None:
            assert fact.log_standard_deviation == pytest.approx(float(spread), abs=5e-4)
        elif fact.standard_deviation is not None:
            assert f"{fact.standard_deviation * 1e6:.1f} us" in spread
        else:
            assert "not known" in spread
        printed = [float(value) for value in re.findall(r"-?[\d.]+", correlations)]
        places = [group.facts.index(facts[other].iri) for other in facts]
        assert matrix[group.facts.index(fact.iri), places].tolist() == printed


def test_the_declared_error_of_the_formula_is_the_one_that_the_document_prints() -> None:
    assert f"errs by {TIME_PER_OUTPUT_TOKEN.value}:" in DOCUMENT


def test_the_jackknife_of_a_mean_is_the_standard_error_of_the_mean() -> None:
    values = np.array([1.0, 4.0, 6.0, 9.0, 13.0])
    without = np.array([[np.delete(values, place).mean()] for place in range(len(values))])
    assert jackknife(without)[0] == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), rel=1e-12)


def test_correlations_that_contradict_each_other_are_drawn_towards_zero_until_they_do_not() -> None:
    against = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    found = possible(against)
    assert np.linalg.eigvalsh(found).min() >= 0.0
    assert found[0, 1] == found[0, 2] == -found[1, 2] and 0.4 < found[0, 1] < 0.9
    whole = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert np.array_equal(possible(whole), whole)


def test_what_the_script_writes_is_turtle_about_every_fact_of_the_fit(kg: KnowledgeGraph) -> None:
    facts = fitted_facts(kg)
    sizes = np.linspace(0.1, 0.7, 7)
    text = turtle(Errors(sizes, sizes, sizes, np.eye(7), 0.2, {}, 305), facts)
    triples = parse_document("uncertainty/fit.ttl", text).triples
    assert {fact.iri for fact in facts.values()} <= {getattr(item.subject, "value", "") for item in triples}
    committed = (ROOT / "ontology" / "uncertainty" / "vllm-serving-fit.ttl").read_text(encoding="utf-8")
    assert re.sub(r"-?[\d.]+(e-?\d+)?", "0", text) == re.sub(r"-?[\d.]+(e-?\d+)?", "0", committed)
