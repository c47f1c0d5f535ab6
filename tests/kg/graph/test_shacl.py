"""Shapes are put to pySHACL in a form that it answers quickly; the verdict is the one on the shapes as they are written."""

from __future__ import annotations

from pathlib import Path

import pyshacl
import pytest
from rdflib import Graph, URIRef
from tests.kg.graph.test_scope import CHANGES, SHARE, changed
from tests.kg.graph.test_validation import graph

from downstack.graph.documents import Document, parse_document, read_documents
from downstack.graph.shacl import ask_shapes
from downstack.graph.statements import Statements
from downstack.graph.validation import shacl_findings
from downstack.vocabulary import PREFIXES, SH, folder

HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())

Verdict = set[tuple[str, str]]


def plainly(documents: list[Document], shapes: str) -> Verdict:
    """Ask pySHACL about Turtle that nobody has touched, and return who is at fault and why."""
    data, asked = Graph(), Graph()
    for document in documents:
        data.parse(data=document.text, format="turtle")
    asked.parse(data=shapes, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=asked, advanced=False, inference="none")
    assert isinstance(report, Graph)
    focus, message = URIRef(SH + "focusNode"), URIRef(SH + "resultMessage")
    return {
        (str(report.value(result, focus)), str(said).partition(" => ")[0])
        for result in report.subjects(URIRef(SH + "resultMessage"))
        for said in report.objects(result, message)
    }


def quickly(documents: list[Document], shapes: str) -> Verdict:
    found = ask_shapes(Statements(documents), [parse_document("shapes.ttl", shapes)])
    return {(fault.subject, fault.what.partition(": ")[2]) for fault in found}


def bundled_shapes() -> str:
    return "\n".join(document.text for document in read_documents(folder("shapes")))


@pytest.mark.parametrize(("part", "old", "new"), CHANGES)
def test_the_bundled_shapes_say_of_a_fault_what_they_say_as_written(part: str, old: str, new: str) -> None:
    documents = changed(part, old, new)
    assert quickly(documents, bundled_shapes()) == plainly(documents, bundled_shapes())


def test_what_only_a_query_sees_is_said_too() -> None:
    node = (
        "sup:tsmc-cowos a dso:ProductionNode . fact:whole a dso:Fact ; dso:value 0.5e0 ; dso:unit '1' .\n"
        "sup:whole a dso:AllocationShare ; dso:allocates sup:tsmc-cowos ; dso:shareFact fact:whole .\n"
    )
    documents = [*graph(), parse_document("share.ttl", HEAD + node + SHARE)]
    verdict = quickly(documents, bundled_shapes())
    assert any(what == "the shares of the node sum to more than one" for _, what in verdict)
    assert verdict == plainly(documents, bundled_shapes())


NAMED = 'sh:property [ sh:path rdfs:label ; sh:minCount 1 ; sh:message "no label => give it one" ]'
SHAPES = {
    "with one property": f"dso:S a sh:NodeShape ; sh:targetClass dso:Company ; {NAMED} .",
    "of several classes": f"dso:S a sh:NodeShape ; sh:targetClass dso:Company, dso:Fact ; {NAMED} .",
    "that is closed": "dso:S a sh:NodeShape ; sh:targetClass dso:Company ; sh:closed true ; "
    'sh:ignoredProperties ( rdf:type ) ; sh:message "another => drop it" ; sh:property [ sh:path rdfs:label ] .',
    "that is switched off": f"dso:S a sh:NodeShape ; sh:targetClass dso:Company ; sh:deactivated true ; {NAMED} .",
    "that another asks for": f"dso:S a sh:NodeShape ; sh:targetClass dso:Company ; {NAMED} .\n"
    'dso:T a sh:NodeShape ; sh:targetClass dso:Fact ; sh:node dso:S ; sh:message "not such a node => change it" .',
    "with a property of its values": "dso:S a sh:NodeShape ; sh:targetClass dso:Fact ; sh:property [ sh:path dso:subject ; "
    f"{NAMED} ] .",
    "with a negation": f"dso:S a sh:NodeShape ; sh:targetClass dso:Company ; sh:not [ {NAMED} ] ; "
    'sh:message "it has a label => drop it" .',
}
DATA = (
    'ds:a a dso:Company ; rdfs:label "A"@en . ds:b a dso:Company ; dso:note "b" . ds:c a dso:Foundry .\n'
    "dso:Foundry rdfs:subClassOf dso:Company . fact:a a dso:Fact ; dso:subject ds:a . fact:b a dso:Fact ; dso:subject ds:b ."
)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_shape_says_what_it_says_as_written(kind: str) -> None:
    documents = [parse_document("data.ttl", HEAD + DATA)]
    shapes = HEAD + f"@prefix sh: <{SH}> .\n" + SHAPES[kind]
    verdict = quickly(documents, shapes)
    assert verdict == plainly(documents, shapes)
    assert bool(verdict) == (kind != "that is switched off")


def test_of_a_part_only_that_is_asked_which_belongs_to_it(tmp_path: Path) -> None:
    shapes = HEAD + f"@prefix sh: <{SH}> .\n" + SHAPES["with one property"]
    (tmp_path / "shapes.ttl").write_text(shapes, encoding="utf-8")
    before = [parse_document("data.ttl", HEAD + DATA)]
    after = [*before, parse_document("more.ttl", HEAD + "ds:d a dso:Company . ds:e a dso:Foundry . ds:f a dso:Fact .")]
    found = shacl_findings(after, tmp_path, conforming=before)
    assert {item.what.partition(": ")[0] for item in found} == {"ds:d", "ds:e"}
