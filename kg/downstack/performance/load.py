r"""What a deployment gives and costs at the load that it carries, whether or not it could carry more.

.. math::

    X_B = B_d / TPOT \qquad p_N = p\,N \qquad c_B = p\,N / X_B \qquad e_B = P_{TDP}\,N\,\mathrm{PUE} / X_B

the :math:`B_d` of the `B` concurrent sequences that decode, on the `N` chips of one copy of the model, at the price `p` of a chip. At the largest load that memory
and target allow this is what :mod:`downstack.performance.throughput` and :mod:`downstack.performance.cost` say.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION, LITTLE, POWER_USAGE_EFFECTIVENESS
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_ONE_STREAM = Constant(1.0, "sequence", "the rate of tokens is that of one stream")
_ALWAYS = "the load is there all the time"


@performance_function(
    formula="decoding_sequences / one_stream * decode_tokens_per_second",
    citation=LITTLE,
    constants={"one_stream": _ONE_STREAM},
    assumes=(_ALWAYS, "output tokens only, prompts not counted"),
    increasing=("decoding_sequences", "decode_tokens_per_second"),
    examples=(
        Example({"decoding_sequences": 100.0, "decode_tokens_per_second": 20.0}, 2000.0, 1e-12, "by hand: 100 * 20"),
    ),
)
def throughput_at_load(
    decoding_sequences: Annotated[Array, "sequence"],
    decode_tokens_per_second: Annotated[Array, "token/s"],
    *,
    one_stream: float,
) -> Annotated[Array, "token/s"]:
    """Output tokens of one copy of the model in a second, at the load's concurrency."""
    return decoding_sequences / one_stream * decode_tokens_per_second


@performance_function(
    formula="throughput_at_load / accelerators_per_replica",
    citation=DEFINITION,
    increasing=("throughput_at_load",),
    decreasing=("accelerators_per_replica",),
    examples=(
        Example({"throughput_at_load": 2000.0, "accelerators_per_replica": 8.0}, 250.0, 1e-12, "by hand: 2000 / 8"),
    ),
)
def throughput_per_accelerator_at_load(
    throughput_at_load: Annotated[Array, "token/s"], accelerators_per_replica: Annotated[Array, "chip"]
) -> Annotated[Array, "token/s/chip"]:
    """Output tokens of each chip in a second, at the load's concurrency."""
    return throughput_at_load / accelerators_per_replica


@performance_function(
    formula="price_per_accelerator_hour * accelerators_per_replica",
    citation=DEFINITION,
    assumes=("a copy smaller than an instance shares it with others, which pay their part",),
    increasing=("price_per_accelerator_hour", "accelerators_per_replica"),
    examples=(
        Example(
            {"price_per_accelerator_hour": 7.91 / 3600.0, "accelerators_per_replica": 16.0},
            126.56 / 3600.0,
            1e-12,
            "by hand: 7.91 USD/h * 16",
        ),
    ),
)
def price_per_replica_hour(
    price_per_accelerator_hour: Annotated[Array, "USD/s/chip"],
    accelerators_per_replica: Annotated[Array, "chip"],
) -> Annotated[Array, "USD/s"]:
    """Price of the chips of one copy of the model for the time that they run."""
    return price_per_accelerator_hour * accelerators_per_replica


@performance_function(
    formula="price_per_replica_hour / throughput_at_load",
    citation="InferenceX (SemiAnalysis): cost of a million tokens = chip price / (tokens per second and chip)",
    assumes=(_ALWAYS, "the whole price is put on output tokens; prompts are not charged separately"),
    increasing=("price_per_replica_hour",),
    decreasing=("throughput_at_load",),
    examples=(
        Example(
            {"price_per_replica_hour": 1.74 / 3600.0, "throughput_at_load": 2000.0},
            0.2417e-6,
            0.0005,
            "by hand with InferenceX's rule: 1.74 USD/h and 2000 tokens/s are 0.2417 USD a million tokens",
        ),
    ),
)
def cost_per_million_output_tokens_at_load(
    price_per_replica_hour: Annotated[Array, "USD/s"], throughput_at_load: Annotated[Array, "token/s"]
) -> Annotated[Array, "USD/token"]:
    """Price of the chips for each output token at the load's concurrency, shown for a million of them."""
    return price_per_replica_hour / throughput_at_load


@performance_function(
    formula="thermal_design_power * power_usage_effectiveness / throughput_per_accelerator_at_load",
    citation=POWER_USAGE_EFFECTIVENESS,
    validity=(Validity("power_usage_effectiveness", 1.0, 3.0, "a facility draws at least what its equipment draws"),),
    assumes=(
        "accelerators only: hosts, network and storage are left out",
        "accelerators draw their thermal design power all the time",
        "all energy is put on output tokens",
    ),
    increasing=("thermal_design_power", "power_usage_effectiveness"),
    decreasing=("throughput_per_accelerator_at_load",),
    examples=(
        Example(
            {
                "thermal_design_power": 700.0,
                "power_usage_effectiveness": 1.25,
                "throughput_per_accelerator_at_load": 250.0,
            },
            3.5,
            1e-12,
            "by hand: 700 W * 1.25 / 250 tokens/s",
        ),
    ),
)
def energy_per_token_at_load(
    thermal_design_power: Annotated[Array, "W/chip"],
    power_usage_effectiveness: Annotated[Array, "1"],
    throughput_per_accelerator_at_load: Annotated[Array, "token/s/chip"],
) -> Annotated[Array, "J/token"]:
    """Energy of the accelerators and of the facility around them for each output token, at the load's concurrency."""
    return thermal_design_power * power_usage_effectiveness / throughput_per_accelerator_at_load
