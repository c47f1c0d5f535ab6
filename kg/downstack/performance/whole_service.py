r"""What a whole service of a model earns and costs in a day, and how many accelerators its traffic needs.

.. math::

    E = (T_{in} - T_{cached})\,p_{in} + T_{cached}\,p_{cached} + T_{out}\,p_{out} \qquad m = E / (G\,p) - 1 \qquad
    G^* = \frac{T_{in}}{x_{prefill}} + \frac{T_{out}}{x_{decode}}

with tokens `T` a second, list prices `p` of tokens, `G` accelerators at their price, and the rates `x` of each accelerator.
"""

from __future__ import annotations

from typing import Annotated, Any

from downstack.performance.citations import DISAGGREGATION, OPEN_INFRA_INDEX
from downstack.performance.declare import Array, Constant, Example, performance_function

_DAY = 86400.0
_HOUR = 3600.0
_MILLION = 1e-6
_ONE_PROMPT = Constant(1.0, "sequence", "a group reads one prompt at a time")
_ONE_EACH = Constant(1.0, "token/sequence", "autoregressive decoding: one token of each stream a step")
_ONE_TOKEN = Constant(1.0, "token", "autoregressive decoding: one token of each stream a step")
_ALL = Constant(1.0, "1", "the cost itself")


def _cached_are_input(served_input_tokens: Array, served_cached_input_tokens: Array, **rest: Any) -> Any:
    del rest
    return served_cached_input_tokens <= served_input_tokens


@performance_function(
    formula="(served_input_tokens - served_cached_input_tokens) * api_price_input"
    " + served_cached_input_tokens * api_price_cached_input + served_output_tokens * api_price_output",
    citation=OPEN_INFRA_INDEX,
    feasible=_cached_are_input,
    infeasible_reason="more input tokens were cached than there were",
    assumes=("every token is sold at list price: free use, discounts and cheaper models of the service are left out",),
    increasing=(
        "served_input_tokens",
        "api_price_input",
        "api_price_cached_input",
        "served_output_tokens",
        "api_price_output",
    ),
    examples=(
        Example(
            {
                "served_input_tokens": 608e9 / _DAY,
                "served_cached_input_tokens": 342e9 / _DAY,
                "served_output_tokens": 168e9 / _DAY,
                "api_price_input": 0.55 * _MILLION,
                "api_price_cached_input": 0.14 * _MILLION,
                "api_price_output": 2.19 * _MILLION,
            },
            562027.0 / _DAY,
            0.0005,
            "DeepSeek open-infra-index, day 6: 562,027 USD a day; its rounded tokens give 562,100",
        ),
    ),
)
def service_revenue(
    served_input_tokens: Annotated[Array, "token/s"],
    served_cached_input_tokens: Annotated[Array, "token/s"],
    served_output_tokens: Annotated[Array, "token/s"],
    api_price_input: Annotated[Array, "USD/token"],
    api_price_cached_input: Annotated[Array, "USD/token"],
    api_price_output: Annotated[Array, "USD/token"],
) -> Annotated[Array, "USD/s"]:
    """What the tokens of a service would earn at list price."""
    new = (served_input_tokens - served_cached_input_tokens) * api_price_input
    return new + served_cached_input_tokens * api_price_cached_input + served_output_tokens * api_price_output


@performance_function(
    formula="serving_nodes * accelerators_per_serving_node",
    citation=OPEN_INFRA_INDEX,
    increasing=("serving_nodes", "accelerators_per_serving_node"),
    examples=(
        Example(
            {"serving_nodes": 226.75, "accelerators_per_serving_node": 8.0},
            1814.0,
            1e-12,
            "DeepSeek open-infra-index, day 6, by hand: 226.75 nodes of eight",
        ),
    ),
)
def serving_accelerators(
    serving_nodes: Annotated[Array, "1"],
    accelerators_per_serving_node: Annotated[Array, "chip"],
) -> Annotated[Array, "chip"]:
    """Accelerators that a service of a model uses on average."""
    return serving_nodes * accelerators_per_serving_node


@performance_function(
    formula="serving_accelerators * serving_price_per_accelerator_hour",
    citation=OPEN_INFRA_INDEX,
    assumes=("accelerators only, at the price that the operator accounts for",),
    increasing=("serving_accelerators", "serving_price_per_accelerator_hour"),
    examples=(
        Example(
            {"serving_accelerators": 226.75 * 8.0, "serving_price_per_accelerator_hour": 2.0 / _HOUR},
            87072.0 / _DAY,
            1e-12,
            "DeepSeek open-infra-index, day 6: 226.75 nodes of eight at 2 USD/h are 87,072 USD a day",
        ),
    ),
)
def service_cost(
    serving_accelerators: Annotated[Array, "chip"],
    serving_price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
) -> Annotated[Array, "USD/s"]:
    """What the accelerators of a service cost."""
    return serving_accelerators * serving_price_per_accelerator_hour


@performance_function(
    formula="service_revenue / service_cost - cost_itself",
    citation=OPEN_INFRA_INDEX,
    constants={"cost_itself": _ALL},
    assumes=("over cost; research, training, staff and free use are not in it",),
    increasing=("service_revenue",),
    decreasing=("service_cost",),
    examples=(
        Example(
            {"service_revenue": 562027.0 / _DAY, "service_cost": 87072.0 / _DAY},
            5.4547,
            1e-4,
            "DeepSeek open-infra-index, day 6: a cost profit margin of 545 %",
        ),
    ),
)
def service_margin(
    service_revenue: Annotated[Array, "USD/s"],
    service_cost: Annotated[Array, "USD/s"],
    *,
    cost_itself: float,
) -> Annotated[Array, "1"]:
    """Revenue at list price less the cost of the accelerators, over that cost."""
    return service_revenue / service_cost - cost_itself


@performance_function(
    formula="input_tokens * one_prompt / (prefill_time * tensor_parallel)",
    citation=DISAGGREGATION,
    constants={"one_prompt": _ONE_PROMPT},
    assumes=("accelerators that only read prompts, always busy",),
    increasing=("input_tokens",),
    decreasing=("prefill_time", "tensor_parallel"),
    examples=(
        Example(
            {"input_tokens": 8192.0, "prefill_time": 0.91, "tensor_parallel": 16.0},
            562.637,
            1e-5,
            "by hand: 8192 / (0.91 s * 16)",
        ),
    ),
)
def prefill_rate_per_accelerator(
    input_tokens: Annotated[Array, "token/sequence"],
    prefill_time: Annotated[Array, "s"],
    tensor_parallel: Annotated[Array, "chip"],
    *,
    one_prompt: float,
) -> Annotated[Array, "token/s/chip"]:
    """Tokens of prompts, cached ones included, that each accelerator takes in a second when it reads only prompts."""
    return input_tokens * one_prompt / (prefill_time * tensor_parallel)


def _has_time_to_decode(
    decoding_sequences_at_capacity: Array,
    time_per_output_token_at_capacity: Array,
    prefill_interruption_per_sequence: Array,
    one_token: float,
    **rest: Any,
) -> Any:
    del rest
    return (
        time_per_output_token_at_capacity * one_token
        > decoding_sequences_at_capacity * prefill_interruption_per_sequence
    )


@performance_function(
    formula="decoding_sequences_at_capacity * one_each / accelerators_per_replica"
    " / (time_per_output_token_at_capacity * one_token - decoding_sequences_at_capacity * prefill_interruption_per_sequence)",
    citation=DISAGGREGATION,
    constants={"one_each": _ONE_EACH, "one_token": _ONE_TOKEN},
    feasible=_has_time_to_decode,
    infeasible_reason="prompts take all the time between two tokens",
    assumes=(
        "accelerators that only decode, with the batch that fits beside prompts: without them it could be larger",
    ),
    increasing=("prefill_interruption_per_sequence",),
    decreasing=("accelerators_per_replica", "time_per_output_token_at_capacity"),
    examples=(
        Example(
            {
                "decoding_sequences_at_capacity": 100.0,
                "time_per_output_token_at_capacity": 0.05,
                "prefill_interruption_per_sequence": 1e-4,
                "accelerators_per_replica": 8.0,
            },
            312.5,
            1e-12,
            "by hand: 100 / (50 - 10 ms) / 8",
        ),
    ),
)
def decode_rate_per_accelerator(
    decoding_sequences_at_capacity: Annotated[Array, "sequence"],
    time_per_output_token_at_capacity: Annotated[Array, "s/token"],
    prefill_interruption_per_sequence: Annotated[Array, "s/sequence"],
    accelerators_per_replica: Annotated[Array, "chip"],
    *,
    one_each: float,
    one_token: float,
) -> Annotated[Array, "token/s/chip"]:
    """Tokens that each accelerator gives in a second when it only decodes, with a full batch."""
    interruption = decoding_sequences_at_capacity * prefill_interruption_per_sequence
    step = time_per_output_token_at_capacity * one_token - interruption
    return decoding_sequences_at_capacity * one_each / step / accelerators_per_replica


@performance_function(
    formula="served_input_tokens / prefill_rate_per_accelerator + served_output_tokens / decode_rate_per_accelerator",
    citation=OPEN_INFRA_INDEX,
    assumes=(
        "traffic is the same all day: no reserve for peaks",
        "the requests of the service are like those of the workload",
        "both kinds of accelerators are alike",
    ),
    increasing=("served_input_tokens", "served_output_tokens"),
    decreasing=("prefill_rate_per_accelerator", "decode_rate_per_accelerator"),
    examples=(
        Example(
            {
                "served_input_tokens": 608e9 / _DAY,
                "served_output_tokens": 168e9 / _DAY,
                "prefill_rate_per_accelerator": 73700.0 / 8.0,
                "decode_rate_per_accelerator": 14800.0 / 8.0,
            },
            226.75 * 8.0,
            0.001,
            "DeepSeek open-infra-index, day 6: 226.75 nodes; the rates of a node that it prints give 226.86",
        ),
    ),
)
def accelerators_for_traffic(
    served_input_tokens: Annotated[Array, "token/s"],
    served_output_tokens: Annotated[Array, "token/s"],
    prefill_rate_per_accelerator: Annotated[Array, "token/s/chip"],
    decode_rate_per_accelerator: Annotated[Array, "token/s/chip"],
) -> Annotated[Array, "chip"]:
    """Accelerators that the tokens of a service need, those that read prompts and those that decode."""
    reading = served_input_tokens / prefill_rate_per_accelerator
    return reading + served_output_tokens / decode_rate_per_accelerator
