"""Labels that mean harm are text in every format: no formula runs, no quote ends, no tag opens, nothing turns direction."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from downstack.errors import UserInputError
from downstack.graph.exports import escape
from downstack.graph.exports.graphml import NAMESPACE
from downstack.kg import KnowledgeGraph

HOSTILE = {
    "formula": "=HYPERLINK('x')",
    "script": "<script>alert(1)</script>",
    "quotes": 'a \\\\ \\"]; evil [label=\\"b',
    "directive": "%%{init: {}}%% `md` #quot; end",
    "at": "@SUM(1)",
}
GRAPH = (
    """@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rel: <https://w3id.org/downstack/relation/> .
@prefix src: <https://w3id.org/downstack/source/> .
@prefix dcterms: <http://purl.org/dc/terms/> .

src:a dso:reference "https://example.org/a" ; a dso:Source ; dcterms:title "-1+1|cmd \\u202E\\u0007 <b>" .
"""
    + "".join(
        f'ds:{slug} a dso:Company ; rdfs:label "{label}"@en ; dso:competesWith ds:formula .\n'
        f"rel:{slug} a dso:Relation ; rdf:subject ds:{slug} ; rdf:predicate dso:competesWith ; rdf:object ds:formula ; "
        f"dcterms:source src:a .\n"
        for slug, label in HOSTILE.items()
    )
)  # fmt: skip
LABELS = {slug: label.replace('\\"', '"').replace("\\\\", "\\") for slug, label in HOSTILE.items()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:
    file = tmp_path_factory.mktemp("hostile") / "hostile.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    return KnowledgeGraph.open(file)


def test_no_cell_begins_like_a_formula_unless_it_is_a_number(hostile: KnowledgeGraph) -> None:
    rows = list(csv.DictReader(io.StringIO(hostile.export("csv", tables=["entities"]).content or "", newline="")))
    labels = {row["id"]: row["label"] for row in rows}
    assert labels["formula"] == "'" + LABELS["formula"]
    assert labels["at"] == "'" + LABELS["at"]
    assert labels["script"] == LABELS["script"]
    relations = csv.DictReader(io.StringIO(hostile.export("csv", tables=["relations"]).content or "", newline=""))
    assert {row["source_title"][:2] for row in relations} == {"'-"}


def test_graphml_is_xml_with_the_labels_as_text(hostile: KnowledgeGraph) -> None:
    root = ET.fromstring(hostile.export("graphml").content or "")
    names = {"g": NAMESPACE}
    found = {
        node.get("id"): node.findtext("g:data[@key='node_label']", namespaces=names)
        for node in root.iterfind(".//g:node", names)
    }
    assert {slug: found[slug] for slug in LABELS} == LABELS
    (title,) = {data.text for data in root.iterfind(".//g:edge/g:data[@key='edge_source']", names)}
    assert title == "-1+1|cmd <b>"


DOT_LINE = re.compile(
    r'digraph \w+ \{|\s*(?:graph|node|edge) \[[^\]"]*(?:"[^"]*"[^\]"]*)*\];|\s*subgraph \w+ \{|\s*\}'
    r'|\s*label="(?:[^"\\]|\\.)*";'
    r'|\s*"(?:[^"\\]|\\.)*" \[label="(?:[^"\\]|\\.)*"\];'
    r'|\s*"(?:[^"\\]|\\.)*" -> "(?:[^"\\]|\\.)*" \[label="(?:[^"\\]|\\.)*"(?:, style=dashed)?\];'
)


def test_every_line_of_dot_is_one_statement_with_its_strings_closed(
    hostile: KnowledgeGraph, bundled: KnowledgeGraph
) -> None:
    for kg in (hostile, bundled):
        text = kg.export("dot").content or ""
        assert [line for line in text.splitlines() if not DOT_LINE.fullmatch(line)] == []
        assert text.count("{") - text.count("%%{init: {") - text.count("init: {}") >= 1
    assert '"quotes" [label="a \\\\ \\"]; evil [label=\\"b"];' in (hostile.export("dot").content or "")


def test_a_label_of_mermaid_has_no_character_with_a_meaning(hostile: KnowledgeGraph) -> None:
    text = hostile.export("mermaid", entity="formula").content or ""
    labels = re.findall(r'"([^"]*)"', text)
    assert len(labels) >= len(LABELS)
    for label in labels:
        assert not re.search(r"[<>\"`%{}\[\]|\\;]", re.sub(r"#\d+;", "", label)), label
    assert "#60;script#62;" in text
    for line in text.splitlines()[1:]:
        assert re.fullmatch(
            r'\s*(?:subgraph layer\d+\["[^"]*"\]|end|n\d+\["[^"]*"\]|n\d+ (?:-->|-\.->)\|"[^"]*"\| n\d+)', line
        )


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+1.5e3", "+1.5e3"), ("-7", "-7"), ("+cmd", "'+cmd"), ("-2 to -1", "'-2 to -1"),
        ("@x", "'@x"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_number_and_begins_like_a_formula_has_an_apostrophe(text: str, safe: str) -> None:
    assert escape.cell(text) == safe


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\ud800", "\ue000"])
def test_what_cannot_be_seen_is_left_out(mark: str) -> None:
    assert escape.visible(f"a{mark}b") == "ab"
    assert escape.xml(f"a{mark}b\nc") == "ab c"


def test_mermaid_refuses_what_it_would_not_draw(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UserInputError, match="Mermaid draws at most 500") as caught:
        bundled.export("mermaid")
    assert "neighbourhood" in caught.value.hint


def test_a_neighbourhood_grows_with_its_depth(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    sizes = [
        bundled.export("dot", tmp_path / f"{depth}.dot", entity="H200", depth=depth).entities for depth in range(3)
    ]
    assert sizes[0] == 1 < sizes[1] < sizes[2] < len(bundled.entities)
    with pytest.raises(UserInputError, match="depth"):
        bundled.export("dot", entity="H200", depth=-1)
