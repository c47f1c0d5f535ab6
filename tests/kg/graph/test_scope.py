"""Asking the shapes only about what changed gives the verdict of asking about everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kg.graph.test_validation import CHIP, INFLUENCE, OTHERS, PREFIXES, QUANTITIES, graph

from downstack.graph.documents import Document, parse_document
from downstack.graph.loading import validate_paths
from downstack.graph.scope import scope_of_change
from downstack.graph.shacl import readings_of
from downstack.graph.statements import Statements
from downstack.graph.validation import read_documents, shacl_findings
from downstack.vocabulary import DS, SH, folder, locate
from downstack.vocabulary import PREFIXES as NAMES

BASE = graph()

SHARE = (
    "sup:new-share a dso:AllocationShare ; dso:allocates sup:tsmc-cowos ; dso:allocatedTo ds:nvidia ; "
    "dso:shareFact fact:new-share ; dcterms:source src:seed-article .\n"
    "fact:new-share a dso:Fact ; dso:subject ds:nvidia ; dso:quantity dso:allocationShare ; dso:value 99.0e0 ; "
    'dso:literal "99" ; dso:unit "%" ; dso:confidence dso:press ; dcterms:source src:seed-article .'
)
"""More of a node than is left of it: a sum over shares, which only a query sees."""

CHANGES = [
    ("chip", "dso:confidence dso:datasheet", "dso:confidence dso:rumour"),
    ("chip", "dso:value 4800.0e0", 'dso:value "NaN"^^xsd:double'),
    ("chip", "dso:value 4800.0e0", "dso:value 4800.0e0, 4900.0e0"),
    ("chip", "dso:subject ds:chip-one", "dso:subject src:table"),
    ("chip", "dso:inLayer dso:layer5", "dso:inLayer dso:layer2"),
    ("chip", "ds:chip-one a dso:Accelerator", "ds:chip-one a dso:Source"),
    ("others", "dcterms:title", "dcterms:description"),
    ("influence", 'dso:publishedEffect "up to 4x"', "dso:value 4.0e0"),
    ("influence", "dso:strong", "dso:enormous"),
    ("quantities", "dso:appliesTo dso:Accelerator", "dso:appliesTo dso:Fact"),
    ("chip", "dso:note", "dso:locator"),
]
TEXTS = {"chip": CHIP, "others": OTHERS, "influence": INFLUENCE, "quantities": QUANTITIES}


def changed(part: str, old: str, new: str) -> list[Document]:
    """Return the graph with one file replaced; all others are the very documents that conform."""
    name = {
        "chip": "chip-one.ttl",
        "others": "others.ttl",
        "influence": "influence.ttl",
        "quantities": "quantities.ttl",
    }[part]
    text = PREFIXES + TEXTS[part].replace(old, new)
    return [parse_document(name, text) if item.path == name else item for item in BASE]


@pytest.mark.parametrize(("part", "old", "new"), CHANGES)
def test_the_verdict_on_a_change_is_the_verdict_on_the_whole(part: str, old: str, new: str) -> None:
    documents = changed(part, old, new)
    assert set(shacl_findings(documents, conforming=BASE)) == set(shacl_findings(documents))


def test_without_a_word_on_the_queries_of_the_shapes_nothing_is_left_out() -> None:
    shapes = read_documents(folder("shapes"))
    documents = changed("chip", "dso:layer5", "dso:layer2")
    assert scope_of_change(Statements(BASE), Statements(documents), shapes, {}) is None


@pytest.fixture(scope="module")
def bundled() -> tuple[Document, ...]:
    names = ("terms", "facts", "influences", "uncertainty", "supply", "calibration")
    return tuple(item for name in names if (locate() / name).is_dir() for item in read_documents(locate() / name))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "what"),
    [
        # What an untouched node says of a changed one: NVIDIA designs and is named as a company by others.
        ("ds:tsmc-n4 a dso:Company .", "no process node|name a dso"),
        # The sum over the shares of a node, which only a query sees, and which the new node belongs to.
        # Beside it one that a property of its own is about.
        (
            f'{SHARE}\nds:new a dso:Accelerator ; rdfs:label "New"@en ; dso:inLayer dso:layer4 .',
            "the shares of the node sum to more than one & does not stand in its layer",
        ),
        ('ds:fine a dso:Company ; rdfs:label "Fine"@en .', ""),
    ],
)
def test_the_bundled_knowledge_and_something_new_are_judged_alike(
    bundled: tuple[Document, ...], text: str, what: str
) -> None:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in NAMES.items())
    documents = (*bundled, parse_document("facts/loaded/new.ttl", head + text))
    part = shacl_findings(documents, conforming=bundled)
    assert set(part) == set(shacl_findings(documents))
    assert bool(part) == bool(what) or what.startswith("no process node")
    if what and part:
        for one in what.split(" & "):
            assert any(any(word in item.what + item.remedy for word in one.split("|")) for item in part)


def test_nothing_new_asks_nothing_and_a_blank_node_asks_everything() -> None:
    shapes = read_documents(folder("shapes"))
    same = scope_of_change(Statements(BASE), Statements(BASE), shapes, {})
    assert same is not None
    assert same.focus == ()
    blank = parse_document("blank.ttl", PREFIXES + f"[] rdfs:seeAlso <{DS}chip-one> .")
    assert scope_of_change(Statements(BASE), Statements([*BASE, blank]), shapes, {}) is None


def test_a_file_beside_the_bundled_knowledge_is_judged_by_the_shapes(tmp_path: Path) -> None:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in NAMES.items())
    text = 'ds:new a dso:Accelerator ; rdfs:label "New"@en ; dso:inLayer dso:layer4 .'
    (tmp_path / "new.ttl").write_text(head + text, encoding="utf-8")
    (error,) = [item for item in validate_paths([tmp_path / "new.ttl"]) if item.is_error]
    # Only a shape says so.
    assert (error.rule, error.line) == ("shape", len(NAMES) + 1)
    assert "does not stand in its layer" in error.what


READS = """
SELECT $this (SUM(?n) AS ?value) WHERE {{ ?share <x:allocates> $this ; <x:fact> ?fact . ?fact <x:value> ?n . {more} }}
GROUP BY $this HAVING (SUM(?n) > 1)
"""


@pytest.mark.parametrize(
    ("more", "linked"),
    [
        ("BIND(?n * 2 AS ?m) FILTER(?n > 0)", True),
        ("?fact <x:of> ?thing . ?thing <x:in> ?place .", True),
        ("?other <x:of> ?fact .", True),
        # Two facts with the same number, or in the same place: only words, or a name, are equal.
        ("?other <x:value> ?n .", False),
        ("?fact <x:in> <x:here> . ?other <x:in> <x:here> .", False),
        ("?alone <x:of> ?thing .", False),
        ("OPTIONAL { ?fact <x:of> ?thing . }", False),
        ("FILTER NOT EXISTS { ?fact <x:of> ?thing . }", False),
        ("MINUS { ?fact <x:of> ?thing . }", False),
        ("{ ?fact <x:of> ?thing . } UNION { ?thing <x:of> ?fact . }", False),
    ],
)
def test_a_query_goes_from_thing_to_thing_where_each_pattern_shares_a_subject(more: str, linked: bool) -> None:
    text = READS.format(more=more)
    shape = parse_document("shape.ttl", f'@prefix sh: <{SH}> . [] sh:select """{text}""" .')
    reading = readings_of([shape])[text]
    assert reading is not None
    assert reading.linked is linked
    assert reading.predicates >= {"x:allocates", "x:fact", "x:value"}


@pytest.mark.parametrize("more", ["?fact ?any ?thing .", "?fact <x:of>/<x:in> ?place .", "no query"])
def test_a_query_with_open_predicates_may_read_anything(more: str) -> None:
    text = READS.format(more=more)
    shape = parse_document("shape.ttl", f'@prefix sh: <{SH}> . [] sh:select """{text}""" .')
    assert readings_of([shape]) == {text: None}


def test_every_query_of_the_bundled_shapes_goes_from_thing_to_thing() -> None:
    readings = readings_of(read_documents(folder("shapes")))
    assert readings
    assert all(reading is not None and reading.linked for reading in readings.values())


def test_what_was_withdrawn_is_asked_about_with_all_that_it_was_linked_to() -> None:
    share = (
        "sup:{0} a dso:AllocationShare ; dso:allocates sup:node ; dso:shareFact fact:{0} .\n"
        'fact:{0} a dso:Fact ; dso:value 0.5e0 ; dso:unit "1" .\n'
    )
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in NAMES.items())
    node = parse_document("node.ttl", head + "sup:node a dso:ProductionNode . sup:far a dso:ProductionNode .")
    one, other = (parse_document(f"{name}.ttl", head + share.format(name)) for name in ("one", "other"))
    shapes = read_documents(folder("shapes"))
    scope = scope_of_change(
        Statements([*BASE, node, one, other]), Statements([*BASE, node, one]), shapes, readings_of(shapes)
    )
    assert scope is not None
    supply = NAMES["sup"]
    assert supply + "node" in scope.focus
    assert supply + "far" not in scope.focus
    assert NAMES["fact"] + "one" in scope.nodes
