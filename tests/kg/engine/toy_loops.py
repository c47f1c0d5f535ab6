"""Small markets that feed back into themselves, for tests of loops in the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from downstack.engine.engine import Engine
from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import build
from downstack.graph.validation import parse_document
from downstack.kg import KnowledgeGraph
from downstack.performance.declare import Array, FunctionRegistry, performance_function

from .toy import PREFIXES, _quantity, documents, entity, fact

Formula = Callable[..., Any]

CHIPS = ("one", "two", "three", "four")
STATED = {
    "push": {"one": 3.0, "two": 3.0, "three": 3.0, "four": 3.0},
    "gain": {"one": 0.5, "two": 0.99, "three": 1.2, "four": -1.5},
    "spare": {"one": 2.0},
    "limit": dict.fromkeys(CHIPS, 50.0),
}
COMPUTED = ("x", "y", "z", "after")
PUBLISHED = {"price": {"one": 40.0, "two": 40.0}}
POSITIVE = "; dso:nonNegative true "


@lru_cache(maxsize=8)
def vocabulary(positive: bool = False, published: bool = False) -> Knowledge:
    """Four chips with what is stated of them; x, y, z and what comes after them are computed."""
    extra = POSITIVE if positive else ""
    terms = PREFIXES + "".join(_quantity(name, "1", "Accelerator") for name in STATED)
    terms += "".join(_quantity(name, "1", None, extra) for name in COMPUTED)
    terms += _quantity("price", "1", "Accelerator", extra)
    facts = PREFIXES + 'src:toy a dso:Source ; dcterms:title "Toy" ; dso:reference "urn:downstack:source:toy" .\n'
    facts += "".join(entity(chip, "dso:Accelerator") for chip in CHIPS)
    for name, values in {**STATED, **(PUBLISHED if published else {})}.items():
        for chip, value in values.items():
            facts += fact(chip, name, value, "1", ";" + _interval(value) if name == "push" else "")
    given = (
        *documents()[:-2],
        parse_document("terms/loops.ttl", terms),
        parse_document("facts/loops.ttl", facts),
    )
    return build(given, FunctionRegistry(), shacl=False)[0]


def _interval(value: float) -> str:
    kind = "^^<http://www.w3.org/2001/XMLSchema#double>"
    return f' dso:low "{0.5 * value!r}"{kind} ; dso:high "{2.0 * value!r}"{kind} '


def declare(registry: FunctionRegistry, name: str, formula: Formula, **more: Any) -> None:
    """Declare a formula of pure numbers by the names of its parameters."""
    inputs = formula.__code__.co_varnames[: formula.__code__.co_argcount]
    scope: dict[str, Any] = {"formula": formula}
    exec(f"def {name}_of({', '.join(inputs)}):\n    return formula({', '.join(inputs)})\n", scope)
    function = scope[f"{name}_of"]
    function.__annotations__ = {**dict.fromkeys(inputs, Annotated[Array, "1"]), "return": Annotated[Array, "1"]}
    performance_function(returns=name, formula=name, citation="toy", registry=registry, **more)(function)


def market(
    formulas: Mapping[str, Formula], *, positive: bool = False, published: bool = False, **more: Mapping[str, Any]
) -> KnowledgeGraph:
    """Return a graph with some formulas; `more` has further arguments of single declarations."""
    registry = FunctionRegistry()
    for name, formula in formulas.items():
        given = {"start": 1.0, **more.get(name, {})}
        declare(registry, name, formula, **given)
    return KnowledgeGraph(Engine(vocabulary(positive, published), registry))


LINEAR: dict[str, Formula] = {"x": lambda push, gain, x: push + gain * x, "after": lambda x: 10.0 * x}
"""x = push + gain x, with the answer push / (1 - gain) where it settles."""
