r"""How long tokens take to travel to their experts and back.

With expert parallelism the routed experts lie on different chips as a whole. Each token is sent to the chips of its experts and
their results come back (dispatch and combine). Of `e` chips all but one are elsewhere: within the scale-up links, or beyond them
over the network between servers.

.. math::

    t_{experts} = \frac{2 L_{moe}\,k}{N} \frac{2\,\mathrm{byte} \cdot h}{\beta_E / f} \qquad
    \frac{1}{\beta_E} = \max\left(\frac{\min(e, R) - 1}{e\,\beta_{up}}, \frac{\max(e - R, 0)}{e\,\beta_{out}}\right)

for each sequence of the batch; `N` chips of the replica, `k` experts a token, `h` hidden size; `R` chips are joined by scale-up
links of rate :math:`\beta_{up}`, all by a network of rate :math:`\beta_{out}`. Latencies of single messages are left out.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from downstack.performance.citations import COLLECTIVES, EXPERT_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_ACTIVATION = Constant(2.0, "byte/sequence", "one activation vector for each sequence in BF16: 16 bit a number")
_ONE_CHIP = Constant(1.0, "chip", "what stays on a chip is not sent")
_BOTH_WAYS = Constant(2.0, "1", f"dispatch to the experts and combine of what they give; {EXPERT_PARALLEL}")
_UNKNOWN = float("nan")


def _expert_links_are_known(
    expert_parallel: Array,
    scaleup_reach: Array,
    scaleup_bandwidth_per_direction: Array,
    scaleout_bandwidth_per_direction: Array,
    one_chip: float,
    **rest: Any,
) -> Any:
    del rest
    inside = (np.minimum(expert_parallel, scaleup_reach) <= one_chip) | ~np.isnan(scaleup_bandwidth_per_direction)
    outside = (expert_parallel <= scaleup_reach) | ~np.isnan(scaleout_bandwidth_per_direction)
    return (expert_parallel <= one_chip) | (inside & outside)


@performance_function(
    formula="max((min(expert_parallel, scaleup_reach) - one_chip) / scaleup_bandwidth_per_direction,"
    " max(expert_parallel - scaleup_reach, 0) / scaleout_bandwidth_per_direction)"
    " * fitted_exchange_factor / expert_parallel; zero without expert parallelism",
    citation=f"{COLLECTIVES}; {EXPERT_PARALLEL}",
    constants={"one_chip": _ONE_CHIP},
    feasible=_expert_links_are_known,
    infeasible_reason="the rate of the links between the expert-parallel chips is not known",
    assumes=(
        "the exchange takes as much longer than at the link rate as all-reduces do",
        "tokens go to all experts equally often",
        "scale-up links and the network between servers carry their parts at the same time",
    ),
    optional=("scaleup_bandwidth_per_direction", "scaleout_bandwidth_per_direction"),
    increasing=("fitted_exchange_factor",),
    decreasing=("scaleup_bandwidth_per_direction", "scaleout_bandwidth_per_direction"),
    examples=(
        Example(
            {
                "expert_parallel": 8.0,
                "scaleup_reach": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "scaleout_bandwidth_per_direction": _UNKNOWN,
                "fitted_exchange_factor": 1.0,
            },
            7.0 / 8.0 / 450e9,
            1e-12,
            "by hand: seven of eight bytes leave the chip",
        ),
        Example(
            {
                "expert_parallel": 32.0,
                "scaleup_reach": 8.0,
                "scaleup_bandwidth_per_direction": 450e9,
                "scaleout_bandwidth_per_direction": 50e9,
                "fitted_exchange_factor": 1.0,
            },
            24.0 / 32.0 / 50e9,
            1e-12,
            "by hand: three of four bytes leave the server",
        ),
        Example(
            {
                "expert_parallel": 1.0,
                "scaleup_reach": 8.0,
                "scaleup_bandwidth_per_direction": _UNKNOWN,
                "scaleout_bandwidth_per_direction": _UNKNOWN,
                "fitted_exchange_factor": 1.25,
            },
            0.0,
            1e-12,
            "without expert parallelism no token travels",
        ),
    ),
)
def expert_exchange_time_per_byte(
    expert_parallel: Annotated[Array, "chip"],
    scaleup_reach: Annotated[Array, "chip"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_exchange_factor: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "s*chip/byte"]:
    """Seconds in which a chip sends a byte of activations to the chips that hold the experts."""
    inside = (np.minimum(expert_parallel, scaleup_reach) - one_chip) / scaleup_bandwidth_per_direction
    outside = np.maximum(expert_parallel - scaleup_reach, 0.0 * one_chip) / scaleout_bandwidth_per_direction
    # An unknown network does not matter where no byte crosses it.
    outside = np.where(expert_parallel <= scaleup_reach, 0.0 * inside, outside)
    inside = np.where(np.minimum(expert_parallel, scaleup_reach) <= one_chip, 0.0 * outside, inside)
    exchange = np.maximum(inside, outside) * fitted_exchange_factor / expert_parallel
    nothing = 0.0 * fitted_exchange_factor * (scaleup_reach / one_chip) * (expert_parallel / one_chip)
    return np.where((expert_parallel <= one_chip) | np.isnan(nothing), nothing, exchange)


@performance_function(
    formula="(num_layers - dense_layers) * ways * experts_per_token * hidden_size * bytes_per_element"
    " * expert_exchange_time_per_byte / accelerators_per_replica; zero where no layout is stated",
    citation=EXPERT_PARALLEL,
    constants={"ways": _BOTH_WAYS, "bytes_per_element": _ACTIVATION},
    assumes=(
        "tokens travel in BF16 both ways, also where a framework sends them in FP8",
        "the all-reduce after an expert block is counted although combining replaces it: an upper bound",
    ),
    optional=("expert_exchange_time_per_byte",),
    increasing=("experts_per_token", "hidden_size", "expert_exchange_time_per_byte"),
    decreasing=("dense_layers", "accelerators_per_replica"),
    examples=(
        Example(
            {
                "num_layers": 61.0,
                "dense_layers": 3.0,
                "experts_per_token": 8.0,
                "hidden_size": 7168.0,
                "expert_exchange_time_per_byte": 1.5e-11,
                "accelerators_per_replica": 32.0,
            },
            6.2361600e-6,
            1e-6,
            "DeepSeek-V3 on 32 chips by hand: 58 * 2 * 8 * 7168 * 2 byte * 15 ps / 32",
        ),
    ),
    applies_to={"model": "MixtureOfExpertsModel"},
)
def expert_exchange_time_per_sequence(
    num_layers: Annotated[Array, "1"],
    dense_layers: Annotated[Array, "1"],
    experts_per_token: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    expert_exchange_time_per_byte: Annotated[Array, "s*chip/byte"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    ways: float,
    bytes_per_element: float,
) -> Annotated[Array, "s/sequence"]:
    """Seconds by which each sequence of the batch lengthens a step, because its token travels to its experts."""
    sent = (num_layers - dense_layers) * ways * experts_per_token * hidden_size * bytes_per_element
    per_byte = np.where(np.isnan(expert_exchange_time_per_byte), 0.0, expert_exchange_time_per_byte)
    return sent * per_byte / accelerators_per_replica
