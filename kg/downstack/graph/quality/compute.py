r"""The peak rate is what the matrix units can do.

.. math:: P = n_{units} \, o_{cycle} \, f

A stated peak that is twice as much counts multiplications by zeros (structured sparsity); one that is half as much counts a
multiplication and its addition once.
"""

from __future__ import annotations

from collections.abc import Iterator

from downstack.graph.checks.common import Fault
from downstack.graph.quality.rule import VALUE, Examined, Rule

ROUNDING = 0.03
"""Datasheets round the peak, and some compute it from the clock before the last change."""
FACTOR = 1.5
"""From here on it is not another clock but another way of counting."""


def peak_rate(examined: Examined) -> Iterator[Fault]:
    """Yield the peak rates that are not the product of units, operations and clock."""
    for slug in examined.knowledge.members("Accelerator"):
        units = examined.best(slug, "matrix_core_count")
        operations = examined.best(slug, "operations_per_matrix_core_cycle")
        clock = examined.best(slug, "clock_frequency_max")
        if units is None or operations is None or clock is None:
            continue
        product = units.value * operations.value * clock.value
        for fact in examined.facts(slug, "peak_flops_bf16_dense"):
            ratio = fact.value / product if product > 0.0 else float("inf")
            if 1.0 - ROUNDING <= ratio <= 1.0 + ROUNDING:
                continue
            found = examined.number("peak_flops_bf16_dense", product)
            yield Fault(
                fact.iri,
                VALUE,
                None,
                f"{slug} is said to do {fact.literal} {fact.unit}, {ratio:.3g} times what {units.value:g} units x "
                f"{operations.value:g} operations x {examined.number('clock_frequency_max', clock.value)} give ({found})",
                "store the dense peak: is it the one with sparsity, of two dies, or at another clock?",
                "peak-rate",
                "warning" if 1.0 / FACTOR < ratio < FACTOR else "error",
                (units.iri, operations.iri, clock.iri),
            )


RULES = (
    Rule(
        "peak-rate",
        ("error", "warning"),
        "the dense BF16 peak is matrix units x operations of a cycle x clock",
        peak_rate,
    ),
)
