"""Nothing is stated for a time after it was read.

A fact whose date lies behind the day on which its source was read is a forecast, and its date is that of the forecast; what
it speaks of belongs into the condition. That an end comes after a beginning is checked on every reading already
(``date-order``).
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.model import Source
from downstack.graph.quality.rule import AS_OF, Examined, Rule


def read_before_stated(examined: Examined) -> Iterator[Fault]:
    """Yield the facts and relations that are dated after their source was read."""
    for fact in examined.knowledge.facts:
        yield from _late(fact.iri, f"{fact.entity}.{fact.quantity}", fact.as_of, fact.source)
    for relation in examined.knowledge.relations:
        what = f"{relation.subject} {relation.predicate} {relation.object}"
        yield from _late(relation.iri, what, relation.as_of, relation.source)


def _late(iri: str, name: str, as_of: str | None, source: Source) -> Iterator[Fault]:
    read = source.retrieved
    if as_of is None or read is None:
        return
    size = min(len(as_of), len(read))
    if as_of[:size] > read[:size]:
        what = f"{name} is stated for {as_of}, and its source was read in {read}"
        remedy = "date a forecast by when it was made and put its time into dso:condition; or correct dso:retrieved"
        yield Fault(iri, AS_OF, None, what, remedy, "read-before-stated", "warning", (source.iri,))


RULES = (
    Rule(
        "read-before-stated",
        ("warning",),
        "no fact or relation is dated after the day on which its source was read",
        read_before_stated,
    ),
)
