"""The Turtle of what people add to a store one by one: a fact, its withdrawal, a scenario."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from downstack.editing import NewScenario
from downstack.graph.checks.quantities import camel_case
from downstack.graph.model import LAYER_NAMES
from downstack.loaders.writer import Pairs, document, double, name, statement, text
from downstack.vocabulary import FACT, RETRACTION, SCENARIO

MAX_SLUG = 80


def slug_of(title: str) -> str:
    """Return the kebab-case name of a title; empty where it has no letter or digit that an IRI can spell plainly.

    >>> slug_of("H200: what if HBM were x1.4?")
    'h200-what-if-hbm-were-x1-4'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].rstrip("-")


def correction_path(fact: str) -> str:
    """Return the file that says what became of a fact; there is one, so that nothing can become of it twice."""
    return f"facts/corrections/{_digest(fact)}.ttl"


def retraction_iri(fact: str) -> str:
    """Return the IRI of the retraction of a fact."""
    return RETRACTION + _digest(fact)


def retraction_document(fact: str, reason: str, day: str) -> str:
    """The file that withdraws a fact."""
    pairs: Pairs = [
        ("a", "dso:Retraction"),
        ("dso:retracts", _fact(fact)),
        ("dso:retractionReason", text(reason)),
        ("dso:retractedOn", text(day)),
    ]
    return document([statement(name("retraction", _digest(fact)), pairs)])


def supersession_document(old: str, new: str) -> str:
    """The file that says which fact corrects another."""
    return document([statement(_fact(old), [("dso:supersededBy", _fact(new))])])


def _fact(iri: str) -> str:
    # Facts that were loaded as RDF may have names of their own.
    return name("fact", iri.removeprefix(FACT)) if iri.startswith(FACT) else f"<{iri}>"


def _digest(fact: str) -> str:
    return hashlib.sha256(fact.encode()).hexdigest()[:24]


def scenario_document(slug: str, scenario: NewScenario) -> str:
    """The file of one scenario."""
    changes = [name("scenario", f"{slug}.change-{place:03}") for place in range(1, len(scenario.changes) + 1)]
    filters = {role: name("scenario", f"{slug}.{role}") for role in sorted(scenario.where)}
    pairs: Pairs = [("a", "dso:Scenario"), ("rdfs:label", text(scenario.name, "en"))]
    if scenario.description:
        pairs.append(("skos:definition", text(scenario.description, "en")))
    pairs.append(("dso:hasChange", ", ".join(changes)))
    if scenario.targets:
        pairs.append(("dso:asksFor", ", ".join(sorted(f"dso:{camel_case(item)}" for item in scenario.targets))))
    if filters:
        pairs.append(("dso:hasFilter", ", ".join(filters.values())))
    if scenario.as_of:
        pairs.append(("dso:asOf", text(scenario.as_of)))
    statements = [statement(name("scenario", slug), pairs)]
    for node, change in zip(changes, scenario.changes, strict=True):
        said: Pairs = [
            ("a", "dso:ScenarioChange"),
            ("dso:changesEntity", name("ds", change.entity)),
            ("dso:changesQuantity", f"dso:{camel_case(change.quantity)}"),
            ("dso:operation", text(change.op.value)),
            ("dso:amount", double(change.value)),
        ]
        if change.unit is not None:
            said.append(("dso:unit", text(change.unit)))
        statements.append(statement(node, said))
    for role, node in filters.items():
        admitted = ", ".join(sorted(_admitted(role, item) for item in scenario.where[role]))
        statements.append(
            statement(node, [("a", "dso:ScenarioFilter"), ("dso:filterRole", text(role)), ("dso:admits", admitted)])
        )
    return document(statements)


def _admitted(role: str, item: str) -> str:
    return f"dso:layer{LAYER_NAMES.index(item) + 1}" if role == "layer" else name("ds", item)


def scenario_iri(slug: str) -> str:
    """Return the IRI of a scenario."""
    return SCENARIO + slug
