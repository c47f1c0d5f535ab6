"""The toy industry with uncertain facts: what the tests of uncertainty share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from downstack.engine.changes import Intervention, check_change, read_changes
from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.engine.run import run
from downstack.engine.sampling import sampled_plan
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, RelativeError

from .toy import FACTS, fact, toy_knowledge, toy_registry

DOUBLE = "^^<http://www.w3.org/2001/XMLSchema#double>"
BANDWIDTH = fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s")
SIZE = fact("toy-model-1", "toy_size", 40e9, "1")
PRICE = fact("toy-offer-2", "toy_price", 7.2, "USD/h")
HERE = {"model": "toy-model-1", "offering": "toy-offer-2"}
GROUP = "<https://w3id.org/downstack/correlation-group/toy>"


def interval(low: float, high: float) -> str:
    """Return the ends of a fact, in the unit of the fact."""
    return f'; dso:low "{low!r}"{DOUBLE} ; dso:high "{high!r}"{DOUBLE} '


def stated(extra: str) -> str:
    """Return the toy facts with the same addition at a bandwidth, a size and a price."""
    facts = FACTS.replace(BANDWIDTH, fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s", interval(1.0, 4.0) + extra))
    facts = facts.replace(SIZE, fact("toy-model-1", "toy_size", 40e9, "1", interval(20e9, 60e9) + extra))
    return facts.replace(PRICE, fact("toy-offer-2", "toy_price", 7.2, "USD/h", interval(3.6, 10.8) + extra))


def group(correlation: float | None = None, pairs: Mapping[tuple[str, str], float] | None = None) -> str:
    """Return the toy facts with bandwidth, size and price in one correlation group."""
    text = (
        f'{GROUP} a dso:CorrelationGroup ; rdfs:label "toy"@en ; dso:confidence dso:assumption ; '
        "dcterms:source src:toy "
    )
    if correlation is not None:
        text += f'; dso:correlation "{correlation!r}"{DOUBLE} '
    names = [f"{GROUP[:-1]}.{place}>" for place in range(len(pairs or {}))]
    text += "".join(f"; dso:hasPairCorrelation {name} " for name in names) + ".\n"
    for name, ((first, second), value) in zip(names, (pairs or {}).items(), strict=True):
        text += f'{name} a dso:PairCorrelation ; dso:betweenFact {first}, {second} ; dso:correlation "{value!r}"{DOUBLE} .\n'
    return stated(f"; dso:correlationGroup {GROUP} ") + text


def erring(names: Mapping[str, float]) -> FunctionRegistry:
    """Return the toy formulas, some of which err by themselves."""
    registry = FunctionRegistry()
    for item in toy_registry():
        error = names.get(item.name)
        registry.add(item if error is None else replace(item, relative_error=RelativeError(error, "a toy calibration")))
    return registry


def engine_of(facts: str, registry: FunctionRegistry | None = None) -> Engine:
    """Return the engine of some facts."""
    functions = registry or toy_registry()
    return Engine(toy_knowledge(facts, functions), functions)


def selected(engine: Engine, where: Mapping[str, str]) -> dict[str, frozenset[int]]:
    """Return a filter as the engine takes it."""
    return {role: frozenset({engine.columns().tables[role].position[slug]}) for role, slug in where.items()}


def plan_of(engine: Engine, *targets: str, where: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of one combination."""
    return engine.plan(targets, selected(engine, HERE if where is None else where))


def changes_of(engine: Engine, change: Mapping[str, str]) -> tuple[Intervention, ...]:
    """Return changes as the engine takes them."""
    kg = KnowledgeGraph(engine)
    return tuple(check_change(item, item.entity, kg.quantity(item.quantity)) for item in read_changes(change))


def samples_of(engine: Engine, target: str, count: int, where: Mapping[str, str] | None = None, seed: int = 0) -> Array:
    """Return the samples of one number."""
    values = run(sampled_plan(plan_of(engine, target, where=where), count, seed)).values[target][0]
    return np.broadcast_to(values, (count,))
