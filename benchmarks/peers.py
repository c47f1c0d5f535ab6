"""The peers doing the formulas of :mod:`workload`: OpenMDAO and Apache Hamilton, and SPARQL for the join.

Each peer gets the same Python functions, in its own idiom and in more than one layout, so that the comparison is with
the fastest that was found. What a peer prepares once (setup, driver, store) is not timed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyoxigraph as ox
import rdflib
from rdflib.plugins.sparql import prepareQuery
from workload import INPUTS, OUTPUTS, TARGETS, declarations

from downstack.performance.declare import Array, FunctionDeclaration

Results = dict[str, Array]
Peer = tuple[Callable[[], object], Callable[[], Results]]
"""What is timed, and what the numbers of all bindings were after it."""

ORDER = tuple(OUTPUTS)


def installed(module: str) -> bool:
    """Say whether a peer can be measured here."""
    return importlib.util.find_spec(module) is not None


def _renamed(declaration: FunctionDeclaration, rename: Callable[[str], str], annotation: type) -> Any:
    """Return the function of a declaration with other names for its parameters, at no cost per call.

    Single numbers take the built-in minimum and maximum, which are faster on them than NumPy's.
    """
    function = declaration.implementation
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"{declaration.name} is not a plain function")
    names = tuple(rename(name) for name in declaration.input_names)
    scope = {"maximum": max, "minimum": min} if annotation is float else {"maximum": np.maximum, "minimum": np.minimum}
    made = types.FunctionType(function.__code__.replace(co_varnames=names), scope, rename(declaration.name))
    made.__annotations__ = {**dict.fromkeys(names, annotation), "return": annotation}
    made.__qualname__ = made.__name__
    return made


def hamilton_peers(inputs: Mapping[str, Array]) -> dict[str, Peer]:
    """Return Hamilton as one graph for all bindings, as one run a binding, and as arrays."""
    os.environ["HAMILTON_TELEMETRY_ENABLED"] = "false"
    driver: Any = importlib.import_module("hamilton.driver")
    base: Any = importlib.import_module("hamilton.base")
    modules: Any = importlib.import_module("hamilton.ad_hoc_utils")
    count = len(next(iter(inputs.values())))
    columns = {name: inputs[name].tolist() for name in INPUTS}

    def built(name: str, functions: list[Any]) -> Any:
        module = modules.create_temporary_module(*functions, module_name=name)
        return driver.Builder().with_modules(module).with_adapters(base.DictResult()).build()

    every = [
        _renamed(item, lambda name, place=place: f"{name}__{place}", float)
        for place in range(count)
        for item in declarations()
    ]
    wide = built("downstack_bench_wide", every)
    wide_inputs = {f"{name}__{place}": columns[name][place] for name in INPUTS for place in range(count)}
    wide_targets = [f"{name}__{place}" for name in TARGETS for place in range(count)]
    narrow = built("downstack_bench_narrow", [_renamed(item, str, float) for item in declarations()])
    narrow_inputs = [{name: columns[name][place] for name in INPUTS} for place in range(count)]
    arrays = built("downstack_bench_arrays", [_renamed(item, str, np.ndarray) for item in declarations()])
    targets = list(TARGETS)

    def wide_numbers() -> Results:
        found = wide.execute([f"{name}__{place}" for name in ORDER for place in range(count)], inputs=wide_inputs)
        return {name: np.array([found[f"{name}__{place}"] for place in range(count)]) for name in ORDER}

    def narrow_numbers() -> Results:
        found = [narrow.execute(list(ORDER), inputs=item) for item in narrow_inputs]
        return {name: np.array([item[name] for item in found]) for name in ORDER}

    return {
        "one graph": (lambda: wide.execute(wide_targets, inputs=wide_inputs), wide_numbers),
        "a run per binding": (
            lambda: [narrow.execute(targets, inputs=item) for item in narrow_inputs],
            narrow_numbers,
        ),
        "arrays": (
            lambda: arrays.execute(targets, inputs=dict(inputs)),
            lambda: dict(arrays.execute(list(ORDER), inputs=dict(inputs))),
        ),
    }


def openmdao_peers(inputs: Mapping[str, Array]) -> dict[str, Peer]:
    """Return OpenMDAO with one component a formula and binding, of two kinds, and with one a formula over arrays."""
    os.environ["OPENMDAO_REPORTS"] = "0"
    om: Any = importlib.import_module("openmdao.api")
    count = len(next(iter(inputs.values())))

    def explicit(declaration: FunctionDeclaration) -> Any:
        names, function = declaration.input_names, _renamed(declaration, str, float)
        output = declaration.returns

        def setup(self: Any) -> None:
            for name in names:
                self.add_input(name)
            self.add_output(output)

        def compute(_: Any, given: Any, found: Any) -> None:
            found[output] = function(*[given[name][0] for name in names])

        return type(f"Component_{output}", (om.ExplicitComponent,), {"setup": setup, "compute": compute})

    def expression(declaration: FunctionDeclaration, **options: Any) -> Any:
        return om.ExecComp(f"{declaration.returns}={declaration.formula}", **options)

    def problem(make: Callable[[FunctionDeclaration], Any]) -> Peer:
        found = om.Problem(reports=None)
        for place in range(count):
            group = found.model.add_subsystem(f"b{place}", om.Group())
            given = om.IndepVarComp()
            for name in INPUTS:
                given.add_output(name, val=inputs[name][place])
            group.add_subsystem("given", given, promotes=["*"])
            for item in declarations():
                group.add_subsystem(f"f_{item.returns}", make(item), promotes=["*"])
        found.setup()
        found.final_setup()

        def numbers() -> Results:
            return {name: np.array([found.get_val(f"b{place}.{name}")[0] for place in range(count)]) for name in ORDER}

        return found.run_model, numbers

    def arrays() -> Peer:
        found = om.Problem(reports=None)
        given = om.IndepVarComp()
        for name in INPUTS:
            given.add_output(name, val=inputs[name])
        found.model.add_subsystem("given", given, promotes=["*"])
        for item in declarations():
            component = expression(item, shape=(count,), has_diag_partials=True)
            found.model.add_subsystem(f"f_{item.returns}", component, promotes=["*"])
        found.setup()
        found.final_setup()
        return found.run_model, lambda: {name: np.array(found.get_val(name)) for name in ORDER}

    kinds = {item.returns: explicit(item) for item in declarations()}
    return {
        "ExplicitComponent": problem(lambda item: kinds[item.returns]()),
        "ExecComp": problem(expression),
        "arrays": arrays(),
    }


def _join() -> str:
    role = {
        "Accelerator": "chip",
        "CloudOffering": "offer",
        "FoundationModel": "model",
        "Workload": "load",
        "ServingFramework": "engine",
    }
    patterns: list[str] = []
    for subject, variable in role.items():
        if subject != "Accelerator":
            patterns.append(f"?{variable} a dso:{subject} .")
        else:
            patterns.append("?offer dso:hasAccelerator ?chip .")
        for name, (_, owner, _) in INPUTS.items():
            if owner == subject:
                head, *tail = name.split("_")
                patterns.append(f"?{variable} dso:{head}{''.join(part.capitalize() for part in tail)} ?{name} .")
    names = " ".join(f"?{name}" for name in INPUTS)
    return (
        "PREFIX dso: <https://w3id.org/downstack/ontology#>\n"
        f"SELECT ?model ?load ?offer ?engine ?chip {names} WHERE {{ {' '.join(patterns)} }}"
    )


JOIN = _join()
"""The join that a compiled plan stands for: every binding with its chip and its fourteen numbers."""
BARE_JOIN = """
PREFIX dso: <https://w3id.org/downstack/ontology#>
SELECT ?model ?load ?offer ?engine ?chip WHERE {
  ?offer dso:hasAccelerator ?chip . ?model a dso:FoundationModel . ?load a dso:Workload . ?engine a dso:ServingFramework
}
"""
"""The same without the numbers."""


def oxigraph_join(triples: str, query: str) -> Callable[[], int]:
    """Return the join on Oxigraph; it counts the solutions and reads none of their terms."""
    store = ox.Store()
    store.load(triples.encode(), format=ox.RdfFormat.N_TRIPLES)

    def joined() -> int:
        solutions = store.query(query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise TypeError("the join is a SELECT query")
        return sum(1 for _ in solutions)

    return joined


def rdflib_join(triples: str, query: str) -> Callable[[], int]:
    """Return the join on rdflib, with the query parsed beforehand."""
    graph = rdflib.Graph()
    graph.parse(data=triples, format="nt")
    parsed = prepareQuery(query)
    return lambda: sum(1 for _ in graph.query(parsed))
