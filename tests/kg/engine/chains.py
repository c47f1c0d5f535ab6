"""Long chains of functions: a toy schema in which every quantity is the one before it, times a factor."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import Array, FunctionDeclaration, Input

from .toy import FACTS, toy_knowledge, toy_registry

START = "toy_size"


def chain(length: int, factor: float = 1.0) -> tuple[Knowledge, tuple[FunctionDeclaration, ...]]:
    """Return the toy graph with `length` functions in a row behind the size of a model; the last one is ``q<length>``."""
    knowledge = toy_knowledge(FACTS)
    template = next(iter(toy_registry()))
    pattern = replace(knowledge.quantities["toy_cost"], unit="1", display_unit="1", formula_first=False)

    def step(**inputs: Array) -> Array:
        (value,) = inputs.values()
        return value * factor

    quantities = dict(knowledge.quantities)
    functions = []
    before = START
    for number in range(1, length + 1):
        name = f"q{number}"
        quantities[name] = replace(pattern, id=name, iri=f"{pattern.iri}{number}", label=name)
        functions.append(
            replace(
                template,
                name=name,
                returns=name,
                unit="1",
                formula=f"{name} = {factor:g} {before}",
                inputs=(Input(before, "1", optional=False),),
                constants=MappingProxyType({}),
                validity=(),
                regimes=None,
                feasible=None,
                infeasible_reason="",
                assumes=(),
                applies_to=MappingProxyType({}),
                implementation=step,
            )
        )
        before = name
    return replace(knowledge, quantities=quantities), tuple(functions)
