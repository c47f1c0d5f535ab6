r"""How long starting the kernels of a prompt delays its first token.

A step of decoding replays a recorded graph; a pass of prompts, whose length is another each time, is started kernel by
kernel by the host. That delays the first token, while the steps of other sequences go on.

.. math::

    t_l = L\,o_l + L_{latent}\,o_{ll}
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.calibration import FITTED
from downstack.performance.declare import Array, Example, performance_function


@performance_function(
    returns="prompt_launch_time",
    formula="num_layers * fitted_prompt_launch_layer_time",
    citation=FITTED,
    increasing=("num_layers", "fitted_prompt_launch_layer_time"),
    examples=(
        Example({"num_layers": 80.0, "fitted_prompt_launch_layer_time": 3e-4}, 0.024, 1e-12, "by hand: 80 * 0.3 ms"),
    ),
    applies_to={"model": "GroupedQueryAttentionModel"},
)
def prompt_launch_time_grouped_query(
    num_layers: Annotated[Array, "1"], fitted_prompt_launch_layer_time: Annotated[Array, "s"]
) -> Annotated[Array, "s"]:
    """Seconds by which starting the kernels of its pass one by one delays the first token of a prompt."""
    return num_layers * fitted_prompt_launch_layer_time


@performance_function(
    returns="prompt_launch_time",
    formula="num_layers * (fitted_prompt_launch_layer_time + fitted_latent_prompt_launch_layer_time)",
    citation=FITTED,
    increasing=("num_layers", "fitted_prompt_launch_layer_time", "fitted_latent_prompt_launch_layer_time"),
    examples=(
        Example(
            {
                "num_layers": 60.0,
                "fitted_prompt_launch_layer_time": 3e-4,
                "fitted_latent_prompt_launch_layer_time": 2e-3,
            },
            0.138,
            1e-12,
            "by hand: 60 * 2.3 ms",
        ),
    ),
    applies_to={"model": "LatentAttentionModel"},
)
def prompt_launch_time_latent(
    num_layers: Annotated[Array, "1"],
    fitted_prompt_launch_layer_time: Annotated[Array, "s"],
    fitted_latent_prompt_launch_layer_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds of the same where layers expand a latent: what a prompt's pass takes beyond that of others."""
    return num_layers * (fitted_prompt_launch_layer_time + fitted_latent_prompt_launch_layer_time)
