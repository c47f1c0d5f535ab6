"""Facts that answer and are older than their quantity allows, or held only until a day that has passed.

Age is judged on the newest date in the graph and not on the day of the machine, so that one graph version always has the
same findings.
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.ages import stale_reason
from downstack.graph.checks.common import Fault
from downstack.graph.quality.rule import AS_OF, Examined, Rule


def stale(examined: Examined) -> Iterator[Fault]:
    """Yield the facts that answers would call stale."""
    held = examined.knowledge
    for entity, quantity in sorted(held.facts_by_subject):
        fact = examined.best(entity, quantity)
        reason = None if fact is None else stale_reason(held.quantities[quantity], fact, held.today)
        if fact is not None and reason is not None:
            what = reason.rpartition(" (")[0]
            yield Fault(
                fact.iri, AS_OF, None, what, "look for a newer value and add it beside this one", "stale", "note"
            )


RULES = (Rule("stale", ("note",), "every fact that answers is younger than the age budget of its quantity", stale),)
