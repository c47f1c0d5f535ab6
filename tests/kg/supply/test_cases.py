"""Which numbers vary, how often, and how weights follow an unpublished share."""

from __future__ import annotations

import numpy as np
import pytest
from tests.kg.supply.networks import exact

from downstack.supply.cases import MOST_CELLS, corner_cases, group_weights
from downstack.supply.network import Edge, Estimate, Network, Node


def fan(users: int, *, shared: bool) -> Network:
    """One supplier of several users, whose inventories rest on one fact or on one each."""
    nodes = {"supplier": Node("supplier"), **{f"user{place}": Node(f"user{place}") for place in range(users)}}
    edges = tuple(
        Edge(
            name,
            "supplier",
            name,
            "part",
            inventory=Estimate(1.0, 0.0, 2.0, "fact" if shared else f"fact of {name}"),
        )
        for name in nodes
        if name != "supplier"
    )
    return Network(nodes, edges)


def test_a_fact_varies_once_however_often_it_is_used() -> None:
    network = fan(6, shared=True)
    cases = corner_cases(network, (), set(network.nodes), 24)
    assert cases.count == 1 + 3
    assert {key: values.tolist() for key, values in cases.values.items()} == {"fact": [1.0, 0.0, 1.0, 2.0]}


@pytest.mark.parametrize(("users", "count"), [(3, 1 + 3**3), (8, 1 + 2**8), (20, 1 + 2)])
def test_more_numbers_are_combined_less_finely(users: int, count: int) -> None:
    network = fan(users, shared=False)
    cases = corner_cases(network, (), set(network.nodes), 24)
    assert cases.count == count
    assert cases.count * 24 <= MOST_CELLS + 24
    assert all(values[0] == 1.0 for values in cases.values.values()), "the first case has all stated values"


def test_what_the_disruption_does_not_reach_does_not_vary() -> None:
    network = fan(3, shared=False)
    assert corner_cases(network, (), {"user0"}, 24).count == 1


def test_how_long_capacity_takes_to_come_back_varies_too() -> None:
    ramp = Estimate(1.0, 0.0, 3.0, "ramp")
    assert corner_cases(fan(1, shared=True), [ramp], set(), 24).values["ramp"].tolist() == [1.0, 0.0, 1.0, 3.0]


def memory(*weights: Estimate | None) -> tuple[Edge, ...]:
    return tuple(Edge(f"e{place}", f"s{place}", "chip", "memory", weight=item) for place, item in enumerate(weights))


def test_weights_run_between_the_ends_of_the_shares_of_who_is_hit() -> None:
    edges = memory(Estimate(60.0, 50.0, 70.0), Estimate(40.0, 30.0, 40.0))
    weights = group_weights(edges, {"s0"}, np.array([0.0, -1.0, 1.0]))
    assert weights[0] == pytest.approx([0.6, 50 / 90, 0.7])
    assert weights.sum(axis=0) == pytest.approx([1.0, 1.0, 1.0])


def test_unknown_weights_run_from_nothing_to_everything() -> None:
    weights = group_weights(memory(None, exact(1.0), None), {"s0"}, np.array([0.0, -1.0, 1.0]))
    assert weights[0] == pytest.approx([1 / 3, 0.0, 1.0])
    assert weights.sum(axis=0) == pytest.approx([1.0, 1.0, 1.0])
