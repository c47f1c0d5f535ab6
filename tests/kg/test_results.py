"""An answer leaves in other forms: Apache Arrow, RDF with its provenance, and HTML for a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pyoxigraph as ox
import pytest

from downstack.engine.engine import Engine
from downstack.kg import KnowledgeGraph
from downstack.results import ImpactReport

from .engine.toy import FACTS, toy_knowledge, toy_registry

PROV = "http://www.w3.org/ns/prov#"
FNO = "https://w3id.org/function/ontology#"
CHANGE = {"nvidia-h200-sxm.memory_bandwidth": "x1.4"}
TARGETS = ["cost_per_million_output_tokens", "max_concurrent_sequences"]
WHERE = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}


@pytest.fixture(scope="module")
def report(bundled: KnowledgeGraph) -> ImpactReport:
    return bundled.impact(CHANGE, targets=TARGETS, where=WHERE, samples=50)


@pytest.fixture(scope="module")
def graph(report: ImpactReport) -> ox.Store:
    store = ox.Store()
    store.load(report.to_turtle().encode(), format=ox.RdfFormat.TURTLE)
    return store


def select(store: ox.Store, query: str) -> list[tuple[str, ...]]:
    prefixes = (
        f"PREFIX prov: <{PROV}> PREFIX fno: <{FNO}> PREFIX dso: <https://w3id.org/downstack/ontology#> "
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    )
    found = store.query(prefixes + query)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple("" if term is None else str(getattr(term, "value", term)) for term in row) for row in found]


def test_an_arrow_table_has_the_same_numbers_as_the_rows(report: ImpactReport) -> None:
    table = report.to_arrow()
    rows = report.to_rows()
    assert table.num_rows == len(rows) == len(report.effects)
    assert table.column("ratio").to_pylist() == [row["ratio"] for row in rows]
    assert table.column("p50").to_pylist() == [row.get("p50") for row in rows]
    assert table.schema.metadata[b"graphVersion"].decode() == report.graph_version


def test_the_turtle_holds_every_scenario_with_its_function_and_ends_in_facts(
    report: ImpactReport, graph: ox.Store, bundled: KnowledgeGraph
) -> None:
    effects = select(graph, "SELECT ?e WHERE { ?e prov:wasGeneratedBy _:q ; prov:hadMember ?m . FILTER(isBlank(?e)) }")
    assert len({row[0] for row in effects}) == len(report.effects)
    values = {float(value) for (value,) in select(graph, "SELECT ?v WHERE { ?n prov:value ?v }")}
    for effect in report.effects:
        assert effect.base is None or effect.base in values
        assert effect.scenario is None or effect.scenario in values
    executed = {row[0] for row in select(graph, "SELECT DISTINCT ?f WHERE { ?x a fno:Execution ; fno:executes ?f }")}
    named = {step.function.iri for effect in report.effects for step in effect.trace.walk() if step.function}
    assert executed == named
    facts = {row[0] for row in select(graph, "SELECT DISTINCT ?f WHERE { ?n prov:wasDerivedFrom ?f . ?f a dso:Fact }")}
    assert facts == {fact.iri for effect in report.effects for fact in effect.trace.facts}
    assert facts <= {fact.iri for fact in bundled.facts}


def test_every_number_of_the_turtle_is_derived_from_something_or_changed_by_the_question(graph: ox.Store) -> None:
    loose = select(
        graph,
        """SELECT ?label WHERE { ?n a prov:Entity ; prov:value ?v ; rdfs:label ?label .
           FILTER NOT EXISTS { ?n prov:wasDerivedFrom ?d } FILTER NOT EXISTS { ?n prov:wasInfluencedBy ?q }
           FILTER(?label != "base") }""",
    )
    assert loose == []
    changed = select(graph, "SELECT DISTINCT ?l WHERE { ?n prov:wasInfluencedBy ?q ; rdfs:label ?l }")
    assert changed == [("memory_bandwidth of nvidia-h200-sxm",)]


def test_the_turtle_is_the_same_each_time_and_can_be_cut(report: ImpactReport, bundled: KnowledgeGraph) -> None:
    again = bundled.impact(CHANGE, targets=TARGETS, where=WHERE, samples=50)
    assert again.to_turtle() == report.to_turtle()
    assert len(report.to_turtle(first=1)) < len(report.to_turtle())


class Cells(HTMLParser):
    """Collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_notebook_shows_a_table_with_a_row_for_each_effect(report: ImpactReport) -> None:
    cells = Cells()
    cells.feed(report._repr_html_())
    assert cells.tags.count("tr") == min(len(report.effects), 20) + 1
    assert set(cells.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert "cost_per_million_output_tokens" in cells.text
    assert "nvidia-h200-sxm.memory_bandwidth x1.4" in cells.text
    assert any(report.graph_version in text for text in cells.text)


def test_markup_in_the_data_stays_text_in_a_notebook() -> None:
    hostile = "<script>alert('x')</script>"
    kg = KnowledgeGraph(Engine(toy_knowledge(FACTS), toy_registry()))
    kind = kg.quantities["toy_bandwidth"]
    report = kg.impact({"toy-chip-a.toy_bandwidth": "x2"}, targets=["toy_bandwidth"])
    assert kind.id in report._repr_html_()
    from dataclasses import replace

    poisoned = replace(report, changes=(hostile,), interventions=(hostile,), partial_reason=hostile)
    cells = Cells()
    cells.feed(poisoned._repr_html_())
    assert "script" not in cells.tags
    assert cells.text.count(hostile) == 3


def test_progress_is_told_up_to_the_last_sample(bundled: KnowledgeGraph) -> None:
    told: list[tuple[int, int]] = []
    bundled.impact(
        CHANGE, targets=TARGETS, where={"workload": "codex-swebenchpro"}, samples=2_000,
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert len(told) > 1
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (2_000, 2_000)
