"""Transistors over area fit the process that a chip is made in.

A whole die mixes logic with memory, analogue circuits and the ring of its links, so that it stays below the density of
dense logic that the process is quoted with; SRAM alone may be denser. A die that is far from it has the transistors of
several dies over the area of one, or a slipped unit.
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.quality.rule import VALUE, Examined, Rule

LEAST_SHARE = 0.02
"""Of the density of dense logic: below it not a design is unusual but a number is wrong."""


def node_density(examined: Examined) -> Iterator[Fault]:
    """Yield the transistor counts that do not fit area and process."""
    for slug in sorted(examined.knowledge.entities):
        count, area = examined.best(slug, "transistor_count"), examined.best(slug, "die_area")
        if count is None or area is None or area.value <= 0.0:
            continue
        for node in examined.linked(slug, "fabricatedOn"):
            limits = examined.facts(node, "logic_density")
            if not limits:
                continue
            limit = max(limits, key=lambda fact: fact.value)
            density = count.value / area.value
            if LEAST_SHARE * limit.value <= density <= limit.value:
                continue
            found, most = (examined.number("logic_density", value) for value in (density, limit.value))
            yield Fault(
                count.iri,
                VALUE,
                None,
                f"{slug} has {density / limit.value:.3g} times the density of dense logic of {node} "
                f"({found} against {most})",
                "are transistors and area of the same dies, and is the process right?",
                "node-density",
                "warning",
                (area.iri, limit.iri),
            )


RULES = (
    Rule(
        "node-density",
        ("warning",),
        "transistors over area are at most the cited density of dense logic of the process, and not a fiftieth of it",
        node_density,
    ),
)
