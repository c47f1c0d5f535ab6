r"""What a fabric gives a chip: within its scale-up domain, to one peer, beyond the domain, and over tiers of switches.

.. math::

    B_{algorithm} = \beta\,\frac{n}{2(n-1)} \qquad B_{bus} = B_{algorithm}\,\frac{2(n-1)}{n} = \beta \qquad
    l = \frac{\beta}{\beta_{peer}} \qquad R = \frac{\beta}{\beta_{out}} \qquad
    N_2 = r^2\,\frac{o}{1+o} \qquad N_3 = \frac{r^3}{4}

:math:`\beta` rate of a chip in one direction, `n` chips of the domain, :math:`\beta_{peer}` rate to one other chip,
`r` ports of a switch, `o` oversubscription: rate towards the chips over rate towards the next tier.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION, FAT_TREE, NCCL_TESTS
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a chip sends to the others, not to itself")
_A_PORT_A_CHIP = Constant(1.0, "chip", "one port for each accelerator")


@performance_function(
    formula="scaleup_bandwidth_per_direction * n / (2 * (n - 1)), n = scaleup_domain_size",
    citation=NCCL_TESTS,
    constants={"one_chip": _ONE_CHIP},
    assumes=(
        "large messages: latency is left out",
        "a ring: switches that add up on the way allow up to the rate of the link",
    ),
    validity=(Validity("scaleup_domain_size", 2.0, 1e6, "one chip exchanges nothing"),),
    increasing=("scaleup_bandwidth_per_direction",),
    decreasing=("scaleup_domain_size",),
    examples=(
        Example(
            {"scaleup_bandwidth_per_direction": 450e9, "scaleup_domain_size": 8.0},
            257.14e9,
            1e-4,
            "by hand: 450 * 8 / 14",
        ),
    ),
)
def allreduce_algorithm_bandwidth(
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleup_domain_size: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "byte/s/chip"]:
    """Bytes that an all-reduce over a ring of the whole domain adds up in a second, on each chip."""
    return scaleup_bandwidth_per_direction * scaleup_domain_size / (2.0 * (scaleup_domain_size - one_chip))


@performance_function(
    formula="allreduce_algorithm_bandwidth * 2 * (n - 1) / n, n = scaleup_domain_size",
    citation=NCCL_TESTS,
    constants={"one_chip": _ONE_CHIP},
    assumes=("large messages: latency is left out",),
    validity=(Validity("scaleup_domain_size", 2.0, 1e6, "one chip exchanges nothing"),),
    increasing=("allreduce_algorithm_bandwidth", "scaleup_domain_size"),
    examples=(
        Example(
            {"allreduce_algorithm_bandwidth": 257.14e9, "scaleup_domain_size": 8.0},
            450e9,
            1e-4,
            "by hand: 257.14 * 14/8",
        ),
    ),
)
def allreduce_bus_bandwidth(
    allreduce_algorithm_bandwidth: Annotated[Array, "byte/s/chip"],
    scaleup_domain_size: Annotated[Array, "chip"],
    *,
    one_chip: float,
) -> Annotated[Array, "byte/s/chip"]:
    """What nccl-tests prints as bus bandwidth: comparable with the rate of the links, whatever the number of chips."""
    return allreduce_algorithm_bandwidth * 2.0 * (scaleup_domain_size - one_chip) / scaleup_domain_size


@performance_function(
    formula="scaleup_bandwidth_per_direction / scaleup_point_to_point_bandwidth_per_direction",
    citation=DEFINITION,
    assumes=("all links of a chip have the same rate, and a pair of chips has one of them",),
    increasing=("scaleup_bandwidth_per_direction",),
    decreasing=("scaleup_point_to_point_bandwidth_per_direction",),
    examples=(
        Example(
            {
                "scaleup_bandwidth_per_direction": 448e9,
                "scaleup_point_to_point_bandwidth_per_direction": 64e9,
            },
            7.0,
            1e-12,
            "MI300X: seven links of 64 GB/s, one to each of the other chips of the server",
        ),
    ),
)
def scaleup_links_per_chip(
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleup_point_to_point_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "1"]:
    """Scale-up rate of a chip over what two chips alone have between them."""
    return scaleup_bandwidth_per_direction / scaleup_point_to_point_bandwidth_per_direction


@performance_function(
    formula="scaleup_bandwidth_per_direction / scaleout_bandwidth_per_direction",
    citation=DEFINITION,
    increasing=("scaleup_bandwidth_per_direction",),
    decreasing=("scaleout_bandwidth_per_direction",),
    examples=(
        Example(
            {"scaleup_bandwidth_per_direction": 900e9, "scaleout_bandwidth_per_direction": 50e9},
            18.0,
            1e-12,
            "InferenceX: NVLink 5 against 400 Gbit/s for each chip, 18 times",
        ),
    ),
)
def scaleup_over_scaleout(
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
) -> Annotated[Array, "1"]:
    """How many times faster a chip exchanges within its domain than beyond it."""
    return scaleup_bandwidth_per_direction / scaleout_bandwidth_per_direction


@performance_function(
    formula="switch_capacity / serdes_rate",
    citation=DEFINITION,
    assumes=("every port is one lane, the slowest and most that the chip has",),
    increasing=("switch_capacity",),
    decreasing=("serdes_rate",),
    examples=(
        Example(
            {"switch_capacity": 102.4e12 / 8.0, "serdes_rate": 200e9 / 8.0},
            512.0,
            1e-12,
            "Tomahawk 6: 512 ports of 200 Gbit/s",
        ),
    ),
)
def switch_radix(
    switch_capacity: Annotated[Array, "byte/s"], serdes_rate: Annotated[Array, "byte/s"]
) -> Annotated[Array, "1"]:
    """Ports of one switch chip when each is a single lane: as many as it can have."""
    return switch_capacity / serdes_rate


@performance_function(
    formula="switch_radix^2 * oversubscription / (1 + oversubscription); one where no oversubscription is stated",
    citation=FAT_TREE,
    constants={"a_port_a_chip": _A_PORT_A_CHIP},
    assumes=(
        "every leaf is joined to every spine by one port; no port is left free",
        "where no oversubscription is stated, leaves have as many ports up as down",
    ),
    optional=("oversubscription",),
    validity=(Validity("oversubscription", 1.0, 32.0, "below one, ports towards the spines stay idle"),),
    increasing=("switch_radix", "oversubscription"),
    examples=(
        Example(
            {"switch_radix": 512.0, "oversubscription": 1.0},
            131072.0,
            1e-12,
            "Broadcom: two tiers of Tomahawk 6 join 128k accelerators at 200 Gbit/s each",
        ),
        Example({"switch_radix": 64.0, "oversubscription": float("nan")}, 2048.0, 1e-12, "by hand: 64 leaves with 32"),
        Example(
            {"switch_radix": 64.0, "oversubscription": 3.0}, 3072.0, 1e-12, "by hand: 64 leaves with 48 chips each"
        ),
    ),
)
def two_tier_endpoints(
    switch_radix: Annotated[Array, "1"], oversubscription: Annotated[Array, "1"], *, a_port_a_chip: float
) -> Annotated[Array, "chip"]:
    """Accelerators that leaves and spines of one kind of switch join."""
    ratio = np.where(np.isnan(oversubscription), 1.0, oversubscription)
    return switch_radix**2 * ratio / (1.0 + ratio) * a_port_a_chip


@performance_function(
    formula="switch_radix^3 / 4",
    citation=FAT_TREE,
    constants={"a_port_a_chip": _A_PORT_A_CHIP},
    assumes=("no tier is oversubscribed, and no port is left free",),
    increasing=("switch_radix",),
    examples=(Example({"switch_radix": 48.0}, 27648.0, 1e-12, "Al-Fares et al.: 48-port switches join 27,648 hosts"),),
)
def three_tier_endpoints(switch_radix: Annotated[Array, "1"], *, a_port_a_chip: float) -> Annotated[Array, "chip"]:
    """Accelerators that a fat tree of three tiers of one kind of switch joins."""
    return switch_radix**3 / 4.0 * a_port_a_chip
