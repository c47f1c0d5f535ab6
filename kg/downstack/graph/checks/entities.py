"""Entities and relations: names, classes, ends that exist, and at most one object of a functional relation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from downstack.graph.checks.common import (
    ALIAS,
    DISJOINT,
    DOMAIN,
    FUNCTIONAL,
    LABEL,
    RANGE,
    TYPE,
    Fault,
    Names,
    a_word,
    at_most_one,
    dated,
    exactly_one,
    known,
    listed,
    order_of_dates,
    relation_ends,
    shown,
    sourced,
)
from downstack.graph.statements import Text, Value
from downstack.vocabulary import DS, DSO, RDF, shorten

MAX_LABEL = 300
_SLUG = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
# Control characters, zero-width characters and the marks that turn the direction of text.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def check_entities(names: Names) -> Iterator[Fault]:
    """Yield the faults of entities and of the relations stated on them."""
    statements = names.statements
    functional = {
        predicate for predicate in names.members("RelationPredicate") if FUNCTIONAL in statements.iris(predicate, TYPE)
    }
    for subject in statements.nodes:
        if subject.startswith(DS) and subject not in names.classes:
            what = f"{shorten(subject)} has no class of entities"
            yield Fault(subject, None, None, what, "state it, for example: a dso:Accelerator", "class")
    for subject, classes in names.classes.items():
        if not (subject.startswith(DS) and _SLUG.fullmatch(subject.removeprefix(DS))):
            what = f"{shorten(subject)} is not the name of an entity"
            remedy = f"use {DS} and lower-case words joined by hyphens or points"
            yield Fault(subject, None, None, what, remedy, "slug")
        yield from exactly_one(names, subject, LABEL, 'add rdfs:label "..."@en')
        yield from at_most_one(names, subject, DSO + "inLayer")
        yield from known(
            names, subject, DSO + "inLayer", names.members("Layer"), "layer", "use dso:layer1 to dso:layer7"
        )
        yield from _visible(names, subject)
        yield from _disjoint(names, subject, classes)
        yield from _links(names, subject, classes, functional)


def _visible(names: Names, subject: str) -> Iterator[Fault]:
    for predicate in (LABEL, ALIAS):
        for value in names.statements.values(subject, predicate):
            text = value.value if isinstance(value, Text) else ""
            if not text.strip() or len(text) > MAX_LABEL or _HIDDEN.search(text):
                what = f"{shorten(subject)} has an empty, overlong or partly invisible {shorten(predicate)}"
                remedy = f"write at most {MAX_LABEL} visible characters"
                yield Fault(subject, predicate, value, what, remedy, "name")


def _disjoint(names: Names, subject: str, classes: set[str]) -> Iterator[Fault]:
    for name in classes:
        for other in names.statements.iris(name, DISJOINT):
            if other in classes and name < other:
                what = f"{shorten(subject)} is both {a_word(name)} and {a_word(other)}"
                yield Fault(subject, TYPE, other, what, "keep the one that is true", "disjoint")


def _links(names: Names, subject: str, classes: set[str], functional: set[str]) -> Iterator[Fault]:
    statements = names.statements
    predicates = names.members("RelationPredicate")
    for predicate, values in statements.nodes[subject].items():
        if predicate not in predicates:
            continue
        distinct = list(dict.fromkeys(values))
        if predicate in functional and len(distinct) > 1:
            what = f"{shorten(predicate)} has at most one object, {shorten(subject)} has {listed(distinct)}"
            yield Fault(subject, predicate, distinct[1], what, "keep one", "functional")
        for domain in statements.iris(predicate, DOMAIN):
            if domain not in classes:
                what = f"{shorten(predicate)} starts from {a_word(domain)}, which {shorten(subject)} is not"
                yield Fault(subject, predicate, None, what, "correct the subject, or state its class", "domain")
        for value in distinct:
            yield from _target(names, subject, predicate, value)


def _target(names: Names, subject: str, predicate: str, value: Value) -> Iterator[Fault]:
    classes = None if isinstance(value, Text) else names.classes.get(value)
    if classes is None or isinstance(value, Text):
        near = "" if isinstance(value, Text) else names.nearest(value, names.classes)
        what = f"{shorten(predicate)} leads to {shown(value)}, which is no entity"
        yield Fault(subject, predicate, value, what, near or "describe it, or correct the name", "dangling")
        return
    for wanted in names.statements.iris(predicate, RANGE):
        if wanted not in classes:
            what = f"{shorten(predicate)} leads to {a_word(wanted)}, which {shown(value)} is not"
            yield Fault(subject, predicate, value, what, "correct the object, or state its class", "range")
    if (subject, predicate, value) not in names.cited:
        what = f"no dso:Relation cites {shorten(subject)} {shorten(predicate)} {shown(value)}"
        yield Fault(subject, predicate, value, what, "add the relation's node with its source", "uncited")


def check_relations(names: Names) -> Iterator[Fault]:
    """Yield the faults of the nodes that cite relations."""
    statements = names.statements
    for node in statements.instances("Relation"):
        for part in ("subject", "predicate", "object"):
            yield from exactly_one(names, node, RDF + part, f"add rdf:{part}")
        for part in ("subject", "object"):
            yield from known(names, node, RDF + part, names.classes, "entity", "describe it, or correct the name")
        yield from known(
            names,
            node,
            RDF + "predicate",
            names.members("RelationPredicate"),
            "relation predicate",
            "use a relation of ontology/terms/relations.ttl",
        )
        yield from sourced(names, node)
        yield from dated(names, node, "asOf")
        yield from dated(names, node, "validUntil", may_be_future=True)
        yield from order_of_dates(names, node)
        ends = relation_ends(statements, node)
        if ends is not None and ends[0] in names.classes and ends[2] not in statements.values(ends[0], ends[1]):
            triple = " ".join(shorten(part) for part in ends)
            what = f"the relation is cited but not stated: {triple}"
            yield Fault(node, RDF + "object", None, what, f"add it to {shorten(ends[0])}", "no-direct-triple")
