"""Tools that look things up: what is loaded, what a name means, what is stated."""

from __future__ import annotations

from collections.abc import Iterable

from downstack.mcp import schema
from downstack.mcp.schema import listed, told
from downstack.mcp.tool import Question, Tool
from downstack.wire.entities import entity_json, hit_json, layer_json, property_json, relation_json, valued_fact_json
from downstack.wire.influences import whole_influence_json
from downstack.wire.provenance import Json
from downstack.wire.terms import function_json, graph_json, quantity_json

DIRECTIONS = ("UP", "DOWN")


def _graph(question: Question) -> Json:
    kg = question.kg
    return {**graph_json(kg.info), "layers": [layer_json(item) for item in kg.layers]}


def _search(question: Question) -> Json:
    hits = question.kg.search(question.arguments["text"], question.get("first", 10))
    return {"graphVersion": question.kg.version, "hits": [hit_json(item) for item in hits]}


def _entity(question: Question) -> Json:
    kg, cut = question.kg, question.pages.cut
    found = kg.resolve(question.arguments["entity"])
    return {
        "graphVersion": kg.version,
        "entity": entity_json(found),
        "facts": [
            valued_fact_json(item, kg.quantities[item.quantity])
            for item in cut("facts", kg.facts_of(found.id, question.get("quantity")))
        ],
        "properties": [property_json(item) for item in cut("properties", kg.properties_of(found.id))],
        "relations": [
            relation_json(item) for item in cut("relations", kg.relations_of(found.id, question.get("asOf")))
        ],
        "influences": [whole_influence_json(item) for item in cut("influences", kg.influences_of(found.id))],
    }


def _quantities(question: Question) -> Json:
    kg = question.kg
    words = str(question.get("text", "")).lower().replace("_", " ").split()
    layer = question.get("layer")
    numbers = {item.name: item.number for item in kg.layers}
    found = [
        item
        for _, item in sorted(kg.quantities.items())
        if (layer is None or item.layer == numbers[layer])
        and _all_in(words, (item.id.replace("_", " "), item.label, item.definition))
    ]
    return {
        "graphVersion": kg.version,
        "quantities": [quantity_json(item) for item in question.pages.cut("quantities", found)],
    }


def _functions(question: Question) -> Json:
    kg = question.kg
    returns, reads = (
        None if question.get(name) is None else kg.quantity(question.get(name), field=name).id
        for name in ("returns", "reads")
    )
    found = [
        item
        for item in kg.functions
        if (returns is None or item.returns == returns)
        and (reads is None or reads in item.input_names)
        and question.get("name", item.name) == item.name
    ]
    return {
        "graphVersion": kg.version,
        "functions": [function_json(item) for item in question.pages.cut("functions", found)],
    }


def _influences(question: Question) -> Json:
    kg = question.kg
    ends = {
        name: None if question.get(name) is None else kg.resolve(question.get(name), field=name).id
        for name in ("entity", "sourceEntity", "targetEntity")
    }
    found = [
        item
        for item in sorted(kg.influences, key=lambda item: item.iri)
        if ends["entity"] in (None, item.source_entity, item.target_entity)
        and ends["sourceEntity"] in (None, item.source_entity)
        and ends["targetEntity"] in (None, item.target_entity)
        and question.get("direction", item.direction.upper()) == item.direction.upper()
        and question.get("sign", item.sign) == item.sign
    ]
    return {
        "graphVersion": kg.version,
        "influences": [whole_influence_json(item) for item in question.pages.cut("influences", found)],
    }


def _all_in(words: Iterable[str], texts: Iterable[str]) -> bool:
    whole = " ".join(texts).lower()
    return all(word in whole for word in words)


LOOKUP: tuple[Tool, ...] = (
    Tool(
        name="graph",
        title="What is loaded",
        description="Say which version of the knowledge graph answers, how much it holds, and what its seven layers are.",
        arguments={},
        gives={
            "loadedAt": told("string", "When it was loaded."),
            "counts": told("object", "How much of everything it holds."),
            "layers": listed("The seven layers, applications first."),
        },
        run=_graph,
    ),
    Tool(
        name="search",
        title="Find an entity",
        description="Find companies, chips, models, clouds, frameworks, workloads and all other entities by name or alias; "
        "spelling mistakes are tolerated. Use it first when you are not sure of a slug.",
        arguments={
            "text": schema.text("What to look for, such as H200 or Llama 70B."),
            "first": schema.first(10, "How many hits."),
        },
        required=("text",),
        gives={"hits": listed("Entities with the name that matched and a score from 0 to 1, best first.")},
        run=_search,
    ),
    Tool(
        name="entity",
        title="What is stated of an entity",
        description="Say what an entity is and what sources state of it: facts with values, units and sources, dates and "
        "words, relations to other entities, influences.",
        arguments={
            "entity": schema.ENTITY,
            "quantity": schema.text("Only facts of this quantity."),
            "asOf": schema.text("Only relations that held on that date: YYYY-MM-DD."),
            "first": schema.first(20),
        },
        required=("entity",),
        gives={
            "entity": told("object", "What it is."),
            "facts": listed("Cited facts, every source kept, best first within a quantity."),
            "properties": listed("Dates, words and answers of yes or no."),
            "relations": listed("Cited relations, either way."),
            "influences": listed("Qualitative influences that start or end at it."),
        },
        run=_entity,
        paged=True,
    ),
    Tool(
        name="quantities",
        title="Find a quantity",
        description="List kinds of quantity with what they mean and their units, to find the identifier that other tools take.",
        arguments={
            "text": schema.text(
                "Words that its identifier, label or definition must all hold, such as cost output tokens."
            ),
            "layer": schema.LAYER,
            "first": schema.first(20, "How many quantities."),
        },
        gives={"quantities": listed("Quantities by identifier.")},
        run=_quantities,
        paged=True,
    ),
    Tool(
        name="functions",
        title="Find a formula",
        description="List the analytical functions that compute quantities: formula, inputs, citation, assumptions.",
        arguments={
            "name": schema.text("Only the function of this name."),
            "returns": schema.text("Only functions that compute this quantity."),
            "reads": schema.text("Only functions that read this quantity."),
            "first": schema.first(10, "How many functions."),
        },
        gives={"functions": listed("Functions by name.")},
        run=_functions,
        paged=True,
    ),
    Tool(
        name="influences",
        title="Influences without numbers",
        description="List qualitative influences between entities: a sign, a mechanism and a source, never a number.",
        arguments={
            "entity": schema.text("Only those that start or end at this entity."),
            "sourceEntity": schema.text("Only those that start at this entity."),
            "targetEntity": schema.text("Only those that end at this entity."),
            "direction": schema.one_of("Towards applications (UP) or towards silicon (DOWN).", DIRECTIONS),
            "sign": schema.one_of(
                "More of one, more of the other (+), less (-), either (?), or nothing (0).", ("+", "-", "?", "0")
            ),
            "first": schema.first(20, "How many influences."),
        },
        gives={"influences": listed("Influences.")},
        run=_influences,
        paged=True,
    ),
)
