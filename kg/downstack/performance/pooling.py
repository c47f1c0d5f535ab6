r"""How much fuller machines can be when several copies of models share them.

A pool of `k` copies has :math:`k\,c` places and one queue. Its fluctuations are smaller for its size than those of each copy, so
more of its places may be taken before requests come too late; that is what virtualisation wins, less what sharing takes.

.. math::

    u_k = (1 - v)\,\max\{u : 1 - C(k c, u k c)\,e^{-(1 - u)\,k c\,s / T} \ge q\}

with Erlang's probability of waiting `C`, the time `T` that a place is taken, the longest wait `s` of a share `q` of the requests.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION, ERLANG
from downstack.performance.declare import Array, Constant, Example, Validity, performance_function
from downstack.performance.service_capacity import busiest

_ONE_PLACE = Constant(1.0, "sequence", "a place holds one sequence")
_ALL = Constant(1.0, "1", "all of the time")


@performance_function(
    formula="(all_of_it - virtualization_overhead) * the largest u with 1 - C(n, u * n)"
    " * exp(-(1 - u) * n * first_token_slack_at_capacity / request_time_at_capacity) >= service_level_target,"
    " n = pooled_replicas * max_concurrent_sequences",
    citation=ERLANG,
    constants={"one_place": _ONE_PLACE, "all_of_it": _ALL},
    validity=(
        Validity("service_level_target", 0.0, 1.0, "a share of the requests"),
        Validity("virtualization_overhead", 0.0, 1.0, "a share of the time"),
    ),
    assumes=(
        "arrivals are a Poisson process and places are taken for exponential times",
        "copies of different models take each other's places without a wait: their weights are already there",
        "all copies in the pool are like this one",
    ),
    increasing=("max_concurrent_sequences", "first_token_slack_at_capacity", "pooled_replicas"),
    decreasing=("request_time_at_capacity", "service_level_target", "virtualization_overhead"),
    examples=(
        Example(
            {
                "max_concurrent_sequences": 5.5,
                "request_time_at_capacity": 240.0,
                "first_token_slack_at_capacity": 15.0,
                "service_level_target": 0.8459,
                "pooled_replicas": 10.0,
                "virtualization_overhead": 0.05,
            },
            0.95 * 48.0 / 55.0,
            2e-4,
            "Koole, call centre, as ten copies of 5.5 places: 95 % of 48 / 55",
        ),
    ),
)
def pooled_utilization_within_target(
    max_concurrent_sequences: Annotated[Array, "sequence"],
    request_time_at_capacity: Annotated[Array, "s"],
    first_token_slack_at_capacity: Annotated[Array, "s"],
    service_level_target: Annotated[Array, "1"],
    pooled_replicas: Annotated[Array, "1"],
    virtualization_overhead: Annotated[Array, "1"],
    *,
    one_place: float,
    all_of_it: float,
) -> Annotated[Array, "1"]:
    """Useful share of the places of a shared pool, at the most requests that are still served in time."""
    places = pooled_replicas * max_concurrent_sequences / one_place
    patience = first_token_slack_at_capacity / request_time_at_capacity
    return (all_of_it - virtualization_overhead) * busiest(places, patience, service_level_target)


@performance_function(
    formula="pooled_utilization_within_target / utilization_within_target",
    citation=DEFINITION,
    increasing=("pooled_utilization_within_target",),
    decreasing=("utilization_within_target",),
    examples=(
        Example(
            {"pooled_utilization_within_target": 0.9, "utilization_within_target": 0.6},
            1.5,
            1e-12,
            "by hand: 0.9 / 0.6",
        ),
    ),
)
def pooling_gain(
    pooled_utilization_within_target: Annotated[Array, "1"],
    utilization_within_target: Annotated[Array, "1"],
) -> Annotated[Array, "1"]:
    """Useful work of a shared pool over that of the same machines on their own."""
    return pooled_utilization_within_target / utilization_within_target
