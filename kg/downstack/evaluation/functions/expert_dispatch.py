r"""How long tokens take to their experts on other chips and back: all-to-all of an expert-parallel layer.

Of the copies of a token the share beyond the scale-up domain goes through the network card of its chip, the rest over
the scale-up links.

.. math::

    \phi = \max(0, 1 - D / E) \qquad
    t = Q \left(\frac{1 - \phi}{\eta_u \beta_u} + \frac{\phi}{\eta_o \beta_o}\right) + t_0
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import EXPERT_PARALLEL
from downstack.performance.declare import Array, Constant, Example, performance_function

_NOTHING = Constant(0.0, "1", "within one domain nothing leaves it")
_ONE = Constant(1.0, "1", "all copies")
_CHIP = Constant(1.0, "chip", "what one chip sends")
_TOKEN = Constant(1.0, "token", "each copy is a vector of the hidden size")
_RATES = {
    "scaleup_bandwidth_per_direction": 450e9,
    "scaleout_bandwidth_per_direction": 50e9,
    "fitted_scaleup_exchange_share": 0.8,
    "fitted_scaleout_exchange_share": 0.8,
}


@performance_function(
    formula="max(0, 1 - scaleup_domain_size / expert_parallel_chips)",
    citation=EXPERT_PARALLEL,
    constants={"nothing": _NOTHING, "one": _ONE},
    assumes=("experts are chosen evenly among all chips", "no two copies of a token share a way"),
    decreasing=("scaleup_domain_size",),
    increasing=("expert_parallel_chips",),
    examples=(
        Example({"scaleup_domain_size": 8.0, "expert_parallel_chips": 32.0}, 0.75, 1e-12, "by hand"),
        Example({"scaleup_domain_size": 8.0, "expert_parallel_chips": 8.0}, 0.0, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def exchange_share_beyond_domain(
    scaleup_domain_size: Annotated[Array, "chip"],
    expert_parallel_chips: Annotated[Array, "chip"],
    *,
    nothing: float,
    one: float,
) -> Annotated[Array, "1"]:
    """Share of the copies of a token that leave the scale-up domain."""
    return np.maximum(nothing, one - scaleup_domain_size / expert_parallel_chips)


@performance_function(
    formula="dispatched_tokens * experts_per_token * hidden_size * dispatched_element_bytes",
    citation=EXPERT_PARALLEL,
    constants={"one_token": _TOKEN},
    increasing=("dispatched_tokens", "experts_per_token", "hidden_size", "dispatched_element_bytes"),
    examples=(
        Example(
            {
                "dispatched_tokens": 128.0,
                "experts_per_token": 8.0,
                "hidden_size": 7168.0,
                "dispatched_element_bytes": 1.0,
            },
            7340032.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def dispatched_bytes(
    dispatched_tokens: Annotated[Array, "token"],
    experts_per_token: Annotated[Array, "1"],
    hidden_size: Annotated[Array, "1"],
    dispatched_element_bytes: Annotated[Array, "byte"],
    *,
    one_token: float,
) -> Annotated[Array, "byte"]:
    """Bytes that one chip sends to experts, or that come back, in one layer."""
    return dispatched_tokens / one_token * experts_per_token * hidden_size * dispatched_element_bytes


@performance_function(
    formula="dispatched_bytes * ((1 - s) / (scaleup_bandwidth_per_direction * fitted_scaleup_exchange_share)"
    " + s / (scaleout_bandwidth_per_direction * fitted_scaleout_exchange_share)) + fitted_exchange_start_time,"
    " s = exchange_share_beyond_domain",
    citation=EXPERT_PARALLEL,
    constants={"one": _ONE, "one_chip": _CHIP},
    assumes=("both ways are used one after the other",),
    increasing=("dispatched_bytes", "fitted_exchange_start_time"),
    decreasing=tuple(_RATES),
    examples=(
        Example(
            {
                **_RATES,
                "dispatched_bytes": 36e6,
                "exchange_share_beyond_domain": 0.5,
                "fitted_exchange_start_time": 1e-5,
            },
            18e6 / 360e9 + 18e6 / 40e9 + 1e-5,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def expert_exchange_time(
    dispatched_bytes: Annotated[Array, "byte"],
    exchange_share_beyond_domain: Annotated[Array, "1"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_scaleup_exchange_share: Annotated[Array, "1"],
    fitted_scaleout_exchange_share: Annotated[Array, "1"],
    fitted_exchange_start_time: Annotated[Array, "s"],
    *,
    one: float,
    one_chip: float,
) -> Annotated[Array, "s"]:
    """Seconds of one dispatch to the experts, or of one combination of what they return."""
    near = dispatched_bytes / (scaleup_bandwidth_per_direction * one_chip * fitted_scaleup_exchange_share)
    far = dispatched_bytes / (scaleout_bandwidth_per_direction * one_chip * fitted_scaleout_exchange_share)
    share = exchange_share_beyond_domain
    return near * (one - share) + np.where(share > 0.0, far * share, 0.0) + fitted_exchange_start_time


@performance_function(
    formula="scaleup_bandwidth_per_direction * fitted_scaleup_exchange_share within one domain, else"
    " scaleout_bandwidth_per_direction * fitted_scaleout_exchange_share",
    citation=EXPERT_PARALLEL,
    constants={"one_chip": _CHIP},
    assumes=("a large batch: starting does not count",),
    increasing=tuple(_RATES),
    examples=(
        Example({**_RATES, "exchange_share_beyond_domain": 0.0}, 360e9, 1e-12, "by hand"),
        Example({**_RATES, "exchange_share_beyond_domain": 0.5}, 40e9, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def exchange_bottleneck_bandwidth(
    exchange_share_beyond_domain: Annotated[Array, "1"],
    scaleup_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    scaleout_bandwidth_per_direction: Annotated[Array, "byte/s/chip"],
    fitted_scaleup_exchange_share: Annotated[Array, "1"],
    fitted_scaleout_exchange_share: Annotated[Array, "1"],
    *,
    one_chip: float,
) -> Annotated[Array, "byte/s"]:
    """Bytes in a second over the slower of the ways that are used: the links, or the network card."""
    near = scaleup_bandwidth_per_direction * one_chip * fitted_scaleup_exchange_share
    far = scaleout_bandwidth_per_direction * one_chip * fitted_scaleout_exchange_share
    return np.where(exchange_share_beyond_domain > 0.0, far, near)


@performance_function(
    formula="exchange_bottleneck_bandwidth / share of the copies that take the slower way, share ="
    " exchange_share_beyond_domain or, within one domain, 1",
    citation=EXPERT_PARALLEL,
    constants={"one": _ONE},
    assumes=("copies that stay are counted as if they had been sent", "the slower way decides, both are used at once"),
    increasing=("exchange_bottleneck_bandwidth",),
    examples=(
        Example({"exchange_bottleneck_bandwidth": 45e9, "exchange_share_beyond_domain": 0.5}, 90e9, 1e-12, "by hand"),
    ),
    registry=CALIBRATED,
)
def exchange_logical_bandwidth(
    exchange_bottleneck_bandwidth: Annotated[Array, "byte/s"],
    exchange_share_beyond_domain: Annotated[Array, "1"],
    *,
    one: float,
) -> Annotated[Array, "byte/s"]:
    """Bytes in a second with local traffic counted."""
    share = np.where(exchange_share_beyond_domain > 0.0, exchange_share_beyond_domain, one)
    return exchange_bottleneck_bandwidth / share
