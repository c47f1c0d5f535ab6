"""A fault, the names that a graph knows, and the building blocks that all checks share."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from downstack.graph.statements import Statements, Text, Value
from downstack.vocabulary import DCTERMS, DSO, OWL, RDF, RDFS, SKOS, XSD, shorten

TYPE = RDF + "type"
LABEL = RDFS + "label"
ALIAS = SKOS + "altLabel"
SOURCE = DCTERMS + "source"
DOMAIN = RDFS + "domain"
RANGE = RDFS + "range"
DISJOINT = OWL + "disjointWith"
FUNCTIONAL = OWL + "FunctionalProperty"

DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_LAST_PART = re.compile(r".*[/#]")
NUMERIC = {XSD + name for name in ("double", "float", "decimal", "integer", "int", "long", "nonNegativeInteger")}


class Fault(NamedTuple):
    """A wrong or doubtful statement, before its place in a file is looked up."""

    subject: str
    predicate: str | None
    value: Value | None
    what: str
    remedy: str
    rule: str
    severity: str = "error"
    also: tuple[str, ...] = ()
    """The other subjects that it is about: what contradicts, what adds up, what has the same name."""


class Names:
    """What a graph knows by name; every check asks it."""

    def __init__(self, statements: Statements, latest: str) -> None:
        self.statements = statements
        self.latest = latest
        """The last date that is not in the future."""
        self.superclasses = statements.superclasses()
        self.entity_classes = frozenset(
            name for name, closure in self.superclasses.items() if DSO + "Entity" in closure
        )
        self.classes: dict[str, set[str]] = {}
        """Entity to its classes, superclasses included."""
        for name in self.entity_classes:
            for subject in statements.by_type.get(name, ()):
                self.classes.setdefault(subject, set()).update(self.superclasses[name])
        self._members: dict[str, frozenset[str]] = {}
        self._nearest: dict[str, str] = {}

    def members(self, name: str) -> frozenset[str]:
        """Return the individuals of a class of the vocabulary, for example ``Confidence``."""
        if name not in self._members:
            self._members[name] = frozenset(self.statements.instances(name))
        return self._members[name]

    def nearest(self, name: str, among: Iterable[str]) -> str:
        """Return a hint with the nearest of some names, or nothing; asked for the same name again, the same hint."""
        if name not in self._nearest:
            by_local = {_LAST_PART.sub("", item): item for item in among}
            near = difflib.get_close_matches(_LAST_PART.sub("", name), by_local, n=3, cutoff=0.6)
            self._nearest[name] = f"nearest: {', '.join(shorten(by_local[item]) for item in near)}" if near else ""
        return self._nearest[name]

    @cached_property
    def cited(self) -> frozenset[tuple[str, str, str]]:
        """The triples that relation nodes cite."""
        return frozenset(
            ends for node in self.statements.instances("Relation") if (ends := relation_ends(self.statements, node))
        )


def relation_ends(statements: Statements, node: str) -> tuple[str, str, str] | None:
    """Return subject, predicate and object of a relation node, or None when one is missing."""
    parts = [statements.iris(node, RDF + part) for part in ("subject", "predicate", "object")]
    return (parts[0][0], parts[1][0], parts[2][0]) if all(parts) else None


def exactly_one(names: Names, subject: str, predicate: str, remedy: str) -> Iterable[Fault]:
    """Return a fault unless the subject has exactly one value of the predicate."""
    # Nearly everything is right, and right answers are given a million times: they must cost next to nothing.
    values = names.statements.values(subject, predicate)
    if len(values) == 1:
        return ()
    if not values:
        return (Fault(subject, None, None, f"{shorten(subject)} has no {shorten(predicate)}", remedy, "missing"),)
    return at_most_one(names, subject, predicate)


def at_most_one(names: Names, subject: str, predicate: str) -> Iterable[Fault]:
    """Return a fault when the subject has several values of the predicate."""
    stated = names.statements.values(subject, predicate)
    if len(stated) <= 1:
        return ()
    values = list(dict.fromkeys(stated))
    if len(values) == 1:
        return ()
    what = f"{shorten(subject)} has {len(values)} values of {shorten(predicate)}: {listed(values)}"
    return (Fault(subject, predicate, values[1], what, "keep one", "repeated"),)


def known(
    names: Names, subject: str, predicate: str, among: Collection[str], kind: str, remedy: str
) -> Iterable[Fault]:
    """Return a fault for every value of the predicate that is not one of the known names."""
    faults: list[Fault] = []
    for value in names.statements.values(subject, predicate):
        if isinstance(value, Text) or value not in among:
            near = "" if isinstance(value, Text) else names.nearest(value, among)
            what = f"unknown {kind} {shown(value)}"
            faults.append(Fault(subject, predicate, value, what, near or remedy, f"unknown-{kind}"))
    return faults


def word(names: Names, subject: str, name: str, words: tuple[str, ...]) -> Iterable[Fault]:
    """Return a fault for every value of a property of the vocabulary that is not one of a few words."""
    faults: list[Fault] = []
    for value in names.statements.values(subject, DSO + name):
        if not (isinstance(value, Text) and value.value in words):
            what = f"dso:{name} {shown(value)} is not one of {', '.join(words)}"
            faults.append(Fault(subject, DSO + name, value, what, "use one of them", "word"))
    return faults


def dated(names: Names, subject: str, name: str, *, may_be_future: bool = False) -> Iterable[Fault]:
    """Return a fault unless the property has at most one value, an ISO date that has begun."""
    predicate = DSO + name
    values = names.statements.nodes[subject].get(predicate)
    if values is None:
        return ()
    faults = list(at_most_one(names, subject, predicate))
    for value in values:
        if not (isinstance(value, Text) and is_date(value.value)):
            what = f"dso:{name} {shown(value)} is not a date"
            faults.append(Fault(subject, predicate, value, what, "write YYYY, YYYY-MM or YYYY-MM-DD", "date"))
        elif not may_be_future and value.value > names.latest[: len(value.value)]:
            what = f"dso:{name} {value.value} is in the future"
            faults.append(
                Fault(subject, predicate, value, what, "write the date on which it was stated", "future-date")
            )
    return faults


@lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """Return whether a text is an ISO date of the precision of a year, a month or a day."""
    if not DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def order_of_dates(names: Names, subject: str) -> Iterator[Fault]:
    """Yield a fault when something ended before it was stated."""
    start, end = (names.statements.text(subject, DSO + name) for name in ("asOf", "validUntil"))
    if start and end and end[: min(len(start), len(end))] < start[: min(len(start), len(end))]:
        what = f"{shorten(subject)} is valid until {end}, before the {start} that it is stated for"
        yield Fault(subject, DSO + "validUntil", None, what, "correct one of the dates", "date-order")


def sourced(names: Names, subject: str) -> Iterator[Fault]:
    """Yield a fault unless the subject names one source that is described."""
    yield from exactly_one(names, subject, SOURCE, "name where it was read: dcterms:source src:...")
    yield from known(names, subject, SOURCE, names.members("Source"), "source", "describe it as a dso:Source")


def shown(value: Value) -> str:
    """Return a value as a message shows it, shortened."""
    text = f'"{value.value}"' if isinstance(value, Text) else shorten(value)
    return text if len(text) <= 80 else text[:77] + "..."


def listed(values: Iterable[Value]) -> str:
    """Return some values as a message lists them."""
    every = [shown(value) for value in values]
    return ", ".join(every[:4]) + (", ..." if len(every) > 4 else "")


def a_word(iri: str) -> str:
    """Return the name of a class as words with its article: ``dso:MemoryTechnology`` is a memory technology."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", iri.removeprefix(DSO)).lower()
    return f"an {name}" if name[:1] in "aeiou" else f"a {name}"
