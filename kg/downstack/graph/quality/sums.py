"""Parts are at most their whole, and the shares of one whole at most one.

Which quantities are parts (``dso:addsUpTo``) or shares (``dso:dividesOneWhole``) the vocabulary says. Parts are compared as one
source gives them; what is left over is not wrong, but somebody should know what it is. Shares are compared within one date and
one condition; where sources disagree, the lowest of each entity must still fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.model import Fact
from downstack.graph.quality.rule import VALUE, Examined, Rule

ROUNDING = 0.02
"""Of the parts together: each is rounded by itself."""
LEFT_OVER = 0.05
"""Of the whole: what no part names, before it is said."""


def parts(examined: Examined) -> Iterator[Fault]:
    """Yield the wholes that are less than their parts, and those with much that no part names."""
    wholes: dict[str, list[str]] = defaultdict(list)
    for kind in examined.knowledge.quantities.values():
        if kind.adds_up_to is not None:
            wholes[kind.adds_up_to].append(kind.id)
    for whole, names in wholes.items():
        for slug in sorted(examined.knowledge.entities):
            for total in examined.facts(slug, whole):
                pieces = [
                    fact
                    for name in sorted(names)
                    for fact in examined.facts(slug, name)
                    if fact.source.iri == total.source.iri and fact.condition == total.condition
                ]
                if pieces:
                    yield from _compare(examined, whole, total, pieces)


def _compare(examined: Examined, whole: str, total: Fact, pieces: list[Fact]) -> Iterator[Fault]:
    together = sum(fact.value for fact in pieces)
    named = " + ".join(f"{fact.quantity} {fact.literal}" for fact in pieces)
    also = tuple(fact.iri for fact in pieces)
    said = examined.number(whole, together)
    if together > total.value * (1.0 + ROUNDING):
        what = f"the parts of {total.entity}.{whole} are {said}, more than the {total.literal} {total.unit} of the whole: {named}"
        remedy = "correct the whole or a part, or say of what each is with dso:condition"
        yield Fault(total.iri, VALUE, None, what, remedy, "cost-parts", "error", also)
    elif together < total.value * (1.0 - LEFT_OVER):
        share = 1.0 - together / total.value
        what = f"{share:.0%} of {total.entity}.{whole} ({total.literal} {total.unit}) is in no part: {named}"
        yield Fault(
            total.iri, VALUE, None, what, "add the missing parts where a source names them", "cost-parts", "note", also
        )


def shares(examined: Examined) -> Iterator[Fault]:
    """Yield the wholes of which more than all is given away."""
    groups: dict[tuple[str, str | None, str], dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in examined.knowledge.facts:
        kind = examined.knowledge.quantities[fact.quantity]
        if kind.divides_one_whole and fact.is_current and fact.as_of is not None:
            groups[fact.quantity, fact.condition, fact.as_of][fact.entity].append(fact)
    for (quantity, condition, date), by_entity in sorted(groups.items(), key=lambda item: (*map(str, item[0]),)):
        rounding = 0.005 * len(by_entity)
        least = sum(min(fact.value for fact in facts) for facts in by_entity.values())
        most = sum(max(fact.value for fact in facts) for facts in by_entity.values())
        if most <= 1.0 + rounding:
            continue
        chosen = [max(facts, key=lambda fact: fact.value) for facts in by_entity.values()]
        largest = max(chosen, key=lambda fact: fact.value)
        listed = ", ".join(f"{fact.entity} {fact.literal} {fact.unit}" for fact in chosen)
        whole = f"{quantity}{f' {condition}' if condition else ''} in {date}"
        impossible = least > 1.0 + rounding
        what = f"the shares of {whole} add up to {least if impossible else most:.1%}: {listed}"
        remedy = (
            "correct one, or say with dso:condition of what each is a share"
            if impossible
            else "sources disagree, and the lowest of each would fit: give quarters as dso:asOf where they are known"
        )
        also = tuple(fact.iri for fact in chosen if fact is not largest)
        yield Fault(largest.iri, VALUE, None, what, remedy, "shares", "error" if impossible else "note", also)


RULES = (
    Rule(
        "cost-parts",
        ("error", "note"),
        "the parts of a whole that one source names add up to at most the whole",
        parts,
    ),
    Rule("shares", ("error", "note"), "the shares of one whole on one date add up to at most one", shares),
)
