r"""What starting kernels costs a step: one by one from the host, or captured once in a graph.

Without capture the host launches every kernel of every layer; a step cannot be shorter than that. With capture what is
left is the measured overhead of a layer.

.. math::

    t_{eager} = L\,n_k\,t_{launch} \qquad s = t_{eager} - t_O
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Example, performance_function

_GRAPHS = "NVIDIA: CUDA C++ Programming Guide, chapter on CUDA graphs"


@performance_function(
    formula="num_layers * kernels_per_layer * kernel_launch_time",
    citation=_GRAPHS,
    assumes=("one host thread launches all kernels, and no kernel runs longer than its launch",),
    increasing=("num_layers", "kernels_per_layer", "kernel_launch_time"),
    examples=(
        Example(
            {"num_layers": 32.0, "kernels_per_layer": 15.0, "kernel_launch_time": 5e-6},
            2.4e-3,
            1e-12,
            "by hand: 480 launches of 5 us",
        ),
    ),
)
def eager_launch_time(
    num_layers: Annotated[Array, "1"],
    kernels_per_layer: Annotated[Array, "1"],
    kernel_launch_time: Annotated[Array, "s"],
) -> Annotated[Array, "s"]:
    """Seconds that the host takes to launch all kernels of a step one by one."""
    return num_layers * kernels_per_layer * kernel_launch_time


@performance_function(
    formula="eager_launch_time - step_overhead_time",
    citation=_GRAPHS,
    assumes=("the overhead of the framework was measured with graphs",),
    increasing=("eager_launch_time",),
    decreasing=("step_overhead_time",),
    examples=(Example({"eager_launch_time": 2.4e-3, "step_overhead_time": 1.46e-3}, 0.94e-3, 1e-12, "by hand"),),
)
def graph_capture_saving(
    eager_launch_time: Annotated[Array, "s"], step_overhead_time: Annotated[Array, "s"]
) -> Annotated[Array, "s"]:
    """Seconds of a step that capturing its kernels in a graph saves, where the step waits for the host."""
    return eager_launch_time - step_overhead_time
