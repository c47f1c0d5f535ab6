"""A small industry for engine tests: two chips, three offers, two models, and formulas whose answers fit in the head."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Annotated

import numpy as np

from downstack.graph.knowledge import Knowledge
from downstack.graph.loading import build
from downstack.graph.validation import Document, parse_document
from downstack.performance.declare import Array, FunctionRegistry, Regimes, Validity, performance_function

PREFIXES = """
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix src: <https://w3id.org/downstack/source/> .
@prefix inf: <https://w3id.org/downstack/influence/> .
@prefix rel: <https://w3id.org/downstack/relation/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix fn: <https://w3id.org/downstack/function/> .
@prefix fno: <https://w3id.org/function/ontology#> .
@prefix fnom: <https://w3id.org/function/vocabulary/mapping#> .
"""


def _quantity(name: str, unit: str, applies_to: str | None = None, extra: str = "") -> str:
    camel = "".join(part.capitalize() if index else part for index, part in enumerate(name.split("_")))
    applies = f"dso:appliesTo dso:{applies_to} ; " if applies_to else ""
    return (
        f'dso:{camel} a dso:QuantityKind ; rdfs:label "{name}"@en ; skos:definition "{name} of a toy"@en ; '
        f'skos:example "1" ; dso:identifier "{name}" ; {applies}dso:baseUnit "{unit}" ; dso:displayUnit "{unit}" ; '
        f"dso:inLayer dso:layer5 ; rdfs:isDefinedBy <https://w3id.org/downstack/ontology> {extra}.\n"
    )


TERMS = PREFIXES + "".join(
    [
        _quantity("toy_bandwidth", "byte/s/chip", "Accelerator", '; dso:impliedDenominator "chip" '),
        _quantity("toy_capacity", "byte/chip", "Accelerator", '; dso:impliedDenominator "chip" '),
        _quantity("toy_pin_rate", "byte/s", "MemoryTechnology"),
        _quantity("toy_pins", "1/chip", "Accelerator", '; dso:impliedDenominator "chip" '),
        _quantity("toy_chips", "chip", "CloudOffering"),
        _quantity("toy_price", "USD/s", "CloudOffering"),
        _quantity("toy_bytes", "byte", "FoundationModel"),
        _quantity("toy_size", "1", "FoundationModel"),
        _quantity("toy_step_time", "s"),
        _quantity("toy_free_memory", "byte"),
        _quantity("toy_cost", "USD"),
    ]
)


def fact(slug: str, name: str, value: float, unit: str, extra: str = "") -> str:
    """Return the Turtle of one fact."""
    camel = "".join(part.capitalize() if index else part for index, part in enumerate(name.split("_")))
    return (
        f'fact:{slug}.{name}.1 a dso:Fact ; dso:subject ds:{slug} ; dso:quantity dso:{camel} ; dso:value "{value!r}"^^'
        f'<http://www.w3.org/2001/XMLSchema#double> ; dso:literal "{value:g}" ; dso:unit "{unit}" ; '
        f'dso:confidence dso:datasheet ; dso:asOf "2026-01" ; dcterms:source src:toy {extra}.\n'
    )


def entity(slug: str, classes: str, links: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the Turtle of one entity, with the cited relation of each link."""
    text = f'ds:{slug} a {classes} ; rdfs:label "{slug}"@en ; dso:inLayer dso:layer5 '
    text += "".join(f"; dso:{predicate} ds:{target} " for predicate, target in links) + ".\n"
    for predicate, target in links:
        text += (
            f"rel:{slug}.{predicate}.{target}.1 a dso:Relation ; rdf:subject ds:{slug} ; rdf:predicate dso:{predicate} ; "
            f'rdf:object ds:{target} ; dso:asOf "2026-01" ; dcterms:source src:toy .\n'
        )
    return text


FACTS = PREFIXES + "".join(
    [
        'src:toy a dso:Source ; dcterms:title "Toy data" ; dso:reference "urn:downstack:source:toy" .\n',
        entity("toy-hbm", "dso:MemoryTechnology"),
        entity("toy-chip-a", "dso:Accelerator", (("usesMemory", "toy-hbm"),)),
        entity("toy-chip-b", "dso:Accelerator"),
        entity("toy-cloud", "dso:CloudProvider"),
        entity("toy-offer-1", "dso:CloudOffering", (("hasAccelerator", "toy-chip-a"), ("offeredBy", "toy-cloud"))),
        entity("toy-offer-2", "dso:CloudOffering", (("hasAccelerator", "toy-chip-b"), ("offeredBy", "toy-cloud"))),
        entity("toy-offer-3", "dso:CloudOffering", (("hasAccelerator", "toy-chip-a"), ("offeredBy", "toy-cloud"))),
        entity("toy-model-1", "dso:FoundationModel, dso:DenseModel"),
        entity("toy-model-2", "dso:FoundationModel, dso:MixtureOfExpertsModel"),
        entity("toy-model-closed", "dso:FoundationModel"),
        fact("toy-hbm", "toy_pin_rate", 10.0, "GB/s"),
        fact("toy-chip-a", "toy_pins", 100.0, "1"),
        fact("toy-chip-a", "toy_bandwidth", 800.0, "GB/s"),
        fact("toy-chip-b", "toy_bandwidth", 2.0, "TB/s"),
        fact("toy-chip-a", "toy_capacity", 80.0, "GB"),
        fact("toy-chip-b", "toy_capacity", 160.0, "GB"),
        fact("toy-offer-1", "toy_chips", 1.0, "chip"),
        fact("toy-offer-2", "toy_chips", 2.0, "chip"),
        fact("toy-offer-3", "toy_chips", 8.0, "chip"),
        fact("toy-offer-1", "toy_price", 3.6, "USD/h"),
        fact("toy-offer-2", "toy_price", 7.2, "USD/h"),
        fact("toy-model-1", "toy_size", 40e9, "1"),
        fact("toy-model-2", "toy_size", 200e9, "1"),
    ]
)


def toy_registry() -> FunctionRegistry:
    """Return the toy formulas in a registry of their own."""
    registry = FunctionRegistry()

    @performance_function(
        returns="toy_bytes",
        formula="bytes = 2 size",
        citation="toy",
        registry=registry,
        applies_to={"model": "DenseModel"},
        increasing=("toy_size",),
    )
    def toy_bytes_dense(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        return 2.0 * toy_size

    @performance_function(
        returns="toy_bytes",
        formula="bytes = size",
        citation="toy",
        registry=registry,
        applies_to={"model": "MixtureOfExpertsModel"},
    )
    def toy_bytes_sparse(toy_size: Annotated[Array, "1"]) -> Annotated[Array, "byte"]:
        return 1.0 * toy_size

    @performance_function(formula="W = pins x rate", citation="toy", registry=registry)
    def toy_bandwidth(
        toy_pins: Annotated[Array, "1/chip"], toy_pin_rate: Annotated[Array, "byte/s"]
    ) -> Annotated[Array, "byte/s/chip"]:
        return toy_pins * toy_pin_rate

    def free(toy_bytes: Array, toy_capacity: Array, toy_chips: Array) -> Array:
        return toy_capacity * toy_chips - toy_bytes

    @performance_function(
        formula="free = capacity x chips - bytes",
        citation="toy",
        registry=registry,
        feasible=lambda toy_bytes, toy_capacity, toy_chips: free(toy_bytes, toy_capacity, toy_chips) > 0.0,
        infeasible_reason="the weights do not fit",
    )
    def toy_free_memory(
        toy_bytes: Annotated[Array, "byte"],
        toy_capacity: Annotated[Array, "byte/chip"],
        toy_chips: Annotated[Array, "chip"],
    ) -> Annotated[Array, "byte"]:
        return free(toy_bytes, toy_capacity, toy_chips)

    def sides(toy_bytes: Array, toy_bandwidth: Array, toy_chips: Array, toy_free_memory: Array) -> tuple[Array, Array]:
        return toy_bytes / (toy_bandwidth * toy_chips), toy_free_memory / (2e12 * toy_chips)

    @performance_function(
        formula="t = max(bytes / (W chips), free / (2e12 chips))",
        citation="toy",
        registry=registry,
        validity=(Validity("toy_chips", 1.0, 4.0, "the toy scales to four chips"),),
        regimes=Regimes(
            ("reading", "filling"), lambda **inputs: np.argmax(np.stack(np.broadcast_arrays(*sides(**inputs))), axis=0)
        ),
    )
    def toy_step_time(
        toy_bytes: Annotated[Array, "byte"],
        toy_bandwidth: Annotated[Array, "byte/s/chip"],
        toy_chips: Annotated[Array, "chip"],
        toy_free_memory: Annotated[Array, "byte"],
    ) -> Annotated[Array, "s"]:
        return np.maximum(*sides(toy_bytes, toy_bandwidth, toy_chips, toy_free_memory))

    @performance_function(formula="cost = price x t", citation="toy", registry=registry)
    def toy_cost(toy_price: Annotated[Array, "USD/s"], toy_step_time: Annotated[Array, "s"]) -> Annotated[Array, "USD"]:
        return toy_price * toy_step_time

    return registry


@cache
def _vocabulary() -> tuple[Document, ...]:
    """Return the bundled vocabulary without its quantities, and the toy ones; read once, as nothing changes documents."""
    from downstack.graph.validation import read_documents
    from downstack.vocabulary import locate

    core = tuple(item for item in read_documents(locate() / "terms") if "quantities" not in item.path)
    return (*core, parse_document("terms/toy.ttl", TERMS))


def documents(facts: str = FACTS) -> tuple[Document, ...]:
    """Return the bundled vocabulary with the toy quantities and facts."""
    return (*_vocabulary(), parse_document("facts/toy.ttl", facts))


def toy_knowledge(facts: str = FACTS, registry: FunctionRegistry | None = None) -> Knowledge:
    """Return the toy graph; the same facts with the toy functions are the same graph."""
    return _built(facts) if registry is None else build(documents(facts), registry, shacl=False)[0]


@lru_cache(maxsize=32)
def _built(facts: str) -> Knowledge:
    return build(documents(facts), toy_registry(), shacl=False)[0]
