"""One triple of a file in this vocabulary: as it stands, with mapped names, or as the fact or relation that it means."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from downstack.graph.validation import read_documents
from downstack.loaders.records import FactRecord, RelationRecord
from downstack.loaders.sources.facts_csv import read_number
from downstack.loaders.sources.rdf_mapping import Mapping, Term
from downstack.loaders.sources.tidy_names import LAYERS
from downstack.loaders.texts import MAX_NAME, clean
from downstack.vocabulary import DCTERMS, DS, DSO, FACT, INF, RDF, RDFS, REL, SKOS, SRC, SUP, locate

TYPE = f"{RDF}type"
LABEL = f"{RDFS}label"
ALIAS = f"{SKOS}altLabel"
OWN = (DS, FACT, REL, SRC, INF, SUP)
"""Namespaces of what statements may be about; the terms of the vocabulary are not among them."""
BESIDE = frozenset(
    {TYPE, LABEL, ALIAS, f"{SKOS}definition"}
    | {f"{DCTERMS}{name}" for name in ("title", "description", "license", "source")}
    | {f"{RDF}{name}" for name in ("subject", "predicate", "object")}
)
"""Properties of other vocabularies that this one uses."""
_ABOUT_TERMS = ("QuantityKind", "RelationPredicate", "BindingRole", "Confidence", "Layer", "Strength", "Distribution")
"""Classes of the vocabulary's own individuals: a statement of data makes nothing one of these."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the vocabulary declares."""

    declared: frozenset[str]
    classes: frozenset[str]
    relations: frozenset[str]
    quantities: dict[str, str]
    """IRI -> identifier."""
    fact: ox.NamedNode

    @classmethod
    def read(cls) -> Terms:
        """Read the product's terms."""
        types: dict[str, set[str]] = {}
        identifiers: dict[str, str] = {}
        for document in read_documents(locate() / "terms"):
            for quad in document.triples:
                if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
                    if quad.predicate.value == TYPE:
                        types.setdefault(quad.subject.value, set()).add(quad.object.value)
                elif quad.predicate.value == f"{DSO}identifier" and isinstance(quad.subject, ox.NamedNode):
                    identifiers[quad.subject.value] = str(getattr(quad.object, "value", ""))
        declared = {name for name in types if name.startswith(DSO)}
        classes = {name for name in declared if any(item.endswith("#Class") for item in types[name])}
        return cls(
            declared=frozenset(declared),
            classes=frozenset(classes - {DSO + name for name in _ABOUT_TERMS}),
            relations=frozenset(name for name in declared if f"{DSO}RelationPredicate" in types[name]),
            quantities={name: identifiers[name] for name in declared if f"{DSO}QuantityKind" in types[name]},
            fact=ox.NamedNode(f"{DSO}Fact"),
        )


@dataclass(frozen=True, slots=True)
class Translated:
    """What one triple becomes."""

    triples: tuple[ox.Triple, ...]
    cites: bool = False
    """Whether it cites the file that it stands in."""


def translate(
    triple: ox.Quad, terms: Terms, mapping: Mapping, source: str, labelled: set[str]
) -> Translated | FactRecord | RelationRecord | str:
    """What a triple becomes, or the reason why nothing does; `labelled` are the mapped things that have a name by now."""
    if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
        return "a node without a name"
    if not isinstance(triple.subject, ox.NamedNode) or isinstance(triple.object, ox.Triple):
        return "a triple inside a triple"
    mapped = mapping.term(triple.predicate.value)
    predicate = mapped.target if mapped else triple.predicate.value
    subject = _name(triple.subject.value, mapping)
    if subject is None:
        about_terms = triple.subject.value.startswith(DSO)
        return "data does not change the vocabulary" if about_terms else "the subject is of another vocabulary"
    if predicate in terms.quantities:
        return _fact(subject, triple, terms.quantities[predicate], mapped, source)
    if predicate not in terms.declared and predicate not in BESIDE:
        return "neither the vocabulary nor the mapping has the property"
    if isinstance(triple.object, ox.Literal):
        if predicate in terms.relations or predicate == TYPE:
            return "a text in the place of a name"
        return _text(subject, predicate, triple.object, mapped, labelled)
    target = _value(triple.object.value, predicate, terms, mapping)
    if target is None:
        return "the class is none of the vocabulary" if predicate == TYPE else "the object is of another vocabulary"
    if mapped is not None and predicate in terms.relations:
        if not (subject.startswith(DS) and target.startswith(DS)):
            return "a relation that does not lead from an entity to an entity"
        ends = subject.removeprefix(DS), target.removeprefix(DS)
        ends = ends[::-1] if mapped.turned else ends
        return RelationRecord(ends[0], predicate.removeprefix(DSO), ends[1], source, None, mapped.note)
    made = ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))
    is_mapped = predicate == TYPE and ox.NamedNode(target) != triple.object
    layer = LAYERS.get(target.removeprefix(DSO)) if is_mapped else None
    if layer is None:
        return Translated((made,))
    # A class that another vocabulary's name stands for brings its layer with it, which that vocabulary does not have.
    in_layer = ox.Triple(made.subject, ox.NamedNode(f"{DSO}inLayer"), ox.NamedNode(f"{DSO}layer{layer}"))
    return Translated((made, in_layer))


def _name(iri: str, mapping: Mapping) -> str | None:
    """A thing that statements may be about."""
    found = iri if iri.startswith(OWN) else mapping.name(iri)
    return found if found is not None and found.startswith(OWN) else None


def _value(iri: str, predicate: str, terms: Terms, mapping: Mapping) -> str | None:
    found = iri if iri.startswith((*OWN, DSO)) else mapping.name(iri)
    if predicate == TYPE:
        return found if found in terms.classes else None
    return found


def _fact(subject: str, triple: ox.Quad, quantity: str, mapped: Term | None, source: str) -> FactRecord | str:
    if mapped is None or mapped.unit is None or mapped.confidence is None:
        return "a number without unit and confidence: state a dso:Fact, or map the term with both"
    if not subject.startswith(DS) or not isinstance(triple.object, ox.Literal):
        return "a quantity of something that is no entity, or without a number"
    literal = triple.object.value.strip()
    number = read_number(literal)
    if number is None:
        return "not a number"
    return FactRecord(
        subject=subject.removeprefix(DS), quantity=quantity, literal=literal, value=number[0], low=number[1],
        high=number[2], unit=mapped.unit, confidence=mapped.confidence, source=source, note=mapped.note,
        locator=clean(f"{str(triple.subject).strip('<>')} {triple.predicate.value}"),
    )  # fmt: skip


def _text(subject: str, predicate: str, value: ox.Literal, mapped: Term | None, labelled: set[str]) -> Translated | str:
    if mapped is None:
        return Translated((ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), value),))
    text = clean(value.value, MAX_NAME if predicate in (LABEL, ALIAS) else 1000)
    if not text:
        return "an empty text"
    if predicate == LABEL and subject in labelled:
        # A thing has one name here; what other languages call it are others.
        predicate = ALIAS
    made = ox.Literal(text, language="en") if predicate in (LABEL, f"{SKOS}definition") else ox.Literal(text)
    if predicate == LABEL:
        labelled.add(subject)
    return Translated((ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), made),))
