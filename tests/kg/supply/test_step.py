"""The month by month step: the worked example by hand, balance, equilibrium, rationing, restoration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kg.supply.networks import exact, factory, networks, run, two_suppliers

from downstack.errors import UserInputError
from downstack.supply.cases import one_case
from downstack.supply.gather import gather
from downstack.supply.network import Edge, Network, Node
from downstack.supply.step import CAPACITY, DEMAND
from downstack.supply.substitution import group_output

ROUNDING = 1e-9


def stock_change(network: Network, lost: float) -> np.ndarray:
    """Per cent by which the cloud's installed base falls, month by month."""
    ledger = run(network, {"packaging": lost})
    stock = gather(network, one_case(), ledger)["cloud"].stock
    assert stock is not None
    return 100.0 * (stock.value[:, 0] - 1.0)


def test_one_month_of_inventory_carries_a_loss_of_three_tenths_for_three_months_and_a_third() -> None:
    made = run(factory(1.0), {"packaging": 0.3}).nodes["gpu"].production[:, 0]
    assert made == pytest.approx([1, 1, 1, 0.8, 0.7, 0.7, *[1] * 12], abs=1e-12)


def test_the_installed_base_falls_far_less_than_the_flow() -> None:
    with_inventory, without = stock_change(factory(1.0), 0.3), stock_change(factory(0.0), 0.3)
    assert int(np.argmin(with_inventory)) + 1 == 9
    # By hand: 0.2 + 0.3 + 0.3 months of flow are missing out of the 6 that stood there and the 9 that should have come.
    assert with_inventory.min() == pytest.approx(-100.0 * 0.8 / 15.0)
    assert with_inventory.min() == pytest.approx(-5.33, abs=0.005)
    assert without[11] == pytest.approx(-10.0)
    assert without[11] == pytest.approx(-100.0 * 1.8 / 18.0)


def test_packaging_binds_in_the_months_in_which_it_is_short_and_memory_never_does() -> None:
    network = factory(1.0)
    book = run(network, {"packaging": 0.3})
    groups = list(network.groups("gpu"))
    binding = book.nodes["gpu"].binding[:, 0].tolist()
    assert binding == [DEMAND] * 3 + [groups.index("packaging")] * 3 + [DEMAND] * 12
    assert book.nodes["packaging"].binding[:6, 0].tolist() == [CAPACITY] * 6


@given(networks())
def test_without_a_disruption_every_month_equals_the_base_exactly(network: Network) -> None:
    ledger = run(network, {})
    for node in ledger.nodes.values():
        assert (node.production == 1.0).all()
        assert (node.unallocated == 1.0).all()
        assert (node.binding == DEMAND).all()
    for edge in ledger.edges.values():
        for series in (edge.ordered, edge.shipped, edge.arrived, edge.used):
            assert (series == 1.0).all()
        assert (edge.inventory == edge.start_inventory).all()
        assert (edge.transit == edge.start_transit).all()


@given(networks(), st.data())
def test_t04_mass_is_conserved_at_every_node_in_every_month(network: Network, data: st.DataObject) -> None:
    lost = {name: data.draw(st.floats(0.0, 1.0)) for name in sorted(network.nodes) if data.draw(st.booleans())}
    months, ramp = data.draw(st.integers(1, 8)), data.draw(st.floats(0.0, 4.0))
    ledger = run(network, lost, months=months, ramp=ramp)
    for name, node in ledger.nodes.items():
        customers = network.outputs[name]
        outside = 1.0 - sum(edge.mass for edge in customers)
        given_out = outside * node.unallocated + sum(edge.mass * ledger.edges[edge.id].shipped for edge in customers)
        np.testing.assert_allclose(given_out, node.production, atol=ROUNDING)
        assert (node.production >= -ROUNDING).all()
        for edges in network.groups(name).values():
            used = sum(ledger.edges[edge.id].weight * ledger.edges[edge.id].used for edge in edges)
            np.testing.assert_allclose(used, node.production, atol=ROUNDING)
    for edge in ledger.edges.values():
        before = np.vstack([edge.start_inventory, edge.inventory[:-1]])
        np.testing.assert_allclose(before + edge.arrived - edge.used, edge.inventory, atol=ROUNDING)
        under_way = np.vstack([edge.start_transit, edge.transit[:-1]])
        np.testing.assert_allclose(under_way + edge.shipped - edge.arrived, edge.transit, atol=ROUNDING)
        assert (edge.inventory >= -ROUNDING).all()
        assert (edge.transit >= -ROUNDING).all()
        assert (edge.shipped <= edge.ordered + ROUNDING).all()


def customers(rule: tuple[int, int]) -> Network:
    nodes = {name: Node(name, outside_tier=rule[1]) for name in ("wafers", "first", "second")}
    return Network(
        nodes,
        tuple(
            Edge(name, "wafers", name, "packaging", mass=mass, tier=tier)
            for name, mass, tier in zip(("first", "second"), (0.6, 0.3), rule, strict=True)
        ),
    )


def test_in_proportion_all_customers_lose_the_same_part() -> None:
    book = run(customers((0, 0)), {"wafers": 0.3})
    assert book.edges["first"].shipped[0, 0] == pytest.approx(0.7)
    assert book.edges["second"].shipped[0, 0] == pytest.approx(0.7)
    assert book.nodes["wafers"].unallocated[0, 0] == pytest.approx(0.7)


def test_who_is_served_first_loses_nothing_while_there_is_enough_for_him() -> None:
    book = run(customers((0, 1)), {"wafers": 0.3})
    assert book.edges["first"].shipped[0, 0] == 1.0
    # By hand: 0.1 of 0.7 is left for the second customer and the outside, which want 0.3 and 0.1.
    assert book.edges["second"].shipped[0, 0] == pytest.approx(0.25)
    assert book.nodes["wafers"].unallocated[0, 0] == pytest.approx(0.25)


def test_what_is_under_way_arrives_before_the_loss_is_felt() -> None:
    network = Network(
        {name: Node(name) for name in ("dies", "chip")}, (Edge("e", "dies", "chip", "logic", lead=exact(1.5)),)
    )
    made = run(network, {"dies": 0.4}, months=2).nodes["chip"].production[:6, 0]
    assert made == pytest.approx([1.0, 0.8, 0.6, 0.8, 1.0, 1.0])


@pytest.mark.parametrize(("elasticity", "made"), [(0.0, 0.5), (1.0, 0.5**0.8), (np.inf, 0.6)])
def test_the_elasticity_of_substitution_decides_how_much_a_second_supplier_helps(
    elasticity: float, made: float
) -> None:
    book = run(two_suppliers(elasticity), {"large": 0.5})
    assert book.nodes["accelerator"].production[0, 0] == pytest.approx(made)


@given(
    st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.01, 1.0)), min_size=1, max_size=5),
    st.sampled_from((0.0, 0.05, 0.5, 1.0, 2.0, 30.0, np.inf)),
)
def test_a_group_gives_between_its_scarcest_member_and_the_mean(
    members: list[tuple[float, float]], elasticity: float
) -> None:
    at_hand, weights = np.array(members).T[:, :, np.newaxis]
    weights = weights / weights.sum()
    output = group_output(at_hand, weights, np.array([elasticity]))[0]
    assert at_hand.min() - ROUNDING <= output <= (weights * at_hand).sum() + ROUNDING
    better = group_output(at_hand, weights, np.array([2.0 * elasticity + 0.1]))[0]
    assert output <= better + 1e-7


def test_inventories_are_restored_slowly_and_without_a_wave_afterwards() -> None:
    """One day of restoration sends a peak of demand up the chain; so does one month here, and three months much less."""

    def upstream(months: float) -> np.ndarray:
        nodes = {
            "ore": Node("ore", headroom=exact(9.0)),
            "dies": Node("dies", headroom=exact(3.0)),
            "chip": Node("chip"),
        }
        chain = tuple(
            Edge(name, supplier, user, "g", inventory=exact(2.0), lead=exact(1.0), restoration=months)
            for name, supplier, user in (("d", "ore", "dies"), ("c", "dies", "chip"))
        )
        return run(Network(nodes, chain), {"dies": 0.9}, months=4, horizon=60).nodes["ore"].production[:, 0]

    quick, slow = upstream(1.0), upstream(6.0)
    assert quick.max() > 2.0
    assert slow.max() < 1.5
    assert np.abs(slow[40:] - 1.0).max() < 0.02


def test_a_network_that_runs_in_a_circle_is_refused() -> None:
    with pytest.raises(UserInputError, match="circle"):
        Network({"a": Node("a"), "b": Node("b")}, (Edge("1", "a", "b", "x"), Edge("2", "b", "a", "x")))


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(UserInputError, match="no node"):
        Network({"a": Node("a")}, (Edge("1", "a", "b", "x"),))
