"""The vocabulary keeps its own rules: every term is explained, and every class has a shape."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from downstack import terms
from downstack.graph.validation import Document, read_documents, shacl_findings, structural_findings
from downstack.vocabulary import DCTERMS, DSO, FNO, ONTOLOGY, OWL, RDF, RDFS, SH, SKOS, folder

TERMS = read_documents(folder("terms"))
SHAPES = read_documents(folder("shapes"))


def store(documents: tuple[Document, ...]) -> ox.Store:
    result = ox.Store()
    for document in documents:
        result.extend(ox.Quad(*triple) for triple in document.triples)
    return result


VOCABULARY = store(TERMS)
SHAPE_GRAPH = store(SHAPES)
DECLARED = sorted(
    {
        quad.subject.value
        for quad in VOCABULARY
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(DSO)
    }
)


def values(graph: ox.Store, subject: str, predicate: str) -> list[str]:
    found = graph.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None)
    return [quad.object.value for quad in found if not isinstance(quad.object, ox.Triple)]


@pytest.mark.parametrize("predicate", [RDFS + "label", SKOS + "definition", SKOS + "example", RDFS + "isDefinedBy"])
def test_every_term_is_explained_once(predicate: str) -> None:
    wrong = [term for term in DECLARED if len(values(VOCABULARY, term, predicate)) != 1]
    assert wrong == []


def test_every_term_names_where_it_comes_from_and_belongs_to_the_vocabulary() -> None:
    assert [term for term in DECLARED if not values(VOCABULARY, term, DCTERMS + "source")] == []
    assert [term for term in DECLARED if values(VOCABULARY, term, RDFS + "isDefinedBy") != [ONTOLOGY]] == []


def test_classes_begin_with_a_capital_and_all_other_terms_do_not() -> None:
    wrong = []
    for term in DECLARED:
        is_class = OWL + "Class" in values(VOCABULARY, term, RDF + "type")
        if term.removeprefix(DSO)[0].isupper() != is_class:
            wrong.append(term)
    assert wrong == []


def test_the_header_says_what_whose_and_under_which_licence() -> None:
    for predicate in ("title", "description", "creator", "license"):
        assert len(values(VOCABULARY, ONTOLOGY, DCTERMS + predicate)) == 1
    assert values(VOCABULARY, ONTOLOGY, DCTERMS + "license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert len(values(VOCABULARY, ONTOLOGY, OWL + "versionIRI")) == 1


def test_every_class_has_a_shape() -> None:
    classes = [term for term in DECLARED if OWL + "Class" in values(VOCABULARY, term, RDF + "type")]
    targets = {
        quad.object.value
        for quad in SHAPE_GRAPH.quads_for_pattern(None, ox.NamedNode(SH + "targetClass"), None)
        if isinstance(quad.object, ox.NamedNode)
    }
    assert sorted(set(classes) - targets) == []
    assert sorted(targets - set(classes)) == [FNO + "Output", FNO + "Parameter"]


def test_every_shape_says_what_is_wrong_and_what_to_do() -> None:
    messages = [
        quad.object.value
        for quad in SHAPE_GRAPH.quads_for_pattern(None, ox.NamedNode(SH + "message"), None)
        if isinstance(quad.object, ox.Literal)
    ]
    assert [message for message in messages if message.count(" => ") != 1] == []
    properties = list(SHAPE_GRAPH.quads_for_pattern(None, ox.NamedNode(SH + "property"), None))
    silent = [
        quad.object
        for quad in properties
        if isinstance(quad.object, ox.NamedNode | ox.BlankNode)
        and not list(SHAPE_GRAPH.quads_for_pattern(quad.object, ox.NamedNode(SH + "message"), None))
    ]
    assert silent == []


def test_the_seven_layers_have_their_numbers_and_names() -> None:
    found = {
        int(values(VOCABULARY, layer, DSO + "number")[0]): values(VOCABULARY, layer, RDFS + "label")[0]
        for layer in (f"{DSO}layer{number}" for number in range(1, 8))
    }
    assert found == {
        1: "AI Applications",
        2: "Foundation Models",
        3: "Software Frameworks",
        4: "Cloud Infrastructures",
        5: "Processors",
        6: "High-Speed Memory and Interconnect",
        7: "Silicon Fabrication",
    }


def test_confidences_are_ranked_from_measured_to_assumption() -> None:
    names = ("measured", "datasheet", "vendorClaim", "press", "estimate", "assumption")
    assert [values(VOCABULARY, DSO + name, DSO + "rank") for name in names] == [[str(rank)] for rank in range(1, 7)]


def test_an_influence_has_no_property_that_holds_a_number() -> None:
    influence = ox.NamedNode(DSO + "QualitativeInfluence")
    properties = [quad.subject for quad in VOCABULARY.quads_for_pattern(None, ox.NamedNode(RDFS + "domain"), influence)]
    assert len(properties) == 11
    ranges = {value for item in properties for value in values(VOCABULARY, str(item).strip("<>"), RDFS + "range")}
    assert ranges == {
        DSO + "Entity",
        DSO + "Strength",
        DSO + "InfluenceConfidence",
        DSO + "QuantityKind",
        "http://www.w3.org/2001/XMLSchema#string",
    }


def test_the_vocabulary_alone_passes_all_checks() -> None:
    assert structural_findings(TERMS) == ()
    assert shacl_findings(TERMS) == ()


def test_the_closed_namespace_holds_exactly_the_declared_terms() -> None:
    constants = {name: value for name, value in vars(terms).items() if isinstance(value, str) and value.startswith(DSO)}
    del constants["NAMESPACE"]
    assert sorted(constants.values()) == DECLARED
    assert all(value == DSO + name.rstrip("_") for name, value in constants.items())
