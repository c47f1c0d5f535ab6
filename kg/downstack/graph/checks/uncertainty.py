"""What is said of errors: distributions with the numbers that they need, correlations that can hold together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from downstack.graph.checks.common import LABEL, Fault, Names, at_most_one, exactly_one, known, sourced
from downstack.graph.statements import Text
from downstack.vocabulary import DSO, shorten

_SPREAD = ("distribution", "standardDeviation", "logStandardDeviation", "correlationGroup")
_DEVIATION = {"normal": "standardDeviation", "lognormal": "logStandardDeviation"}
_ROUNDING = 1e-6
"""How far below zero the smallest eigenvalue of correlations that are printed with a few digits may be."""


def check_uncertainty(names: Names) -> Iterator[Fault]:
    """Yield the faults of distributions and correlation groups."""
    statements = names.statements
    facts = frozenset(statements.instances("Fact"))
    groups = frozenset(statements.instances("CorrelationGroup"))
    members: dict[str, list[str]] = {group: [] for group in sorted(groups)}
    for subject in list(statements.nodes):
        node = statements.nodes[subject]
        if not any(DSO + name in node for name in _SPREAD):
            continue
        if subject not in facts:
            what = f"{shorten(subject)} has a distribution or a correlation group, but is no fact that is described"
            yield Fault(subject, None, None, what, "correct the name of the fact", "unknown-fact")
            continue
        yield from _distribution(names, subject)
        yield from known(
            names,
            subject,
            DSO + "correlationGroup",
            groups,
            "correlation group",
            "describe it as a dso:CorrelationGroup",
        )
        for group in statements.iris(subject, DSO + "correlationGroup"):
            members.get(group, []).append(subject)
    for group, found in members.items():
        yield from _group(names, group, sorted(set(found)), facts)


def _distribution(names: Names, fact: str) -> Iterator[Fault]:
    for name in _SPREAD:
        yield from at_most_one(names, fact, DSO + name)
    words = names.members("Distribution")
    yield from known(names, fact, DSO + "distribution", words, "distribution", "use a dso:Distribution")
    stated = {
        name: number
        for name in ("value", "low", "high", "standardDeviation", "logStandardDeviation")
        if (number := _number(names, fact, name)) is not None
    }
    for name in ("standardDeviation", "logStandardDeviation"):
        if names.statements.values(fact, DSO + name) and not stated.get(name, 0.0) > 0.0:
            what = f"dso:{name} of {shorten(fact)} is not a number above zero"
            yield Fault(fact, DSO + name, None, what, "write it as 0.02e0, without quotes", "deviation")
    kind = next(iter(names.statements.iris(fact, DSO + "distribution")), DSO).removeprefix(DSO)
    for word, name in _DEVIATION.items():
        if name in stated and kind != word:
            what = f"{shorten(fact)} has dso:{name}, which says nothing unless it is dso:{word}"
            yield Fault(fact, DSO + name, None, what, f"add dso:distribution dso:{word}, or remove it", "distribution")
    if kind and not ({"low", "high"} <= stated.keys() or _DEVIATION.get(kind) in stated):
        other = f", or dso:{_DEVIATION[kind]}" if kind in _DEVIATION else ""
        what = f"{shorten(fact)} is dso:{kind} and does not say how wide"
        yield Fault(fact, DSO + "distribution", None, what, f"add dso:low and dso:high{other}", "distribution")
    if kind == "lognormal" and min(stated.get("value", 1.0), stated.get("low", 1.0)) <= 0.0:
        what = f"{shorten(fact)} is dso:lognormal, and its value or lower end is not above zero"
        yield Fault(fact, DSO + "distribution", None, what, "use dso:normal, or correct the number", "distribution")


def _group(names: Names, group: str, members: list[str], facts: frozenset[str]) -> Iterator[Fault]:
    statements = names.statements
    yield from exactly_one(names, group, LABEL, "say what its facts have in common: rdfs:label")
    yield from sourced(names, group)
    yield from exactly_one(
        names, group, DSO + "confidence", "say how the correlation is known; dso:assumption if nobody"
    )
    yield from known(
        names, group, DSO + "confidence", names.members("Confidence"), "confidence", "use a dso:Confidence"
    )
    yield from at_most_one(names, group, DSO + "correlation")
    single = _number(names, group, "correlation")
    stated: dict[frozenset[str], float] = {}
    for pair in statements.iris(group, DSO + "hasPairCorrelation"):
        ends = frozenset(statements.iris(pair, DSO + "betweenFact"))
        value = _number(names, pair, "correlation")
        if len(ends) != 2 or not ends <= set(members) or value is None:
            what = f"{shorten(pair)} is not a correlation of two facts of {shorten(group)}"
            remedy = "name two facts that belong to the group with dso:betweenFact, and give dso:correlation"
            yield Fault(pair, None, None, what, remedy, "correlation")
        elif ends in stated:
            what = f"{shorten(group)} gives the correlation of one pair twice"
            yield Fault(pair, None, None, what, "keep one", "correlation")
        else:
            stated[ends] = value
    if stated and single is not None:
        what = f"{shorten(group)} has one correlation for all pairs and one for each"
        yield Fault(group, DSO + "correlation", None, what, "keep one of the two", "correlation")
        return
    missing = [
        (first, second)
        for place, first in enumerate(members)
        for second in members[place + 1 :]
        if stated and frozenset((first, second)) not in stated
    ]
    if missing:
        what = f"{shorten(group)} leaves out the correlation of {shorten(missing[0][0])} and {shorten(missing[0][1])}"
        yield Fault(group, None, None, what, "give that of every pair, or none where it is unknown", "correlation")
        return
    yield from _possible(group, members, stated, single)


def _possible(
    group: str, members: list[str], stated: Mapping[frozenset[str], float], single: float | None
) -> Iterator[Fault]:
    if len(members) < 2 or (single is None and not stated):
        return
    matrix = np.eye(len(members))
    for row, first in enumerate(members):
        for column, second in enumerate(members):
            if row != column:
                matrix[row, column] = single if single is not None else stated[frozenset((first, second))]
    if np.abs(matrix).max() > 1.0:
        what = f"a correlation of {shorten(group)} is not between -1 and 1"
        yield Fault(group, None, None, what, "correct the number", "correlation")
    elif float(np.linalg.eigvalsh(matrix).min()) < -_ROUNDING:
        what = f"the correlations of {shorten(group)} contradict each other: no facts can go together like this"
        yield Fault(
            group, None, None, what, "correct them: their matrix must have no negative eigenvalue", "correlation"
        )


def _number(names: Names, subject: str, name: str) -> float | None:
    for value in names.statements.values(subject, DSO + name):
        if isinstance(value, Text):
            try:
                number = float(value.value.replace("INF", "inf"))
            except ValueError:
                return None
            return number if np.isfinite(number) else None
    return None
