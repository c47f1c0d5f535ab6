"""Facts of one thing that differ by more than rounding.

The key of a fact is what it is of, which quantity, under which condition and, where the quantity varies in time, of which
date. Facts of one key from different sources should agree; where they do not, the better known one answers, and all of them
make the interval. A contradiction between facts that are known equally well is a warning: nothing but a date decides between
them, and one of them is probably of something else. One that the policy settles is a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from downstack.graph.checks.common import Fault
from downstack.graph.model import Fact
from downstack.graph.quality.rule import VALUE, Examined, Rule

TOLERANCE = 0.10
"""Of the larger value: sources round, count GiB as GB, and measure at slightly different clocks."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Facts of one key, best first, and how far apart they are."""

    facts: tuple[Fact, ...]
    spread: float
    """The difference of the largest and the smallest over the larger magnitude."""
    spread_of_best: float
    """The same among those that are known as well as the one that answers."""


def contradictions(examined: Examined) -> Iterator[Contradiction]:
    """Yield the keys whose sources differ by more than the tolerance, in the order of entity and quantity."""
    for (_, quantity), facts in sorted(examined.knowledge.facts_by_subject.items()):
        kind = examined.knowledge.quantities[quantity]
        in_time = kind.varies_in_time or kind.age_budget is not None
        groups: dict[tuple[str | None, str | None, str | None], list[Fact]] = defaultdict(list)
        for fact in facts if len(facts) > 1 else ():
            if fact.is_current:
                dated = (fact.as_of, fact.valid_until) if in_time else (None, None)
                groups[fact.condition, *dated].append(fact)
        for _, group in sorted(groups.items(), key=lambda item: (*map(str, item[0]),)):
            if len({fact.source.iri for fact in group}) < 2:
                continue
            best = [fact for fact in group if fact.confidence == group[0].confidence]
            found = Contradiction(tuple(group), _spread(group), _spread(best))
            if found.spread > TOLERANCE:
                yield found


def _spread(facts: Iterable[Fact]) -> float:
    """Return how far facts are apart; ranges that meet do not contradict each other."""
    listed = list(facts)
    lows = [fact.value if fact.high is None else fact.high for fact in listed]
    highs = [fact.value if fact.low is None else fact.low for fact in listed]
    # The gap between the lowest upper end and the highest lower end.
    least, most = min(lows), max(highs)
    largest = max(abs(least), abs(most))
    return max(0.0, (most - least) / largest) if largest > 0.0 else 0.0


def contradiction(examined: Examined) -> Iterator[Fault]:
    """Yield what sources do not agree on."""
    for found in contradictions(examined):
        answers = found.facts[0]
        furthest = max(found.facts, key=lambda fact: abs(fact.value - answers.value))
        equal = found.spread_of_best > TOLERANCE
        listed = "; ".join(examined.printed(fact) for fact in found.facts[:4])
        more = f"; and {len(found.facts) - 4} more" if len(found.facts) > 4 else ""
        what = f"sources differ by {found.spread:.0%} on {answers.entity}.{answers.quantity}: {listed}{more}"
        remedy = (
            "say with dso:condition what each is of, or with dso:confidence which one is known better"
            if equal
            else f"the {answers.confidence} value answers; nothing to do unless it is the wrong one"
        )
        also = tuple(fact.iri for fact in found.facts if fact is not furthest)
        yield Fault(furthest.iri, VALUE, None, what, remedy, "contradiction", "warning" if equal else "note", also)


RULES = (
    Rule(
        "contradiction",
        ("warning", "note"),
        "sources of one quantity of one entity, under one condition, differ by at most a tenth",
        contradiction,
    ),
)
