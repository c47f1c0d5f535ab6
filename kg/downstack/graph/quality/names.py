"""Two entities that go by one name, or by nearly the same one.

One name of two things of a kind makes every question by that name ambiguous, and often the two are one thing that was added
twice. Across kinds it may be meant: the product and its models are both called Claude. Names that are nearly the same are
only looked at within a kind, and only where they differ in how long words are spelled or set apart: numbers and letters
beside them (H100 and V100, v5e and v5p, L40 and L40S) are what tells models and chips apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from rapidfuzz import fuzz

from downstack.graph.checks.common import ALIAS, LABEL, Fault
from downstack.graph.model import Entity
from downstack.graph.names import normalise, spell
from downstack.graph.quality.rule import Examined, Rule

NEAR = 80.0
"""Similarity of 100 from which two words are one word spelled twice."""
LEAST_LENGTH = 6
"""Of a word that may be misspelt: shorter ones differ by a letter and mean it."""


def duplicate_name(examined: Examined) -> Iterator[Fault]:
    """Yield the names that several entities carry."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    entities = examined.knowledge.entities
    for slug, entity in entities.items():
        for text in (entity.label, *entity.aliases, slug):
            owners[normalise(text)].setdefault(slug, text)
    for name, named in sorted(owners.items()):
        # Each with the first of its kind, or else the first of all: of a hundred of one name a hundred are said, not all pairs.
        first_of: dict[str, str] = {}
        slugs = sorted(named)
        for second in slugs:
            kind = entities[second].type
            first = first_of.setdefault(kind, second)
            same = first != second
            if second == slugs[0]:
                continue
            first = first if same else slugs[0]
            what = f"{first} and {second} are both called {named[second]!r}"
            remedy = "make them one entity, or give each a name of its own" if same else "ask by slug where it matters"
            severity = "warning" if same else "note"
            yield _fault(entities[second], entities[first], name, what, remedy, "duplicate-name", severity)


def near_duplicate(examined: Examined) -> Iterator[Fault]:
    """Yield pairs of entities of one kind whose names are nearly the same."""
    by_type: dict[str, list[Entity]] = defaultdict(list)
    for _, entity in sorted(examined.knowledge.entities.items()):
        by_type[entity.type].append(entity)
    for group in by_type.values():
        # Only the labels: aliases are spellings of one thing, and nearly the same on purpose.
        words = [spell(entity.label) for entity in group]
        for row, column in combinations(range(len(group)), 2):
            if nearly_same(words[row], words[column]):
                first, second = group[row], group[column]
                what = f"{first.id} and {second.id} have nearly the same name: {first.label!r} and {second.label!r}"
                remedy = "make them one entity if they are one thing"
                yield _fault(second, first, normalise(second.label), what, remedy, "near-duplicate", "note")


def nearly_same(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Return whether two names are one spelled twice: the same letters set apart elsewhere, or one long word misspelt.

    Examples
    --------
    >>> nearly_same(("qwen", "3", "coder"), ("qwen", "3coder"))
    True
    >>> nearly_same(("cerebras", "wse", "3"), ("cerebrass", "wse", "3"))
    True
    >>> nearly_same(("nvidia", "h", "100"), ("nvidia", "v", "100"))
    False
    """
    if first == second or "".join(first) == "".join(second):
        return first != second
    if len(first) != len(second):
        return False
    differing = [(one, other) for one, other in zip(first, second, strict=True) if one != other]
    if len(differing) != 1:
        return False
    (one, other), *_ = differing
    long = min(len(one), len(other)) >= LEAST_LENGTH and one.isalpha() and other.isalpha()
    return long and fuzz.ratio(one, other) >= NEAR


def _fault(entity: Entity, other: Entity, name: str, what: str, remedy: str, rule: str, severity: str) -> Fault:
    predicate = None
    if normalise(entity.label) == name:
        predicate = LABEL
    elif any(normalise(alias) == name for alias in entity.aliases):
        predicate = ALIAS
    return Fault(entity.iri, predicate, None, what, remedy, rule, severity, (other.iri,))


RULES = (
    Rule("duplicate-name", ("warning", "note"), "no name belongs to two entities", duplicate_name),
    Rule("near-duplicate", ("note",), "no two entities of a kind have nearly the same name", near_duplicate),
)
