"""Sources that can be followed, influences without numbers, and terms that the vocabulary does not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from downstack.graph.checks.common import (
    DOMAIN,
    NUMERIC,
    SOURCE,
    TYPE,
    Fault,
    Names,
    at_most_one,
    dated,
    exactly_one,
    known,
    shown,
    sourced,
    word,
)
from downstack.graph.statements import Text
from downstack.vocabulary import DCTERMS, DSO, RDF, shorten

_REFERENCE = re.compile(
    r"https?://[^\s<>\"\\^`{|}]+"
    r"|urn:[a-z0-9][a-z0-9-]{0,31}:[^\s<>\"\\^`{|}]+"
    r"|[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+@[0-9a-f]{7,40}"
)


def check_sources(names: Names) -> Iterator[Fault]:
    """Yield the faults of sources."""
    reference = DSO + "reference"
    for node in names.statements.instances("Source"):
        yield from exactly_one(names, node, DCTERMS + "title", "add dcterms:title")
        yield from exactly_one(names, node, reference, "say where it can be read: an address, or owner/name@commit")
        yield from at_most_one(names, node, DCTERMS + "license")
        yield from dated(names, node, "retrieved")
        for value in names.statements.values(node, reference):
            if not (isinstance(value, Text) and _REFERENCE.fullmatch(value.value)):
                what = f"the reference {shown(value)} is neither an http(s) address nor a repository with a commit"
                yield Fault(
                    node, reference, value, what, "write https://..., owner/name@commit or urn:...", "reference"
                )


def check_influences(names: Names) -> Iterator[Fault]:
    """Yield the faults of influences; a number in one is a fault wherever it stands."""
    statements = names.statements
    influence = DSO + "QualitativeInfluence"
    allowed = {name for name in statements.nodes if influence in statements.iris(name, DOMAIN)}
    allowed |= {TYPE, SOURCE, DSO + "locator", DSO + "note", DSO + "asOf"}
    needed = [
        (DSO + name, f"add dso:{name}")
        for name in (
            "influenceSource", "influenceTarget", "sign", "strength", "influenceConfidence", "direction", "mechanism"
        )
    ]  # fmt: skip
    words = [
        (DSO + name, name, members, f"use one of {_all(members)}")
        for name, kind in (("strength", "Strength"), ("influenceConfidence", "InfluenceConfidence"))
        for members in (names.members(kind),)
    ]
    kinds = names.members("QuantityKind")
    for node in statements.instances("QualitativeInfluence"):
        stated = statements.nodes[node]
        for predicate, remedy in needed:
            if len(stated.get(predicate, ())) != 1:
                yield from exactly_one(names, node, predicate, remedy)
        for predicate in (DSO + "influenceSource", DSO + "influenceTarget"):
            yield from known(names, node, predicate, names.classes, "entity", "describe it, or correct the name")
        for predicate, name, members, remedy in words:
            yield from known(names, node, predicate, members, name, remedy)
        for name in ("changedKind", "affectedKind"):
            yield from at_most_one(names, node, DSO + name)
            yield from known(names, node, DSO + name, kinds, "quantity", "use a kind of quantities.ttl")
        if bool(statements.values(node, DSO + "changedKind")) != bool(statements.values(node, DSO + "affectedKind")):
            what = f"{shorten(node)} has only one of dso:changedKind and dso:affectedKind"
            yield Fault(node, None, None, what, "give both, or none", "influence-kinds")
        yield from word(names, node, "sign", ("+", "-", "?", "0"))
        yield from word(names, node, "direction", ("up", "down"))
        yield from sourced(names, node)
        yield from dated(names, node, "asOf")
        for predicate, values in stated.items():
            number = None
            for item in values:
                if isinstance(item, Text) and item.datatype in NUMERIC:
                    number = item
                    break
            if number is not None or predicate not in allowed:
                what = f"{shorten(predicate)} {shown(number or values[0])} does not belong to an influence"
                remedy = "an influence carries no number: keep what was printed as text in dso:publishedEffect"
                yield Fault(node, predicate, number or values[0], what, remedy, "influence-closed")


def _all(members: frozenset[str]) -> str:
    return ", ".join(sorted(shorten(item) for item in members))


def check_terms(names: Names) -> Iterator[Fault]:
    """Yield a fault for each name in the vocabulary's namespace that the vocabulary does not declare, at its first use."""
    statements = names.statements
    declared = {name for name in statements.nodes if name.startswith(DSO)}
    # Where a value must be a known name anyway, its own check has said so, and better.
    checked = {DSO + name for name in ("quantity", "confidence", "strength", "influenceConfidence", "inLayer")}
    checked.add(RDF + "predicate")
    # What has been looked at once, right or wrong, is not looked at again.
    seen: set[str] = set()
    for subject, node in statements.nodes.items():
        for predicate, values in node.items():
            if predicate not in seen:
                seen.add(predicate)
                if predicate.startswith(DSO) and predicate not in declared:
                    yield _undeclared(names, subject, predicate, None, predicate, declared)
            if predicate in checked:
                continue
            for name in values:
                if isinstance(name, Text) or name in seen:
                    continue
                seen.add(name)
                if name.startswith(DSO) and name not in declared:
                    yield _undeclared(names, subject, predicate, name, name, declared)


def _undeclared(
    names: Names, subject: str, predicate: str, value: str | None, name: str, declared: Collection[str]
) -> Fault:
    remedy = names.nearest(name, declared) or "correct the spelling, or declare it in ontology/terms"
    return Fault(subject, predicate, value, f"the vocabulary has no term {shorten(name)}", remedy, "undeclared-term")
