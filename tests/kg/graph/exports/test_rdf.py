"""An export as RDF holds the triples that were loaded, and comes back as the graph that it was."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from downstack.errors import UserInputError
from downstack.graph.exports.context import context
from downstack.graph.loading import collect
from downstack.kg import KnowledgeGraph

FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
}


def canonical(content: str | bytes, format: ox.RdfFormat) -> ox.Dataset:
    """The triples of a document, nodes without a name renamed by what is said of them."""
    found = ox.Dataset(ox.Quad(item.subject, item.predicate, item.object) for item in ox.parse(content, format=format))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return found


@pytest.fixture(scope="module")
def loaded(bundled: KnowledgeGraph) -> ox.Dataset:
    """The triples of the bundled files themselves, without the description of functions that is added on opening."""
    return ox.Dataset(
        ox.Quad(item.subject, item.predicate, item.object) for document in collect(None)[0] for item in document.triples
    )


@pytest.fixture(scope="module")
def written(bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, int | None]]:
    """The whole graph as a file in every format, and how many triples the report counts."""
    folder, found = tmp_path_factory.mktemp("whole"), {}
    for format in FORMATS:
        report = bundled.export(format, folder / format)
        found[format] = (folder / format).read_bytes(), report.triples
    return found


@pytest.fixture(scope="module")
def triples(written: dict[str, tuple[bytes, int | None]]) -> ox.Dataset:
    """The triples of the whole graph, in the plainest of the formats."""
    return canonical(written["ntriples"][0], ox.RdfFormat.N_TRIPLES)


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_has_the_same_triples_in_every_format(
    written: dict[str, tuple[bytes, int | None]], loaded: ox.Dataset, triples: ox.Dataset, format: str
) -> None:
    content, counted = written[format]
    found = triples if format == "ntriples" else canonical(content, FORMATS[format])
    assert counted == len(found) > len(loaded)
    assert found == triples
    assert [item for item in loaded if item not in found and not _has_blank(item)] == []


def _has_blank(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


def test_the_same_graph_gives_the_same_text(written: dict[str, tuple[bytes, int | None]]) -> None:
    again = KnowledgeGraph.open()
    for format in FORMATS:
        assert written[format][0].decode() == again.export(format).content


def test_a_part_opens_beside_the_vocabulary_as_the_same_facts(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    file = tmp_path / "part.ttl"
    report = bundled.export("turtle", file, entity="nvidia-h200-sxm", depth=1)
    part = KnowledgeGraph.open(file)
    assert {slug for slug in part.entities if slug in bundled.entities} >= {"nvidia-h200-sxm", "hbm3e", "tsmc-n4"}
    assert (report.facts, report.relations) == (len(part.facts), len(part.relations))
    assert [fact.iri for fact in part.facts_of("nvidia-h200-sxm")] == [
        fact.iri for fact in bundled.facts_of("nvidia-h200-sxm")
    ]
    for mine, theirs in zip(part.facts_of("nvidia-h200-sxm"), bundled.facts_of("nvidia-h200-sxm"), strict=True):
        assert (mine.value, mine.literal, mine.source.iri) == (theirs.value, theirs.literal, theirs.source.iri)


def test_json_ld_carries_its_context_and_names_none_that_would_be_fetched(bundled: KnowledgeGraph) -> None:
    found = json.loads(bundled.export("jsonld", entity="nvidia-h200-sxm", depth=0).content or "")
    assert found["@context"] == context()
    assert isinstance(found["@context"], dict)
    chip = next(node for node in found["@graph"] if node["@id"] == "ds:nvidia-h200-sxm")
    assert chip["@type"] == "dso:Accelerator"
    fact = next(node for node in found["@graph"] if node.get("quantity") == "dso:memoryBandwidth")
    assert isinstance(fact["value"], str) and float(fact["value"]) > 0.0


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own JSON-LD reader
def test_json_ld_means_the_same_to_another_reader(bundled: KnowledgeGraph) -> None:
    """rdflib expands the context by itself; the triples are those of the Turtle."""
    from rdflib import Graph
    from rdflib.compare import isomorphic

    text, turtle = (bundled.export(format, entity="tsmc-n4", depth=1).content or "" for format in ("jsonld", "turtle"))
    assert isomorphic(Graph().parse(data=text, format="json-ld"), Graph().parse(data=turtle, format="turtle"))


def test_files_that_changed_since_are_not_passed_off_as_the_graph(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    file = tmp_path / "part.ttl"
    bundled.export("turtle", file, entity="tsmc-n4", depth=0)
    kg = KnowledgeGraph.open(file)
    assert kg.export("turtle").triples
    file.write_text(file.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    with pytest.raises(UserInputError, match="have changed since"):
        kg.export("turtle")


def test_a_version_made_by_changes_has_tables_and_no_rdf(bundled: KnowledgeGraph) -> None:
    changed = bundled.with_changes({"nvidia-h200-sxm.memory_bandwidth": "x2"})
    with pytest.raises(UserInputError, match="made by changes"):
        changed.export("turtle")
    assert "assumption" in (changed.export("csv", tables=["facts"], entity="nvidia-h200-sxm", depth=0).content or "")
