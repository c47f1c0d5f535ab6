r"""What a whole training run takes: chip time, money, emissions, and the time to a target.

.. math::

    T = \frac{D}{X\,g} \qquad C = T\,R \qquad M = T\,P_{TDP}\,\kappa
"""

from __future__ import annotations

from typing import Annotated

from downstack.evaluation.functions.registry import CALIBRATED
from downstack.performance.citations import DEFINITION, LITTLE
from downstack.performance.declare import Array, Example, performance_function

_LLAMA = "Touvron et al.: Llama 2, arXiv 2307.09288, 2023, section 2.2.1: GPU hours times design power"


@performance_function(
    formula="training_tokens / (training_tokens_per_second_per_chip * fitted_training_goodput)",
    citation=DEFINITION,
    assumes=("a share of the chip time goes into restarts, evaluation, trials and later stages of training",),
    increasing=("training_tokens",),
    decreasing=("training_tokens_per_second_per_chip", "fitted_training_goodput"),
    examples=(
        Example(
            {
                "training_tokens": 15e12,
                "training_tokens_per_second_per_chip": 1000.0,
                "fitted_training_goodput": 0.75,
            },
            2e10,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def predicted_training_chip_time(
    training_tokens: Annotated[Array, "token"],
    training_tokens_per_second_per_chip: Annotated[Array, "token/s/chip"],
    fitted_training_goodput: Annotated[Array, "1"],
) -> Annotated[Array, "chip*s"]:
    """Chip seconds of a training run."""
    return training_tokens / (training_tokens_per_second_per_chip * fitted_training_goodput)


@performance_function(
    formula="predicted_training_chip_time * thermal_design_power * fitted_emission_factor",
    citation=_LLAMA,
    assumes=("the chips draw their design power", "one factor for facility overhead and the mix of the grid"),
    increasing=("predicted_training_chip_time", "thermal_design_power", "fitted_emission_factor"),
    examples=(
        Example(
            {
                "predicted_training_chip_time": 3.6e9,
                "thermal_design_power": 400.0,
                "fitted_emission_factor": 1e-7,
            },
            144000.0,
            1e-12,
            "by hand: 1 M hours at 400 W, 1.44 TJ",
        ),
    ),
    registry=CALIBRATED,
)
def predicted_training_emissions(
    predicted_training_chip_time: Annotated[Array, "chip*s"],
    thermal_design_power: Annotated[Array, "W/chip"],
    fitted_emission_factor: Annotated[Array, "kg/J"],
) -> Annotated[Array, "kg"]:
    """Mass of carbon dioxide equivalents of the electricity of a training run."""
    return predicted_training_chip_time * thermal_design_power * fitted_emission_factor


@performance_function(
    formula="fitted_benchmark_tokens / (training_tokens_per_second_per_chip * accelerators_per_instance)",
    citation="MLCommons: MLPerf Training rules, GPT-3 benchmark: time from a given checkpoint to a target loss",
    assumes=("the same number of tokens leads to the target at any batch", "evaluation and start are in the tokens"),
    increasing=("fitted_benchmark_tokens",),
    decreasing=("training_tokens_per_second_per_chip", "accelerators_per_instance"),
    examples=(
        Example(
            {
                "fitted_benchmark_tokens": 1.2e9,
                "training_tokens_per_second_per_chip": 400.0,
                "accelerators_per_instance": 1000.0,
            },
            3000.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def time_to_target(
    fitted_benchmark_tokens: Annotated[Array, "token"],
    training_tokens_per_second_per_chip: Annotated[Array, "token/s/chip"],
    accelerators_per_instance: Annotated[Array, "chip"],
) -> Annotated[Array, "s"]:
    """Seconds until a training benchmark reaches its target."""
    return fitted_benchmark_tokens / (training_tokens_per_second_per_chip * accelerators_per_instance)


@performance_function(
    formula="fitted_server_power_share * thermal_design_power * accelerators_per_instance",
    citation=DEFINITION,
    assumes=("fully loaded: processors, fans, switches and conversion losses add a share of the design power",),
    increasing=("fitted_server_power_share", "thermal_design_power", "accelerators_per_instance"),
    examples=(
        Example(
            {
                "fitted_server_power_share": 1.25,
                "thermal_design_power": 1000.0,
                "accelerators_per_instance": 8.0,
            },
            10000.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def loaded_server_power(
    fitted_server_power_share: Annotated[Array, "1"],
    thermal_design_power: Annotated[Array, "W/chip"],
    accelerators_per_instance: Annotated[Array, "chip"],
) -> Annotated[Array, "W"]:
    """Watt of a loaded server at the wall."""
    return fitted_server_power_share * thermal_design_power * accelerators_per_instance


@performance_function(
    formula="price_per_accelerator_hour_paid * accelerators_per_instance / served_tokens_per_second",
    citation=DEFINITION,
    assumes=("every hour of the chips is paid and used at this load",),
    increasing=("price_per_accelerator_hour_paid", "accelerators_per_instance"),
    decreasing=("served_tokens_per_second",),
    examples=(
        Example(
            {
                "price_per_accelerator_hour_paid": 2.99 / 3600.0,
                "accelerators_per_instance": 8.0,
                "served_tokens_per_second": 1000.0,
            },
            23.92 / 3600.0 / 1000.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def served_token_cost(
    price_per_accelerator_hour_paid: Annotated[Array, "USD/s/chip"],
    accelerators_per_instance: Annotated[Array, "chip"],
    served_tokens_per_second: Annotated[Array, "token/s"],
) -> Annotated[Array, "USD/token"]:
    """Cost of the chips for one token, prompt tokens counted."""
    return price_per_accelerator_hour_paid * accelerators_per_instance / served_tokens_per_second


@performance_function(
    formula="concurrent_sequences * user_tokens_per_second * (input_tokens + output_tokens) / output_tokens",
    citation=LITTLE,
    assumes=("every place is taken at all times: waiting for the first token is left out",),
    increasing=("concurrent_sequences", "user_tokens_per_second", "input_tokens"),
    examples=(
        Example(
            {
                "concurrent_sequences": 64.0,
                "user_tokens_per_second": 50.0,
                "input_tokens": 1024.0,
                "output_tokens": 1024.0,
            },
            6400.0,
            1e-12,
            "by hand",
        ),
    ),
    registry=CALIBRATED,
)
def served_tokens_per_second(
    concurrent_sequences: Annotated[Array, "sequence"],
    user_tokens_per_second: Annotated[Array, "token/s/sequence"],
    input_tokens: Annotated[Array, "token/sequence"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "token/s"]:
    """Tokens in a second, prompt tokens counted, when each of so many users reads at a speed."""
    speed = concurrent_sequences * user_tokens_per_second
    return speed * (input_tokens + output_tokens) / output_tokens


@performance_function(
    formula="predicted_training_chip_time * price_per_accelerator_hour_paid",
    citation=DEFINITION,
    increasing=("predicted_training_chip_time", "price_per_accelerator_hour_paid"),
    examples=(
        Example(
            {"predicted_training_chip_time": 2.788e6 * 3600.0, "price_per_accelerator_hour_paid": 2.0 / 3600.0},
            5.576e6,
            1e-12,
            "DeepSeek-AI: DeepSeek-V3 Technical Report, table 1: 2.788 M hours at 2 USD",
        ),
    ),
    registry=CALIBRATED,
)
def predicted_training_cost(
    predicted_training_chip_time: Annotated[Array, "chip*s"],
    price_per_accelerator_hour_paid: Annotated[Array, "USD/s/chip"],
) -> Annotated[Array, "USD"]:
    """Rent of the chips of a training run."""
    return predicted_training_chip_time * price_per_accelerator_hour_paid
