r"""How long the chips of a scale-up domain take for a collective operation, by algorithm.

A message costs a latency and the time of its bytes. Steps that follow each other add their latencies; what decides for
large messages is how many bytes every link carries.

.. math::

    t_{ring} = 2(n-1)\alpha + \frac{2(n-1)}{n}\frac{S}{\beta} \qquad
    t_{tree} = 2 \log_2(n)\,\alpha + \frac{2S}{\beta} \qquad
    t_{switch} = 2\alpha + \frac{S}{\beta} \qquad
    t_{gather} = t_{scatter} = t_{all-to-all} = (n-1)\alpha + \frac{n-1}{n}\frac{S}{\beta}

`S` bytes of the whole message on one chip (gathered: the result; scattered: the operand), `n` chips, :math:`\beta`
rate of a chip in one direction, :math:`\alpha` latency of a message. An all-gather, a reduce-scatter and an all-to-all
over full bisection move the same bytes in the same number of steps, so that one function stands for all three.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import ALLREDUCE_IN_SWITCH, COLLECTIVES
from downstack.performance.declare import Array, Constant, Example, performance_function

_ONE_CHIP = Constant(1.0, "chip", "a chip sends to the others, not to itself")
_FULL_RATE = (
    "every chip sends and receives at its full scale-up rate at the same time; where a pair of chips has one link of several"
    " this takes one ring or tree over each"
)
_GIB = 2.0**30
_EIGHT = {
    "collective_message_size": _GIB,
    "scaleup_domain_size": 8.0,
    "scaleup_bandwidth_per_direction": 450e9,
    "message_latency": 1e-6,
}
_SLOWER = ("collective_message_size", "scaleup_domain_size", "message_latency")
_FASTER = ("scaleup_bandwidth_per_direction",)


@performance_function(
    formula="2 * (n - 1) * message_latency + 2 * (n - 1) / n * collective_message_size / scaleup_bandwidth_per_direction,"
    " n = scaleup_domain_size",
    citation=COLLECTIVES,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_FULL_RATE,),
    increasing=_SLOWER,
    decreasing=_FASTER,
    examples=(
        Example({**_EIGHT, "message_latency": 0.0}, 4.176e-3, 1e-4, "by hand: 2 * 7/8 * 2^30 / 450e9, no latency"),
        Example(_EIGHT, 4.190e-3, 1e-4, "by hand: and 14 messages of 1 us"),
    ),
)
def ring_allreduce_time(
    collective_message_size: Annotated[Array, "byte"],
    scaleup_domain_size: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    message_latency: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Time of one all-reduce over a ring."""
    others = scaleup_domain_size - one_chip
    carried = 2.0 * others / scaleup_domain_size * collective_message_size
    return 2.0 * others / one_chip * message_latency + carried / (scaleup_bandwidth_per_direction * one_chip)


@performance_function(
    formula="2 * log2(n) * message_latency + 2 * collective_message_size / scaleup_bandwidth_per_direction,"
    " n = scaleup_domain_size",
    citation=COLLECTIVES,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_FULL_RATE, "the message goes up and down the tree in many small parts"),
    increasing=_SLOWER,
    decreasing=_FASTER,
    examples=(Example(_EIGHT, 4.778e-3, 1e-4, "by hand: 2 * 3 us + 2 * 2^30 / 450e9"),),
)
def tree_allreduce_time(
    collective_message_size: Annotated[Array, "byte"],
    scaleup_domain_size: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    message_latency: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Time of one all-reduce over a binary tree: fewer steps than a ring, more bytes on a link."""
    steps = 2.0 * np.log2(scaleup_domain_size / one_chip)
    return steps * message_latency + 2.0 * collective_message_size / (scaleup_bandwidth_per_direction * one_chip)


@performance_function(
    formula="2 * message_latency + collective_message_size / scaleup_bandwidth_per_direction",
    citation=ALLREDUCE_IN_SWITCH,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_FULL_RATE, "the switches add up at the rate of the links"),
    increasing=("collective_message_size", "message_latency"),
    decreasing=_FASTER,
    examples=(
        Example(
            {key: value for key, value in _EIGHT.items() if key != "scaleup_domain_size"},
            2.388e-3,
            1e-4,
            "by hand: 2 us + 2^30 / 450e9",
        ),
    ),
)
def in_switch_allreduce_time(
    collective_message_size: Annotated[Array, "byte"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    message_latency: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Time of one all-reduce that the switches add up on the way."""
    return 2.0 * message_latency + collective_message_size / (scaleup_bandwidth_per_direction * one_chip)


@performance_function(
    formula="(n - 1) * message_latency + (n - 1) / n * collective_message_size / scaleup_bandwidth_per_direction,"
    " n = scaleup_domain_size",
    citation=COLLECTIVES,
    constants={"one_chip": _ONE_CHIP},
    assumes=(_FULL_RATE, "for an all-to-all: the fabric carries any pairs at once (full bisection)"),
    increasing=_SLOWER,
    decreasing=_FASTER,
    examples=(Example(_EIGHT, 2.0949e-3, 1e-4, "by hand: 7 us + 7/8 * 2^30 / 450e9"),),
)
def gather_scatter_time(
    collective_message_size: Annotated[Array, "byte"],
    scaleup_domain_size: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    message_latency: Annotated[Array, "s"],
    *,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Time of one all-gather, reduce-scatter or all-to-all."""
    others = scaleup_domain_size - one_chip
    carried = others / scaleup_domain_size * collective_message_size
    return others / one_chip * message_latency + carried / (scaleup_bandwidth_per_direction * one_chip)
