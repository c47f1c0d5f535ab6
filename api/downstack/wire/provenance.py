"""What numbers rest on, said briefly: each number names its functions and facts, and each fact is written once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from downstack.graph.model import Fact, Source
from downstack.results import Trace
from downstack.results.trace import walk

Json = dict[str, Any]


def fact_json(fact: Fact) -> Json:
    """Return a fact with its source."""
    return {
        "iri": fact.iri,
        "entity": fact.entity,
        "quantity": fact.quantity,
        "literal": fact.literal,
        "unit": fact.unit,
        "condition": fact.condition,
        "asOf": fact.as_of,
        "confidence": fact.confidence,
        "distribution": fact.distribution,
        "correlationGroup": fact.correlation_group,
        "source": source_json(fact.source),
        "locator": fact.locator,
    }


def source_json(source: Source) -> Json:
    """Return where something was read."""
    return {"iri": source.iri, "title": source.title, "locator": source.locator}


def rests_on_json(trace: Trace) -> Json:
    """Return the names of the functions and the IRIs of the facts that a number rests on."""
    functions = dict.fromkeys(step.function.name for step in trace.walk() if step.function is not None)
    return {"functions": list(functions), "facts": [fact.iri for fact in trace.facts]}


def facts_json(traces: Iterable[Trace]) -> list[Json]:
    """Return the facts that some numbers rest on, each once."""
    found = {fact.iri: fact for step in walk(traces) for fact in step.own_facts[:1]}
    return [fact_json(fact) for fact in found.values()]
