r"""What the electricity of a token costs, and the energy of a reply as top-down estimates compute it.

.. math::

    c_e = e\,p_e \qquad E = \frac{2 N_a S_{out}}{\hat P\,\mathrm{MFU}}\,P_{server}\,s\,\mathrm{PUE}

with energy `e` of a token, price :math:`p_e` of electricity, active parameters :math:`N_a`, peak rate :math:`\hat P`, and the
mean share `s` of the largest power of a server. The second says nothing of memory: all of that is in the estimate of the MFU.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION, EPOCH_ENERGY
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_KILOWATT_HOUR = 3.6e6
_WATT_HOUR = 3600.0
_TWO = Constant(2.0, "FLOP/token", "each active parameter multiplies and adds once for each token")
_SHEET = "Epoch AI, worked with 1275 W a chip, PUE 1.2: "


@performance_function(
    formula="energy_per_token * electricity_price",
    citation=DEFINITION,
    increasing=("energy_per_token", "electricity_price"),
    examples=(
        Example(
            {"energy_per_token": 1.0, "electricity_price": 0.10 / _KILOWATT_HOUR},
            0.0278e-6,
            1e-3,
            "by hand: 1 J a token at 0.10 USD/kWh",
        ),
    ),
)
def energy_cost_per_token(
    energy_per_token: Annotated[Array, "J/token"],
    electricity_price: Annotated[Array, "USD/J"],
) -> Annotated[Array, "USD/token"]:
    """Price of the electricity of one output token."""
    return energy_per_token * electricity_price


def _reply(parameters: float, tokens: float, watt_hours: float, text: str) -> Example:
    return Example(
        {
            "active_parameters": parameters,
            "output_tokens": tokens,
            "peak_flops_at_weight_precision": 989e12,
            "model_flops_utilization": 0.1,
            "server_power_per_accelerator": 1275.0,
            "mean_power_share": 0.7,
            "power_usage_effectiveness": 1.2,
        },
        watt_hours * _WATT_HOUR,
        3e-3,
        _SHEET + text,
    )


@performance_function(
    formula="flop_per_token * active_parameters * output_tokens"
    " / (peak_flops_at_weight_precision * model_flops_utilization)"
    " * server_power_per_accelerator * mean_power_share * power_usage_effectiveness",
    citation=EPOCH_ENERGY,
    constants={"flop_per_token": _TWO},
    validity=(
        Validity("model_flops_utilization", 0.0, 1.0, "a share of the peak"),
        Validity("mean_power_share", 0.0, 1.0, "a share of the largest power"),
        Validity("power_usage_effectiveness", 1.0, 3.0, "a facility draws at least what its equipment draws"),
    ),
    assumes=(
        "top-down: the time of a reply is its arithmetic over an estimated utilization",
        "reading the prompt is left out: short prompts",
    ),
    increasing=(
        "active_parameters",
        "output_tokens",
        "server_power_per_accelerator",
        "mean_power_share",
        "power_usage_effectiveness",
    ),
    decreasing=("peak_flops_at_weight_precision", "model_flops_utilization"),
    examples=(
        _reply(100e9, 500.0, 0.3008, "100 billion active parameters, 500 tokens are 0.301 Wh"),
        _reply(100e9, 1500.0, 0.902, "1500 tokens are 0.902 Wh"),
        _reply(20e9, 500.0, 0.0602, "20 billion active parameters are 0.06 Wh"),
    ),
)
def energy_per_request(
    active_parameters: Annotated[Array, "1"],
    output_tokens: Annotated[Array, "token/sequence"],
    peak_flops_at_weight_precision: Annotated[Array, "FLOP/s/chip"],
    model_flops_utilization: Annotated[Array, "1"],
    server_power_per_accelerator: Annotated[Array, "W/chip"],
    mean_power_share: Annotated[Array, "1"],
    power_usage_effectiveness: Annotated[Array, "1"],
    *,
    flop_per_token: float,
) -> Annotated[Array, "J/sequence"]:
    """Energy of the facility for one reply, from the arithmetic of its tokens and an estimated utilization."""
    work = flop_per_token * active_parameters * output_tokens
    chip_time = work / (peak_flops_at_weight_precision * model_flops_utilization)
    return chip_time * server_power_per_accelerator * mean_power_share * power_usage_effectiveness
