"""Asking the shapes only about what changed gives the verdict of asking about everything."""

from __future__ import annotations

import pytest
from tests.kg.graph.test_validation import CHIP, INFLUENCE, OTHERS, PREFIXES, QUANTITIES, graph

from downstack.graph.documents import Document, parse_document
from downstack.graph.scope import scope_of_change
from downstack.graph.statements import Statements
from downstack.graph.validation import read_documents, shacl_findings
from downstack.vocabulary import DS, folder, locate

BASE = graph()

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
        ('ds:new a dso:Accelerator ; rdfs:label "New"@en ; dso:inLayer dso:layer4 .', "does not stand in its layer"),
        # What an untouched node says of a changed one: NVIDIA designs and is named as a company by others.
        ("ds:tsmc-n4 a dso:Company .", "no process node|name a dso"),
        # The sum over the shares of a node, which only a query sees, and which the new node belongs to.
        (
            "sup:new-share a dso:AllocationShare ; dso:allocates sup:tsmc-cowos ; dso:allocatedTo ds:nvidia ; "
            "dso:shareFact fact:new-share ; dcterms:source src:seed-article .\n"
            "fact:new-share a dso:Fact ; dso:subject ds:nvidia ; dso:quantity dso:allocationShare ; dso:value 99.0e0 ; "
            'dso:literal "99" ; dso:unit "%" ; dso:confidence dso:press ; dcterms:source src:seed-article .',
            "the shares of the node sum to more than one",
        ),
        ('ds:fine a dso:Company ; rdfs:label "Fine"@en .', ""),
    ],
)
def test_the_bundled_knowledge_and_something_new_are_judged_alike(
    bundled: tuple[Document, ...], text: str, what: str
) -> None:
    from downstack.vocabulary import PREFIXES as NAMES

    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in NAMES.items())
    documents = (*bundled, parse_document("facts/loaded/new.ttl", head + text))
    part = shacl_findings(documents, conforming=bundled)
    assert set(part) == set(shacl_findings(documents))
    assert bool(part) == bool(what) or what.startswith("no process node")
    if what and part:
        assert any(any(word in item.what + item.remedy for word in what.split("|")) for item in part)


def test_nothing_new_asks_nothing_and_a_blank_node_asks_everything() -> None:
    shapes = read_documents(folder("shapes"))
    same = scope_of_change(Statements(BASE), Statements(BASE), shapes, {})
    assert same is not None
    assert same.focus == ()
    blank = parse_document("blank.ttl", PREFIXES + f"[] rdfs:seeAlso <{DS}chip-one> .")
    assert scope_of_change(Statements(BASE), Statements([*BASE, blank]), shapes, {}) is None
