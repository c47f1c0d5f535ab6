"""Questions about dependence, answered from one index per graph version, date and choice of influences."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

from downstack.errors import UnknownNameError, UserInputError
from downstack.graph.dependence.alternatives import left_without
from downstack.graph.dependence.collapse import steps_between, steps_of_way
from downstack.graph.dependence.cone import Cone, reach
from downstack.graph.dependence.exposures import exposures
from downstack.graph.dependence.funnels import MOST_NODES, funnels
from downstack.graph.dependence.index import SELF, Adjacency, DependenceIndex
from downstack.graph.dependence.links import WIDE, read_links
from downstack.graph.dependence.paths import shortest_ways
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity
from downstack.graph.names import nearest_words
from downstack.graph.supply import ProductionNode
from downstack.results.dependencies import (
    DependenceDirection,
    DependencyNode,
    DependencyPath,
    DependencyReport,
    Reliance,
    SinglePoint,
)

MOST_DEPTH = 64
MOST_PATHS = 100
READING = (
    "an alternative is one that the graph names: where it names none, there may be one that nobody has written down",
    "relations without a date hold at any date",
)


class Dependence:
    """What depends on what in one graph version."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.index = lru_cache(maxsize=8)(self._build)
        self._left_without = lru_cache(maxsize=4_096)(self._without)
        self._needed_by = lru_cache(maxsize=64)(self._upwards)
        self._places = {node.entity: node for node in knowledge.supply.nodes.values()}

    def _build(self, as_of: str | None = None, influences: bool = False) -> DependenceIndex:
        return DependenceIndex(read_links(self._knowledge, as_of, influences=influences))

    def _without(self, gone: str, as_of: str | None) -> frozenset[str]:
        return left_without(self.index(as_of), gone)

    def report(
        self,
        entity: Entity,
        direction: DependenceDirection,
        depth: int,
        as_of: str | None = None,
        hide: Sequence[str] = (),
        influences: bool = False,
    ) -> DependencyReport:
        """Return who depends on an entity, or what it depends on; see :meth:`downstack.kg.KnowledgeGraph.dependencies`."""
        started = time.perf_counter()
        if not 1 <= depth <= MOST_DEPTH:
            raise UserInputError(f"the depth is {depth}", field="maxDepth", hint=f"ask for 1 to {MOST_DEPTH} steps")
        index = self.index(as_of, influences)
        hidden = self._hidden(index, hide, entity.id)
        upwards = direction is DependenceDirection.UP
        adjacency, backwards = (index.up, index.down) if upwards else (index.down, index.up)
        cone = reach(adjacency, self._starts(index, entity.id, upwards), None, hidden)
        small = len(cone.came_from) <= MOST_NODES
        depths = self._depths(index, cone, hidden, entity.id, upwards)
        nodes = tuple(
            DependencyNode(
                entity=self._knowledge.entities[name],
                depth=steps,
                reliance=self._reliance(entity.id, name, upwards, as_of, influences) if small else None,
                place=_label(self.place(name)),
                way=steps_of_way(index, self._first(cone, node), cone.way(node), hidden, upwards=upwards),
            )
            for name, (steps, node) in sorted(depths.items(), key=lambda item: (item[1][0], item[0]))
            if steps <= depth
        )
        shown = {item.entity.id for item in nodes} | {entity.id}
        walked = [node for node in cone.came_from if index.entities[node] in shown or node in hidden]
        shares = exposures(self, index, entity, tuple(depths), upwards, as_of) if small else ()
        taken = dict.fromkeys(text for item in shares for text in item.assumptions)
        return DependencyReport(
            graph_version=self._knowledge.version,
            entity=entity,
            direction=direction,
            max_depth=depth,
            as_of=as_of,
            hidden=tuple(hide),
            influences=influences,
            nodes=nodes,
            reached=len(depths),
            steps=steps_between(index, walked, hidden),
            single_points=self._single_points(index, cone, backwards, adjacency, hidden) if small else (),
            exposures=shares,
            unknown_shares=len(depths) - len(shares),
            assumptions=(*READING, *(taken if small else (_too_large(len(depths)),))),
            elapsed_ms=(time.perf_counter() - started) * 1e3,
        )

    def paths(
        self, first: Entity, last: Entity, count: int, as_of: str | None = None, influences: bool = False
    ) -> tuple[DependencyPath, ...]:
        """Return the shortest ways between two entities; see :meth:`downstack.kg.KnowledgeGraph.paths`."""
        if not 1 <= count <= MOST_PATHS:
            raise UserInputError(f"{count} paths are asked for", field="first", hint=f"ask for 1 to {MOST_PATHS}")
        index = self.index(as_of, influences)
        found: list[DependencyPath] = []
        for direction, start, end in (
            (DependenceDirection.DOWN, first.id, last.id),
            (DependenceDirection.UP, last.id, first.id),
        ):
            for _, (node, way) in zip(range(count), shortest_ways(index, start, end), strict=False):
                steps = steps_of_way(index, node, way, frozenset(), upwards=False)
                found.append(DependencyPath(direction, steps if direction is DependenceDirection.DOWN else steps[::-1]))
        return tuple(sorted(found, key=lambda item: item.length)[:count])

    @property
    def knowledge(self) -> Knowledge:
        """The graph version."""
        return self._knowledge

    def place(self, name: str) -> ProductionNode | None:
        """Return the place of an entity in the supply chains, where it is not the whole of it."""
        whole = self._knowledge.entities[name].classes.isdisjoint(WIDE)
        return None if whole else self._places.get(name)

    def _hidden(self, index: DependenceIndex, kinds: Sequence[str], asked: str) -> frozenset[int]:
        known = self._knowledge.superclasses
        for kind in kinds:
            if kind not in known:
                raise UnknownNameError("class", kind, nearest_words(kind, tuple(known)), field="hide")
        if not kinds:
            return frozenset()
        entities, wanted = self._knowledge.entities, frozenset(kinds)
        return frozenset(
            node
            for node, name in enumerate(index.entities)
            if name != asked and not entities[name].classes.isdisjoint(wanted)
        )

    @staticmethod
    def _starts(index: DependenceIndex, asked: str, upwards: bool) -> tuple[int, ...]:
        itself = index.itself(asked)
        # Who depends on it in any of its roles; what it depends on as itself, which includes all other roles.
        return index.roles(asked) if upwards else () if itself is None else (itself,)

    @staticmethod
    def _first(cone: Cone, node: int) -> int:
        while cone.came_from[node] >= 0:
            node = cone.came_from[node]
        return node

    @staticmethod
    def _depths(
        index: DependenceIndex, cone: Cone, hidden: frozenset[int], asked: str, upwards: bool
    ) -> dict[str, tuple[int, int]]:
        """Return entity to its depth and the node at which it was met first."""
        found: dict[str, tuple[int, int]] = {}
        for steps, level in enumerate(cone.levels):
            for node in level:
                name = index.entities[node]
                if name == asked or node in hidden or name in found:
                    continue
                # Upwards an entity is met as itself only: its other roles are reached with it.
                if not upwards or index.nodes[name][SELF] == node:
                    found[name] = steps, node
        return found

    def _reliance(self, asked: str, name: str, upwards: bool, as_of: str | None, influences: bool) -> Reliance:
        gone, harmed = (asked, name) if upwards else (name, asked)
        if influences and not self._is_needed(gone, harmed, as_of):
            return Reliance.QUALITATIVE
        return Reliance.SOLE if harmed in self._left_without(gone, as_of) else Reliance.REPLACEABLE

    def _is_needed(self, gone: str, harmed: str, as_of: str | None) -> bool:
        itself = self.index(as_of).itself(harmed)
        return itself is not None and itself in self._needed_by(gone, as_of)

    def _upwards(self, gone: str, as_of: str | None) -> frozenset[int]:
        index = self.index(as_of)
        return frozenset(reach(index.up, index.roles(gone)).came_from)

    def _single_points(
        self,
        index: DependenceIndex,
        cone: Cone,
        backwards: Adjacency,
        forwards: Adjacency,
        hidden: frozenset[int],
    ) -> tuple[SinglePoint, ...]:
        behind = funnels(cone, index.entities, backwards)
        starts = {index.entities[node] for node in cone.levels[0]}
        goes_on = {index.entities[node] for node in cone.came_from if forwards.ends[node]}
        unseen = {index.entities[node] for node in hidden}
        ends = {index.entities[node] for node in cone.came_from} - goes_on - starts - unseen
        found = [
            SinglePoint(
                entity=self._knowledge.entities[name],
                behind=tuple(item for item in others if item not in unseen),
                all_ends=ends <= {name, *others},
            )
            for name, others in behind.items()
            if name not in unseen and any(item not in unseen for item in others)
        ]
        return tuple(sorted(found, key=lambda item: (-len(item.behind), item.entity.id)))


def _label(place: ProductionNode | None) -> str | None:
    return None if place is None else place.label


def _too_large(count: int) -> str:
    return (
        f"{count:,} entities are reached: alternatives, single points and shares are looked for among at most "
        f"{MOST_NODES:,} places"
    )
