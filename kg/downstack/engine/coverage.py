"""What the width of a band does not hold: how many facts behind a number were taken as exact."""

from __future__ import annotations

from collections.abc import Iterable

from downstack.engine.distributions import distribution_of
from downstack.results import FactCoverage, Trace


def fact_coverage(traces: Iterable[Trace]) -> FactCoverage:
    """Count the facts that some numbers rest on together, those that vary, and the assumptions among them."""
    varies: dict[str, bool] = {}
    assumptions: set[str] = set()
    for trace in traces:
        for node in trace.walk():
            if node.own_facts:
                fact = node.own_facts[0]
                varies[fact.iri] = distribution_of(node.own_facts, node.quantity) is not None
                if fact.confidence == "assumption":
                    assumptions.add(fact.iri)
    return FactCoverage(facts=len(varies), varying=sum(varies.values()), assumptions=len(assumptions))
