"""What a model can run on: every offering, and every accelerator that no offering of the graph rents.

An accelerator without an offering is asked about as an offering without a name, a price and a size: the graph is extended
by one such entity each, so that binding, formulas, traces and the scalar interpreter treat it like any other.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from downstack.engine.engine import Engine
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity
from downstack.results import EffectKey, Trace

BARE = "bare-"
OFFERING, ACCELERATOR = "offering", "accelerator"


class Platforms:
    """The engine over the extended graph, built when the first question asks for it; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._base = engine
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The engine over the graph with bare accelerators."""
        with self._lock:
            if self._engine is None:
                self._engine = Engine(with_bare_accelerators(self._base.knowledge), self._base.functions)
            return self._engine


def with_bare_accelerators(knowledge: Knowledge) -> Knowledge:
    """Return the graph with an offering of no price and no size for each accelerator that has none."""
    roles = {role.id: role for role in knowledge.roles}
    if OFFERING not in roles or ACCELERATOR not in roles or roles[ACCELERATOR].via is None:
        return knowledge
    via, rented = str(roles[ACCELERATOR].via), roles[OFFERING].entity_class
    links = knowledge.links.get(via, {})
    offered = {target for targets in links.values() for target in targets}
    bare = {
        BARE + slug: Entity(
            id=BARE + slug,
            iri=knowledge.entities[slug].iri,
            label=f"{knowledge.entities[slug].label}, not rented",
            aliases=(),
            type=rented,
            classes=frozenset({rented}) | knowledge.superclasses.get(rented, frozenset()),
            layer=knowledge.entities[slug].layer,
            description=None,
            file=knowledge.entities[slug].file,
        )
        for slug in knowledge.members(roles[ACCELERATOR].entity_class)
        if slug not in offered
    }
    hanging = {slug: (slug.removeprefix(BARE),) for slug in bare}
    return replace(
        knowledge,
        entities={**knowledge.entities, **bare},
        links={**knowledge.links, via: {**links, **hanging}},
    )


def plain_key(key: EffectKey) -> EffectKey:
    """Return a combination without the offering that stands for a bare accelerator."""
    roles = tuple((role, slug) for role, slug in key.roles if not (role == OFFERING and slug.startswith(BARE)))
    return key if len(roles) == len(key.roles) else EffectKey(roles)


def plain_trace(trace: Trace, done: dict[int, Trace] | None = None) -> Trace:
    """Return a trace in which no step names an offering that stands for a bare accelerator.

    What the configuration states rests on nothing else: the facts and formulas that it replaces are left out.
    """
    seen = {} if done is None else done
    if id(trace) not in seen:
        own = replace(trace, function=None, inputs=(), own_facts=()) if trace.intervention is not None else trace
        seen[id(trace)] = replace(
            own,
            key=plain_key(trace.key),
            inputs=tuple(plain_trace(item, seen) for item in own.inputs),
            reason=None if trace.reason is None else trace.reason.replace(BARE, ""),
            intervention=None if trace.intervention is None else "stated by the deployment",
        )
    return seen[id(trace)]
