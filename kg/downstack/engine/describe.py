"""The functions as RDF, in the Function Ontology, generated from their declarations.

So a function can be queried like any entity. The description names an implementation, but the implementation is only
ever taken from the registry: :func:`check_descriptions` refuses data that names another one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from downstack.errors import FunctionError
from downstack.graph.model import QuantityKind
from downstack.performance.declare import Constant, FunctionDeclaration, FunctionRegistry
from downstack.vocabulary import DSO

HEADER = """\
# GENERATED from the declarations in kg/downstack/performance by `make generate`: do not edit.
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fn: <https://w3id.org/downstack/function/> .
@prefix fno: <https://w3id.org/function/ontology#> .
@prefix fnom: <https://w3id.org/function/vocabulary/mapping#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def functions_turtle(functions: Iterable[FunctionDeclaration], quantities: Mapping[str, QuantityKind]) -> str:
    """Return the description of some functions as Turtle, in the order of their names."""
    blocks = [_function(item, quantities) for item in sorted(functions, key=lambda item: item.name)]
    return "\n\n".join([HEADER.rstrip(), *blocks]) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _term(quantities: Mapping[str, QuantityKind], name: str) -> str:
    kind = quantities.get(name)
    if kind is None:
        raise FunctionError(f"the vocabulary has no quantity {name!r}", hint="add it to ontology/terms")
    return f"dso:{kind.iri.removeprefix(DSO)}"


def _double(value: float) -> str:
    written = {float("inf"): "INF", float("-inf"): "-INF"}.get(value, repr(value))
    return f'"{written}"^^xsd:double'


def _function(item: FunctionDeclaration, quantities: Mapping[str, QuantityKind]) -> str:
    name = f"fn:{item.name}"
    lines: list[str] = [f"{name} a fno:Function, dso:PerformanceFunction ;"]
    parameters = [f"{name}.{part.name}" for part in item.inputs]
    facts: list[tuple[str, str]] = [
        ("rdfs:label", _text(item.name.replace("_", " "))),
        ("fno:expects", f"( {' '.join(parameters)} )"),
        ("fno:returns", f"( {name}.returns )"),
        ("dso:formula", _text(item.formula)),
        ("dcterms:bibliographicCitation", _text(item.citation)),
        ("dso:codeDigest", _text(item.digest)),
    ]
    facts.append(("dso:computes", _term(quantities, item.returns)))
    facts += [("dso:reads", _term(quantities, part.name)) for part in item.inputs]
    facts += [("dso:assumes", _text(text)) for text in item.assumes]
    facts += [("dso:holdsFor", f"dso:{cls}") for _, cls in sorted(item.applies_to.items())]
    if item.infeasible_reason:
        facts.append(("dso:infeasibleReason", _text(item.infeasible_reason)))
    if item.regimes is not None:
        facts += [("dso:regimeName", _text(text)) for text in item.regimes.names]
    facts += [("dso:neverFallsWith", _term(quantities, part)) for part in item.increasing]
    facts += [("dso:neverRisesWith", _term(quantities, part)) for part in item.decreasing]
    if item.relative_error is not None:
        facts.append(("dso:hasRelativeError", f"{name}.error"))
    facts += [("dso:hasConstant", f"{name}.{key}") for key in sorted(item.constants)]
    facts += [("dso:hasValidityRange", f"{name}.{check.input}.validity") for check in item.validity]
    lines += [f"    {predicate} {value} ;" for predicate, value in facts[:-1]]
    lines.append(f"    {facts[-1][0]} {facts[-1][1]} .")
    blocks = ["\n".join(lines)]
    blocks += [
        f"{name}.{part.name} a fno:Parameter ;\n"
        f"    fno:predicate {_term(quantities, part.name)} ;\n"
        f"    dso:baseUnit {_text(part.unit)} ;\n"
        + (f"    dso:lagMonths {item.lags[part.name]} ;\n" if part.name in item.lags else "")
        + f"    fno:required {str(not part.optional).lower()} ."
        for part in item.inputs
    ]
    start = "" if item.start is None else f" ;\n    dso:searchStart {_double(item.start)}"
    blocks.append(
        f"{name}.returns a fno:Output ;\n"
        f"    fno:predicate {_term(quantities, item.returns)} ;\n"
        f"    dso:baseUnit {_text(item.unit)}{start} ."
    )
    blocks += [
        f"{name}.{check.input}.validity a dso:ValidityRange ;\n"
        f"    dso:ofQuantity {_term(quantities, check.input)} ;\n"
        f"    dso:minimum {_double(check.low)} ;\n"
        f"    dso:maximum {_double(check.high)} ;\n"
        f"    dso:reason {_text(check.reason)} ."
        for check in item.validity
    ]
    blocks += [_constant(f"{name}.{key}", value) for key, value in sorted(item.constants.items())]
    if item.relative_error is not None:
        blocks.append(
            f"{name}.error a dso:RelativeError ;\n"
            f"    dso:value {_double(item.relative_error.value)} ;\n"
            f"    dcterms:source {_text(item.relative_error.source)} ."
        )
    blocks.append(
        f"{name}.mapping a fno:Mapping ;\n"
        f"    fno:function {name} ;\n"
        f"    fno:implementation {name}.implementation ;\n"
        f"    fno:methodMapping [ a fnom:StringMethodMapping ; fnom:method-name {_text(item.name)} ] ;\n"
        f"    fno:returnMapping [ a fnom:DefaultReturnMapping ; fnom:functionOutput {name}.returns ] ."
    )
    blocks.append(f"{name}.implementation a dso:PythonImplementation ;\n    rdfs:label {_text(item.module)} .")
    return "\n".join(blocks)


def _constant(name: str, constant: Constant) -> str:
    return (
        f"{name} a dso:Constant ;\n"
        f"    dso:value {_double(constant.value)} ;\n"
        f"    dso:unit {_text(constant.unit)} ;\n"
        f"    dcterms:source {_text(constant.source)} ."
    )


def check_descriptions(described: Mapping[str, str | None], registry: FunctionRegistry) -> None:
    """Refuse descriptions of functions that were not declared in Python, or that describe other code.

    Parameters
    ----------
    described
        Method name to code digest, as the loaded data states them.
    registry
        What may be run.

    Raises
    ------
    FunctionError
        For the first description that the registry does not hold with the same digest.
    """
    for name, digest in sorted(described.items()):
        known = registry.get(name)
        if known is None:
            raise FunctionError(
                f"the data describes a function with the implementation {name!r}, which is not registered",
                hint="implementations come from Python only: declare it with @performance_function, "
                "or remove the description; data is never imported as code",
            )
        if digest != known.digest:
            raise FunctionError(
                f"the data describes {name} with digest {digest}, the registered code has {known.digest}",
                hint="run `make generate`, or install the version that the data was made with",
            )
