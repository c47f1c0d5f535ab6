"""Small networks to calculate with by hand, and random ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st

from downstack.supply.cases import one_case
from downstack.supply.disruption import capacity
from downstack.supply.network import Edge, Estimate, Network, Node
from downstack.supply.step import Ledger, simulate

exact = Estimate.exact


def factory(inventory: float, cover: float = 6.0, lead: float = 3.0) -> Network:
    """A GPU out of packaging and memory, and the cloud that it is delivered to."""
    nodes = {
        "packaging": Node("packaging"),
        "memory": Node("memory", headroom=exact(1.2)),
        "gpu": Node("gpu"),
        "cloud": Node("cloud", technology="fleet", cover=exact(cover)),
    }
    return Network(
        nodes,
        (
            Edge("gpu.packaging", "packaging", "gpu", "packaging", inventory=exact(inventory)),
            Edge("gpu.memory", "memory", "gpu", "memory"),
            Edge("cloud.gpu", "gpu", "cloud", "deliveries", lead=exact(lead)),
        ),
    )


def two_suppliers(elasticity: float, inventory: float = 0.0, share: float = 0.8) -> Network:
    """An accelerator whose memory comes from two suppliers."""
    return Network(
        {name: Node(name) for name in ("large", "small", "accelerator")},
        tuple(
            Edge(
                f"a.{name}", name, "accelerator", "memory",
                weight=exact(weight), inventory=exact(inventory), elasticity=exact(elasticity),
            )
            for name, weight in (("large", share), ("small", 1.0 - share))
        ),
    )  # fmt: skip


def run(network: Network, lost: Mapping[str, float], months: int = 6, horizon: int = 18, ramp: float = 0.0) -> Ledger:
    """Run one case in which parts of the output of some nodes are lost."""
    capacities = {name: capacity(-part, months, np.array([ramp]), horizon) for name, part in lost.items() if part > 0.0}
    hit = network.downstream(set(lost))
    return simulate(network, one_case(), capacities, horizon, hit)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Two to four layers of assemblies, each drawing on one to three groups of the layers before it."""
    part = st.floats(0.0, 1.0)
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    layers: list[list[str]] = []
    for depth in range(draw(st.integers(2, 4))):
        layers.append([])
        for place in range(draw(st.integers(1, 3))):
            name = f"n{depth}.{place}"
            nodes[name] = Node(name, headroom=exact(1.0 + draw(part)), outside_tier=draw(st.integers(0, 2)))
            before = [other for layer in layers[:-1] for other in layer]
            layers[-1].append(name)
            for supplier in before:
                if not draw(st.booleans()):
                    continue
                edges.append(
                    Edge(
                        f"{name}.from.{supplier}",
                        supplier,
                        name,
                        group=draw(st.sampled_from(("a", "b", "c"))),
                        weight=exact(0.05 + draw(part)),
                        mass=0.1 * draw(part),
                        tier=draw(st.integers(0, 2)),
                        inventory=exact(3.0 * draw(part)),
                        lead=exact(3.0 * draw(part)),
                        restoration=1.0 + 5.0 * draw(part),
                        elasticity=exact(draw(st.sampled_from((0.0, 0.3, 1.0, 3.0, np.inf)))),
                    )
                )
    return Network(nodes, tuple(edges))
