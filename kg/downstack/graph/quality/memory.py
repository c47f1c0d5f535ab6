r"""A pin carries at most what its memory technology reaches.

.. math:: r = \frac{B}{n_{stacks} \, w} \le r_{max}

with the bandwidth B of the accelerator, its stacks, the pins of one stack, and the largest rate that any fact of the
technology (standard or vendor) states. A row that breaks it has the bandwidth of a board or of both directions, too few
stacks, or the wrong technology.
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.quality.rule import VALUE, Examined, Rule

ROUNDING = 0.005
"""Of a printed bandwidth: 4.8 for 4.79 TB/s says nothing about pins."""
OVERCLOCKED = 0.05
"""Products run a few percent above the rate of their standard; beyond that a number is wrong."""


def pin_rate(examined: Examined) -> Iterator[Fault]:
    """Yield the bandwidths that ask more of a pin than its technology gives."""
    for slug in examined.knowledge.members("Accelerator"):
        stacks = [fact.value for fact in examined.facts(slug, "hbm_stacks") if fact.value > 0.0]
        for memory in examined.linked(slug, "usesMemory") if stacks else ():
            widths = [fact.value for fact in examined.facts(memory, "interface_width")]
            limits = [
                fact
                for name in ("data_rate_per_pin", "vendor_data_rate_per_pin")
                for fact in examined.facts(memory, name)
            ]
            if not widths or not limits:
                continue
            limit = max(limits, key=lambda fact: fact.value)
            for fact in examined.facts(slug, "memory_bandwidth"):
                rate = fact.value / (max(stacks) * max(widths))
                above = rate / limit.value - 1.0
                if above <= ROUNDING:
                    continue
                found, most = (examined.number("data_rate_per_pin", value) for value in (rate, limit.value))
                yield Fault(
                    fact.iri,
                    VALUE,
                    None,
                    f"{slug} would move {found} through a pin ({fact.literal} {fact.unit} over {max(stacks):g} stacks of "
                    f"{max(widths):g} pins), and {memory} reaches {most}",
                    "look at bandwidth, stacks and technology: a number of a whole board, or of another generation?",
                    "pin-rate",
                    "error" if above > OVERCLOCKED else "warning",
                    (limit.iri,),
                )


RULES = (
    Rule(
        "pin-rate",
        ("error", "warning"),
        "bandwidth over stacks and pins is at most the largest cited rate of a pin of the memory technology",
        pin_rate,
    ),
)
