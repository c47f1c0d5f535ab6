"""The workload that the engine and its peers are measured on: twelve roofline and cost formulas over invented entities.

The numbers are drawn, not looked up: what is measured is the time to compute, and a benchmark must not change when a
fact does. Every formula is written once; the peers are given the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy import maximum, minimum

from downstack.engine.engine import Engine
from downstack.engine.plan import Plan
from downstack.graph.loading import build
from downstack.graph.validation import parse_document, read_documents
from downstack.performance.declare import Array, Formula, FunctionDeclaration, FunctionRegistry, performance_function
from downstack.vocabulary import locate

KEY = ("model", "workload", "offering", "framework")
"""The roles of one binding, in the order in which the engine keeps them."""
SPREAD = 0.1
"""Every fact is uncertain by so much, so that all samples differ in all inputs."""

# Quantity: unit, class, and the range that its values are drawn from.
INPUTS: dict[str, tuple[str, str, tuple[float, float]]] = {
    "chip_bandwidth": ("byte/s/chip", "Accelerator", (2e12, 8e12)),
    "chip_flops": ("FLOP/s/chip", "Accelerator", (4e14, 2.5e15)),
    "chip_memory": ("byte/chip", "Accelerator", (80e9, 288e9)),
    "offer_chips": ("chip", "CloudOffering", (1.0, 8.0)),
    "offer_price": ("USD/s/chip", "CloudOffering", (4e-4, 3.5e-3)),
    "model_active": ("1", "FoundationModel", (7e9, 70e9)),
    "model_width": ("byte", "FoundationModel", (1.0, 2.0)),
    "model_total": ("1", "FoundationModel", (8e9, 80e9)),
    "model_cache": ("byte/token", "FoundationModel", (5e4, 3e5)),
    "load_context": ("token/sequence", "Workload", (8e3, 1.28e5)),
    "load_batch": ("sequence", "Workload", (64.0, 256.0)),
    "load_duty": ("1", "Workload", (0.05, 0.5)),
    "engine_bandwidth_share": ("1", "ServingFramework", (0.5, 0.8)),
    "engine_compute_share": ("1", "ServingFramework", (0.3, 0.6)),
}
OUTPUTS: dict[str, str] = {
    "weights": "byte",
    "cache_room": "byte",
    "sequence_cache": "byte/sequence",
    "concurrency": "sequence",
    "memory_time": "s",
    "compute_time": "s",
    "step_time": "s",
    "throughput": "sequence/s",
    "hourly_price": "USD/s",
    "token_price": "USD/sequence",
    "user_rate": "1/s",
    "sessions": "sequence",
}
TARGETS = ("token_price", "user_rate", "sessions")
"""Together they need all twelve formulas."""


def weights(
    model_total: Annotated[Array, "1"], model_width: Annotated[Array, "byte"]
) -> Annotated[Array, OUTPUTS["weights"]]:
    return model_total * model_width


def cache_room(
    chip_memory: Annotated[Array, "byte/chip"],
    offer_chips: Annotated[Array, "chip"],
    weights: Annotated[Array, "byte"],
) -> Annotated[Array, OUTPUTS["cache_room"]]:
    return maximum(chip_memory * offer_chips * 0.9 - weights, 1e6)


def sequence_cache(
    model_cache: Annotated[Array, "byte/token"], load_context: Annotated[Array, "token/sequence"]
) -> Annotated[Array, OUTPUTS["sequence_cache"]]:
    return model_cache * load_context


def concurrency(
    load_batch: Annotated[Array, "sequence"],
    cache_room: Annotated[Array, "byte"],
    sequence_cache: Annotated[Array, "byte/sequence"],
) -> Annotated[Array, OUTPUTS["concurrency"]]:
    return minimum(load_batch, cache_room / sequence_cache)


def memory_time(
    model_active: Annotated[Array, "1"],
    model_width: Annotated[Array, "byte"],
    concurrency: Annotated[Array, "sequence"],
    sequence_cache: Annotated[Array, "byte/sequence"],
    chip_bandwidth: Annotated[Array, "byte/s/chip"],
    offer_chips: Annotated[Array, "chip"],
    engine_bandwidth_share: Annotated[Array, "1"],
) -> Annotated[Array, OUTPUTS["memory_time"]]:
    return (model_active * model_width + concurrency * sequence_cache) / (
        chip_bandwidth * offer_chips * engine_bandwidth_share
    )


def compute_time(
    model_active: Annotated[Array, "1"],
    concurrency: Annotated[Array, "sequence"],
    chip_flops: Annotated[Array, "FLOP/s/chip"],
    offer_chips: Annotated[Array, "chip"],
    engine_compute_share: Annotated[Array, "1"],
) -> Annotated[Array, OUTPUTS["compute_time"]]:
    return 2.0 * model_active * concurrency / (chip_flops * offer_chips * engine_compute_share)


def step_time(
    memory_time: Annotated[Array, "s"], compute_time: Annotated[Array, "s"]
) -> Annotated[Array, OUTPUTS["step_time"]]:
    return maximum(memory_time, compute_time)


def throughput(
    concurrency: Annotated[Array, "sequence"], step_time: Annotated[Array, "s"]
) -> Annotated[Array, OUTPUTS["throughput"]]:
    return concurrency / step_time


def hourly_price(
    offer_price: Annotated[Array, "USD/s/chip"], offer_chips: Annotated[Array, "chip"]
) -> Annotated[Array, OUTPUTS["hourly_price"]]:
    return offer_price * offer_chips


def token_price(
    hourly_price: Annotated[Array, "USD/s"], throughput: Annotated[Array, "sequence/s"]
) -> Annotated[Array, OUTPUTS["token_price"]]:
    return hourly_price / throughput


def user_rate(step_time: Annotated[Array, "s"]) -> Annotated[Array, OUTPUTS["user_rate"]]:
    return 1.0 / step_time


def sessions(
    concurrency: Annotated[Array, "sequence"], load_duty: Annotated[Array, "1"]
) -> Annotated[Array, OUTPUTS["sessions"]]:
    return concurrency / load_duty


FORMULAS: tuple[tuple[Formula, str], ...] = (
    (weights, "model_total*model_width"),
    (cache_room, "maximum(chip_memory*offer_chips*0.9-weights,1e6)"),
    (sequence_cache, "model_cache*load_context"),
    (concurrency, "minimum(load_batch,cache_room/sequence_cache)"),
    (
        memory_time,
        "(model_active*model_width+concurrency*sequence_cache)/(chip_bandwidth*offer_chips*engine_bandwidth_share)",
    ),
    (compute_time, "2.0*model_active*concurrency/(chip_flops*offer_chips*engine_compute_share)"),
    (step_time, "maximum(memory_time,compute_time)"),
    (throughput, "concurrency/step_time"),
    (hourly_price, "offer_price*offer_chips"),
    (token_price, "hourly_price/throughput"),
    (user_rate, "1.0/step_time"),
    (sessions, "concurrency/load_duty"),
)
"""Inputs before outputs, each with the text that OpenMDAO's ExecComp reads."""


def _registry() -> FunctionRegistry:
    registry = FunctionRegistry()
    for function, text in FORMULAS:
        performance_function(formula=text, citation="invented for the benchmark", registry=registry)(function)
    return registry


REGISTRY = _registry()


def declarations() -> tuple[FunctionDeclaration, ...]:
    """Return the twelve declarations, inputs before outputs."""
    by_name = {item.name: item for item in REGISTRY}
    return tuple(by_name[name] for name in OUTPUTS)


PREFIXES = """
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix rel: <https://w3id.org/downstack/relation/> .
@prefix src: <https://w3id.org/downstack/source/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _term(name: str, unit: str, subject: str | None) -> str:
    applies = f"dso:appliesTo dso:{subject} ; " if subject else ""
    return (
        f'dso:{_camel(name)} a dso:QuantityKind ; rdfs:label "{name}"@en ; skos:definition "{name}"@en ; '
        f'skos:example "1" ; dso:identifier "{name}" ; {applies}dso:baseUnit "{unit}" ; dso:displayUnit "{unit}" ; '
        "dso:inLayer dso:layer5 ; rdfs:isDefinedBy <https://w3id.org/downstack/ontology> .\n"
    )


@dataclass(frozen=True, slots=True)
class Size:
    """How many entities there are; models times offerings are the bindings, in one workload and one framework."""

    models: int
    offerings: int
    chips: int

    @property
    def bindings(self) -> int:
        """The combinations that every target is computed for."""
        return self.models * self.offerings


@dataclass(frozen=True, slots=True)
class Workload:
    """The engine over one size, with the same graph as direct triples for the peers that join."""

    size: Size
    engine: Engine
    triples: str
    """N-Triples with one triple a value: fewer hops than the cited facts that the engine is built from."""

    def plan(self) -> Plan:
        """Return the plan that computes all twelve formulas for all bindings."""
        return self.engine.plan(TARGETS, {})


def workload(size: Size, seed: int = 0) -> Workload:
    """Generate a vocabulary, facts and links of a size, and open them as a graph version of their own."""
    members = {
        "Accelerator": [f"chip-{index}" for index in range(size.chips)],
        "CloudOffering": [f"offer-{index}" for index in range(size.offerings)],
        "FoundationModel": [f"model-{index}" for index in range(size.models)],
        "Workload": ["load-0"],
        "ServingFramework": ["engine-0"],
    }
    terms = PREFIXES + "".join(_term(name, unit, subject) for name, (unit, subject, _) in INPUTS.items())
    terms += "".join(_term(name, unit, None) for name, unit in OUTPUTS.items())
    facts = [PREFIXES, 'src:invented a dso:Source ; dcterms:title "Drawn" ; dso:reference "urn:downstack:drawn" .\n']
    direct: list[str] = []
    ontology, identity = "https://w3id.org/downstack/ontology#", "https://w3id.org/downstack/id/"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    for name, slugs in members.items():
        for index, slug in enumerate(slugs):
            link = ""
            if name == "CloudOffering":
                chip = f"chip-{index % size.chips}"
                link = f"; dso:hasAccelerator ds:{chip} "
                facts.append(
                    f"rel:{slug}.a a dso:Relation ; rdf:subject ds:{slug} ; rdf:predicate dso:hasAccelerator ; "
                    f'rdf:object ds:{chip} ; dso:asOf "2026-01" ; dcterms:source src:invented .\n'
                )
                direct.append(f"<{identity}{slug}> <{ontology}hasAccelerator> <{identity}{chip}> .\n")
            facts.append(f'ds:{slug} a dso:{name} ; rdfs:label "{slug}"@en ; dso:inLayer dso:layer5 {link}.\n')
            direct.append(f"<{identity}{slug}> {kind} <{ontology}{name}> .\n")
    generator = np.random.default_rng(seed)
    for name, (unit, subject, (low, high)) in INPUTS.items():
        for slug in members[subject]:
            value = float(generator.uniform(low, high))
            facts.append(
                f"fact:{slug}.{name}.1 a dso:Fact ; dso:subject ds:{slug} ; dso:quantity dso:{_camel(name)} ; "
                f'dso:value "{value!r}"^^xsd:double ; dso:literal "{value!r}" ; dso:unit "{unit}" ; '
                "dso:confidence dso:datasheet ; "
                f'dso:low "{value * (1 - SPREAD)!r}"^^xsd:double ; dso:high "{value * (1 + SPREAD)!r}"^^xsd:double ; '
                'dso:asOf "2026-01" ; dcterms:source src:invented .\n'
            )
            literal = f'"{value!r}"^^<http://www.w3.org/2001/XMLSchema#double>'
            direct.append(f"<{identity}{slug}> <{ontology}{_camel(name)}> {literal} .\n")
    core = tuple(item for item in read_documents(locate() / "terms") if "quantities" not in item.path)
    documents = (
        *core,
        parse_document("terms/benchmark.ttl", terms),
        parse_document("facts/benchmark.ttl", "".join(facts)),
    )
    knowledge, _ = build(documents, REGISTRY, shacl=False)
    return Workload(size, Engine(knowledge, REGISTRY), "".join(direct))


def flat_inputs(plan: Plan) -> dict[str, Array]:
    """Return every input with one row a binding, as somebody who writes the twelve calls by hand lays them out."""
    return {name: expanded(plan, name, facts(plan, name)) for name in INPUTS}


def factored_inputs(plan: Plan) -> dict[str, Array]:
    """Return the inputs as models x offerings x samples, of length one where they do not differ.

    Written by hand with these, each formula is computed on as few rows as the engine computes it on.
    """
    found: dict[str, Array] = {}
    for name, (_, subject, _) in INPUTS.items():
        values = facts(plan, name)
        if subject == "Accelerator":
            index = plan.binding.gather(("offering",), ("accelerator",))
            values = values if index is None else values[index]
        whole = {"FoundationModel": (-1, 1), "Accelerator": (1, -1), "CloudOffering": (1, -1)}.get(subject, (1, 1))
        found[name] = values.reshape(*whole, values.shape[1])
    return found


def facts(plan: Plan, name: str) -> Array:
    """Return the facts of one input, one row an entity."""
    values = plan.by_quantity[name].fact_values
    if values is None:
        raise LookupError(f"{name} has no facts")
    return values


def expanded(plan: Plan, name: str, values: Array) -> Array:
    """Spread the rows of one quantity over the bindings."""
    index = plan.binding.gather(KEY, plan.by_quantity[name].key)
    return np.ascontiguousarray(values if index is None else values[index])


def hand_written(inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Compute the twelve formulas as a person would without an engine: twelve calls, nothing else."""
    total = weights(inputs["model_total"], inputs["model_width"])
    room = cache_room(inputs["chip_memory"], inputs["offer_chips"], total)
    cache = sequence_cache(inputs["model_cache"], inputs["load_context"])
    running = concurrency(inputs["load_batch"], room, cache)
    reading = memory_time(
        inputs["model_active"],
        inputs["model_width"],
        running,
        cache,
        inputs["chip_bandwidth"],
        inputs["offer_chips"],
        inputs["engine_bandwidth_share"],
    )
    computing = compute_time(
        inputs["model_active"], running, inputs["chip_flops"], inputs["offer_chips"], inputs["engine_compute_share"]
    )
    step = step_time(reading, computing)
    rate = throughput(running, step)
    price = hourly_price(inputs["offer_price"], inputs["offer_chips"])
    return {
        "weights": total,
        "cache_room": room,
        "sequence_cache": cache,
        "concurrency": running,
        "memory_time": reading,
        "compute_time": computing,
        "step_time": step,
        "throughput": rate,
        "hourly_price": price,
        "token_price": token_price(price, rate),
        "user_rate": user_rate(step),
        "sessions": sessions(running, inputs["load_duty"]),
    }
