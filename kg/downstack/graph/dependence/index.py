"""The links as adjacency lists: built once per graph version, date and choice of influences, then only read.

An entity takes part in up to four roles, so that a way through it never leaves by a door that it did not enter by. The
H200 needs NVIDIA, and NVIDIA as a whole needs the B200, but the H200 does not need the B200:

=========  ============================================================================================
``SELF``   the entity with all that it needs and all that it consists of
``MAKER``  the entity as the maker or operator of one thing: leads only to who is behind the entity itself
``KIND``   the entity as the kind that a member belongs to: leads only to the kind of the kind
``FLEET``  the entity as a place of a supply chain: what it gets from its suppliers
=========  ============================================================================================

Bonds become edges between roles: ``use`` leads from SELF to SELF, ``make`` from SELF to MAKER, ``output`` from the item's
SELF and MAKER to the holder's MAKER and from the holder's SELF to the item, ``kind`` from the member's SELF and KIND to the
line's KIND and from the line's SELF to the member, ``supply`` from FLEET to FLEET.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from downstack.graph.dependence.links import SUPPLY, Link

SELF, MAKER, KIND, FLEET = range(4)
ITEMS = "items"
"""The group of all that a line consists of: it goes on while one of them does."""


class Adjacency:
    """Edges by the node that they start from; nodes and links apart, so that a walk touches no more than it needs."""

    __slots__ = ("ends", "links")

    def __init__(self, edges: Iterable[Iterable[tuple[int, int]]]) -> None:
        pairs = [tuple(item) for item in edges]
        self.ends = [tuple([end for end, _ in item]) for item in pairs]
        """Node to the nodes that its edges lead to."""
        self.links = [tuple([number for _, number in item]) for item in pairs]
        """Node to the numbers of the links of its edges, in the same order."""

    def __getitem__(self, node: int) -> Iterable[tuple[int, int]]:
        """Return the edges of a node: where each leads, and the number of its link."""
        return zip(self.ends[node], self.links[node], strict=True)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.ends)


class Need(NamedTuple):
    """Nodes that one node needs together: all of them, or any one."""

    providers: tuple[int, ...]
    any_is_enough: bool


class DependenceIndex:
    """Entities in their roles as numbered nodes, with the edges between them both ways."""

    def __init__(self, links: Iterable[Link]) -> None:
        self.links = tuple(links)
        self.entities: list[str] = []
        """Node to entity."""
        self.nodes: dict[str, dict[int, int]] = {}
        """Entity to role to node."""
        outputs = [link for link in self.links if link.bond == "output"]
        self._holders = {link.provider for link in outputs}
        holders: dict[str, set[str]] = defaultdict(set)
        for link in outputs:
            holders[link.dependent].add(link.provider)
        # Several makers of one kind of thing each make their own: none of them needs what the others make.
        kinds = {link.provider for link in self.links if link.bond == "kind"}
        self._made_apart = {item for item, makers in holders.items() if len(makers) > 1 and item in kinds}
        out: list[list[tuple[int, int]]] = []
        self._out = out
        for number, link in enumerate(self.links):
            for start, end, _ in self._edges(link):
                out[start].append((end, number))
        # An entity as itself takes part in everything that it takes part in as a place of a supply chain.
        for roles in self.nodes.values():
            if FLEET in roles and SELF in roles and roles[FLEET] != roles[SELF]:
                out[roles[SELF]].extend(out[roles[FLEET]])
        self.down = Adjacency(dict.fromkeys(item) for item in out)
        """From who needs to what is needed; several links between two nodes are several edges."""
        self.up = _turned(self.down)

    @cached_property
    def needs(self) -> Mapping[int, tuple[Need, ...]]:
        """Node to what it needs, for asking who is left without an alternative; built when first asked for."""
        found: dict[int, dict[str, tuple[list[int], bool]]] = defaultdict(dict)
        for link in self.links:
            for start, end, group in self._edges(link):
                if group:
                    found[start].setdefault(group, ([], link.alternatives or group == ITEMS))[0].append(end)
        return {
            node: tuple(Need(tuple(dict.fromkeys(ends)), either) for ends, either in groups.values())
            for node, groups in found.items()
        }

    def __len__(self) -> int:
        """Return the number of entities that depend on others or are depended on."""
        return len(self.nodes)

    def roles(self, entity: str) -> tuple[int, ...]:
        """Return the nodes of an entity; none when nothing is known of its dependence."""
        return tuple(dict.fromkeys(self.nodes.get(entity, {}).values()))

    def itself(self, entity: str) -> int | None:
        """Return the node of an entity as itself."""
        return self.nodes.get(entity, {}).get(SELF)

    def _node(self, entity: str, role: int) -> int:
        roles = self.nodes.get(entity)
        if roles is None:
            roles = self.nodes[entity] = {SELF: self._new(entity)}
        if role not in roles:
            # What holds nothing is the same place of a supply chain as it is itself.
            roles[role] = roles[SELF] if role == FLEET and entity not in self._holders else self._new(entity)
        return roles[role]

    def _new(self, entity: str) -> int:
        self.entities.append(entity)
        self._out.append([])
        return len(self.entities) - 1

    def _edges(self, link: Link) -> Iterable[tuple[int, int, str]]:
        """Return the edges of a link, each with the group of needs that it belongs to; empty for none."""
        lower, upper = link.dependent, link.provider
        if link.bond == "supply":
            return ((self._node(lower, FLEET), self._node(upper, FLEET), link.group),)
        itself = self._node(lower, SELF)
        if link.bond == "make":
            maker = self._node(upper, MAKER)
            # What a place of a supply chain takes in keeps that place going, not all else that the entity is.
            return ((self._node(lower, FLEET) if link.relation == SUPPLY else itself, maker, link.group),)
        if link.bond == "output":
            holder = self._node(upper, MAKER)
            behind = (itself, holder, link.group), (self._node(lower, MAKER), holder, link.group)
            if lower in self._made_apart:
                return behind
            return (
                *behind,
                # That all it is known to put out is gone does not mean that a company is: no need is noted.
                (self._node(upper, SELF), itself, ""),
            )
        if link.bond == "kind":
            line = self._node(upper, KIND)
            return (
                (itself, line, link.group),
                (self._node(lower, KIND), line, link.group),
                (self._node(upper, SELF), itself, ITEMS),
            )
        return ((itself, self._node(upper, SELF), link.group),)


def _turned(down: Adjacency) -> Adjacency:
    up: list[list[tuple[int, int]]] = [[] for _ in range(len(down))]
    for start in range(len(down)):
        for end, number in down[start]:
            up[end].append((start, number))
    return Adjacency(up)
