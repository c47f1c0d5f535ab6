"""The fitted constants that hold for a row about serving: for all engines, its generation, its engine, or its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from downstack.evaluation.answers import Key
from downstack.evaluation.kinds.asked import numbers
from downstack.evaluation.kinds.engines import family, layer_class
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

SURE = 0.99
"""A fit may try what is no probability."""


def constants_of_rows(
    rows: Sequence[Row], constants: Mapping[Key, float], unstated: npt.NDArray[np.bool_]
) -> dict[str, Array]:
    """Return the constants of rows by quantity; `unstated` says whose engine somebody ran without saying how."""
    count, families = len(rows), [family(row.engine) for row in rows]
    held = {name: np.full(count, constants.get(("serving", name), np.nan)) for name in ONE_FOR_ALL}
    accepted = constants.get(("serving", "fitted_draft_acceptance_rate"), np.nan)
    held["draft_acceptance_rate"] = np.full(count, min(accepted, SURE))
    usual = constants.get(("serving", "fitted_layer_time"), np.nan)
    generations = [layer_class(row.engine) for row in rows]
    held["fitted_layer_time"] = numbers(
        [constants.get((name, "fitted_generation_layer_time"), usual) for name in generations]
    )
    held["fitted_engine_sequence_time"] = numbers(
        [constants.get((name, "fitted_engine_sequence_time"), np.nan) for name in families]
    )
    # What an engine does beside the least that it must is its settings: where nobody says them, what runs of it show.
    for name, elsewhere in BY_SETTINGS.items():
        shown = numbers([constants.get((f"unstated-{item}", elsewhere), np.nan) for item in families])
        held[name] = np.where(unstated, shown, np.nan)
    return held


BY_SETTINGS = {
    "fitted_first_token_factor": "fitted_engine_first_token_factor",
    "fitted_prompt_wait_factor": "fitted_engine_prompt_wait_factor",
    "fitted_burst_factor": "fitted_burst_factor",
}
"""What runs of an engine with settings that nobody states have beside the others, by how it is called of these runs."""
ONE_FOR_ALL = (
    "fitted_dense_read_factor",
    "fitted_narrow_dense_read_factor",
    "fitted_routed_read_factor",
    "fitted_emulated_routed_read_factor",
    "fitted_cache_read_factor",
    "fitted_latent_cache_read_factor",
    "fitted_multiply_factor",
    "fitted_wide_multiply_factor",
    "fitted_sequence_time",
    "fitted_multiply_overlap",
    "fitted_expert_width",
    "fitted_parallel_layer_time",
    "fitted_moe_layer_time",
    "fitted_latent_layer_time",
    "fitted_exchange_factor",
    "fitted_activation_passes",
    "fitted_pass_layer_time",
    "fitted_turnover_steps",
    "fitted_turnover_exponent",
    "fitted_first_token_steps",
    "fitted_first_token_exponent",
    "fitted_prompt_wait",
    "fitted_prompt_launch_layer_time",
    "fitted_latent_prompt_launch_layer_time",
    "fitted_burst_share",
    "fitted_idle_power_share",
    "fitted_busy_power_share",
    "fitted_batch_power_share",
)
"""Constants that hold for all engines, models and chips."""
