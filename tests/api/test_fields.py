"""Every field of Query answers from the bundled graph, over HTTP."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from downstack.graph.model import LAYER_NAMES
from downstack.graphql.schema import build_schema
from downstack.kg import KnowledgeGraph

IMPACT = """
query ($changes: [ChangeInput!]!, $targets: [ID!], $where: WhereInput, $order: EffectOrder) {
  impact(changes: $changes, targets: $targets, where: $where) {
    graphVersion method elapsedMs partial partialReason changes
    effects(first: 50, orderBy: $order) {
      totalCount
      nodes {
        key { entity model accelerator offering workload framework roles { role slug entity { slug } } }
        layer { name } quantity { id } unit base scenario ratio change status reason
        regime { quantity base scenario switchAt switches }
        trace {
          value unit status quantity { id }
          function { iri formula citation digest }
          facts { id literal source { title locator } }
          inputs { quantity { id } value function { name } }
          assumptions
        }
      }
    }
    byLayer { layer { name } effects infeasible missing largest { ratio } }
    qualitative { path target sign strength confidence influences { id mechanism source { title } } }
    notReached { quantity reason }
  }
}
"""
H200 = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "PERCENT", "value": 40}
LLAMA = {"model": ["llama-3.1-70b"], "framework": ["vllm"]}


def test_no_field_of_query_is_left_out_here() -> None:
    described = build_schema().introspect()["__schema"]
    query = next(item for item in described["types"] if item["name"] == "Query")
    fields = {item["name"] for item in query["fields"]}
    assert fields == {
        "graph",
        "layers",
        "node",
        "entity",
        "entities",
        "search",
        "influences",
        "functions",
        "quantities",
        "value",
        "impact",
        "sensitivity",
        "solve",
        "compare",
        "shock",
        "deployments",
        "journey",
        "dependencies",
        "paths",
        "publishedEffects",
        "diff",
        "scenarios",
        "_entities",
        "_service",
    }, (
        "the last thirteen are asked in test_goals.py, test_shock.py, test_deployments.py, test_journey.py, "
        "test_dependencies.py, test_published.py, test_releases.py, test_walks.py and "
        "tests/conformance/test_federation.py"
    )


def test_graph_names_its_version_and_counts(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask("{ graph { version loadedAt counts { entities facts relations influences functions } } }")["graph"]
    assert found["version"] == kg.version
    assert found["counts"]["facts"] == len(kg.facts)
    assert found["counts"]["entities"] == len(kg.entities)


def test_layers_are_the_seven_from_applications_to_silicon(ask: Any) -> None:
    found = ask("{ layers { number name label definition } }")["layers"]
    assert [item["name"] for item in found] == list(LAYER_NAMES)
    assert [item["number"] for item in found] == list(range(1, 8))


@pytest.mark.parametrize(
    "name", ["nvidia-h200-sxm", "ds:nvidia-h200-sxm", "https://w3id.org/downstack/id/nvidia-h200-sxm"]
)
def test_an_entity_is_found_by_slug_curie_and_iri(ask: Any, name: str) -> None:
    found = ask("query ($id: ID!) { entity(id: $id) { __typename slug layer { name } } }", id=name)["entity"]
    assert found == {"__typename": "Accelerator", "slug": "nvidia-h200-sxm", "layer": {"name": "PROCESSORS"}}


def test_every_entity_has_a_type_of_its_own_class(ask: Any, kg: KnowledgeGraph) -> None:
    for slug, entity in kg.entities.items():
        name = ask("query ($id: ID!) { entity(id: $id) { __typename } }", id=slug)["entity"]["__typename"]
        assert name in entity.classes, slug


def test_facts_of_an_entity_carry_value_unit_source_and_date(ask: Any, kg: KnowledgeGraph) -> None:
    query = """{ entity(id: "nvidia-h200-sxm") { facts(quantity: "memory_bandwidth") {
      id entity { slug } quantity { id } value unit literal literalUnit asOf confidence source { title locator } } } }"""
    facts = ask(query)["entity"]["facts"]
    assert len(facts) == len(kg.facts_of("nvidia-h200-sxm", "memory_bandwidth"))
    best = kg.facts_of("nvidia-h200-sxm", "memory_bandwidth")[0]
    assert facts[0]["literal"] == best.literal
    assert facts[0]["value"] == pytest.approx(best.value / 1e9)
    assert facts[0]["unit"] == "GB/s"
    assert facts[0]["source"]["title"] == best.source.title


def test_relations_and_influences_hang_on_entities(ask: Any) -> None:
    query = """{ entity(id: "nvidia-h200-sxm") {
      relations { id subject { slug } predicate object { slug } source { title } } } }"""
    relations = ask(query)["entity"]["relations"]
    assert ("nvidia-h200-sxm", "usesMemory", "hbm3e") in {
        (item["subject"]["slug"], item["predicate"], item["object"]["slug"]) for item in relations
    }


def test_node_finds_each_kind_by_the_id_it_gave(ask: Any) -> None:
    first = ask(
        """{ entity(id: "nvidia-h200-sxm") { id facts { id } relations { id } }
             influences(first: 1) { nodes { id } } }"""
    )
    ids = {
        "Accelerator": first["entity"]["id"],
        "Fact": first["entity"]["facts"][0]["id"],
        "Relation": first["entity"]["relations"][0]["id"],
        "Influence": first["influences"]["nodes"][0]["id"],
    }
    for name, identifier in ids.items():
        node = ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=identifier)["node"]
        assert node == {"__typename": name, "id": identifier}


def test_node_of_nothing_is_null(ask: Any) -> None:
    assert ask('{ node(id: "fact:nothing.of.the.kind") { id } }') == {"node": None}


def test_entities_are_filtered_by_class_layer_text_and_quantity(ask: Any, kg: KnowledgeGraph) -> None:
    query = "query ($f: EntityFilter) { entities(filter: $f, first: 100) { totalCount nodes { slug classes } } }"
    found = ask(query, f={"type": ["Accelerator"]})["entities"]
    assert found["totalCount"] == sum("Accelerator" in item.classes for item in kg.entities.values())
    assert all("Accelerator" in item["classes"] for item in found["nodes"])
    frameworks = ask(query, f={"type": ["Framework"]})["entities"]["nodes"]
    assert "vllm" in {item["slug"] for item in frameworks}, "subclasses are included"
    assert ask(query, f={"text": "h200", "type": ["Accelerator"]})["entities"]["totalCount"] >= 1
    priced = ask(query, f={"withQuantity": "price_on_demand"})["entities"]
    assert priced["totalCount"] == sum(bool(kg.facts_of(slug, "price_on_demand")) for slug in kg.entities)
    silicon = ask(query, f={"layer": ["SILICON_FABRICATION"]})["entities"]
    assert silicon["totalCount"] == sum(item.layer == 7 for item in kg.entities.values())


def test_entities_come_in_the_order_asked_for(ask: Any) -> None:
    query = "query ($o: EntityOrder) { entities(orderBy: $o, first: 100) { nodes { slug label layer { number } } } }"
    slugs = [item["slug"] for item in ask(query)["entities"]["nodes"]]
    assert slugs == sorted(slugs)
    labels = [item["label"].casefold() for item in ask(query, o="LABEL")["entities"]["nodes"]]
    assert labels == sorted(labels)
    layers = [(item["layer"] or {"number": 99})["number"] for item in ask(query, o="LAYER")["entities"]["nodes"]]
    assert layers == sorted(layers)


def test_search_forgives_a_typo(ask: Any) -> None:
    hits = ask('{ search(text: "nvida h200", first: 5) { entity { slug } matched score } }')["search"]
    assert "nvidia-h200-sxm" in {hit["entity"]["slug"] for hit in hits}
    assert all(0.0 <= hit["score"] <= 1.0 for hit in hits)


def test_influences_are_filtered_by_their_ends_and_direction(ask: Any, kg: KnowledgeGraph) -> None:
    query = """query ($f: InfluenceFilter) { influences(filter: $f, first: 100) {
      totalCount nodes { sourceEntity targetEntity sourceLabel sign direction mechanism source { title } } } }"""
    assert ask(query)["influences"]["totalCount"] == len(kg.influences)
    down = ask(query, f={"direction": "DOWN"})["influences"]
    assert down["totalCount"] == sum(item.direction == "down" for item in kg.influences)
    one = kg.influences[0]
    ends = {"sourceEntity": one.source_entity, "targetEntity": one.target_entity}
    nodes = ask(query, f=ends)["influences"]["nodes"]
    assert nodes
    assert all({key: node[key] for key in ends} == ends for node in nodes)


def test_functions_are_described_with_citation_and_constants(ask: Any, kg: KnowledgeGraph) -> None:
    query = """query ($f: FunctionFilter) { functions(filter: $f) {
      iri name returns { id } formula citation digest unit assumes regimes increasing decreasing infeasibleReason
      inputs { quantity unit optional } constants { name value unit source }
      validity { input low high reason } appliesTo { role entityClass } } }"""
    assert len(ask(query)["functions"]) == len(kg.functions)
    costs = ask(query, f={"returns": "cost_per_million_output_tokens"})["functions"]
    assert {item["returns"]["id"] for item in costs} == {"cost_per_million_output_tokens"}
    readers = ask(query, f={"reads": "memory_bandwidth"})["functions"]
    assert readers
    assert all("memory_bandwidth" in {step["quantity"] for step in item["inputs"]} for item in readers)


def test_quantities_have_units_and_definitions(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask("{ quantities { id iri label definition unit baseUnit subjectClass layer { name } } }")["quantities"]
    assert [item["id"] for item in found] == sorted(kg.quantities)
    assert all(item["definition"] for item in found)


def test_value_gives_the_number_and_its_trace(ask: Any, kg: KnowledgeGraph) -> None:
    query = """{ value(entity: "llama-3.1-70b", quantity: "total_parameters") {
      graphVersion value unit status rows { key { model entity } value status }
      trace { function { name formula citation } facts { quantity { id } literal } inputs { value } } } }"""
    found = ask(query)["value"]
    assert found["value"] == kg.value("total_parameters", "llama-3.1-70b").value
    assert found["graphVersion"] == kg.version
    assert found["rows"][0]["key"]["model"] == "llama-3.1-70b"
    assert found["trace"]["facts"]


def test_value_without_a_match_says_so_and_invents_nothing(ask: Any) -> None:
    query = """query ($w: WhereInput) { value(quantity: "cost_per_million_output_tokens", where: $w) {
      value status reason rows { value } trace { value status reason facts { id } } } }"""
    found = ask(query, w={"accelerator": []})["value"]
    assert found["value"] is None
    assert found["rows"] == []
    assert found["status"] == "MISSING_INPUT"
    assert found["trace"] == {"value": None, "status": "MISSING_INPUT", "reason": "no combination matches", "facts": []}


def test_impact_answers_the_question_of_the_readme(ask: Any, kg: KnowledgeGraph) -> None:
    targets = ["decode_tokens_per_second", "cost_per_million_output_tokens", "max_context_length"]
    found = ask(IMPACT, changes=[H200], targets=targets, where=LLAMA)["impact"]
    assert found["graphVersion"] == kg.version
    assert found["changes"] == ["nvidia-h200-sxm.memory_bandwidth +40%"]
    assert found["partial"] is False
    effects = found["effects"]["nodes"]
    decode = [item for item in effects if item["quantity"]["id"] == "decode_tokens_per_second" and item["base"]]
    assert decode
    for item in decode:
        assert item["key"]["model"] == "llama-3.1-70b"
        assert 1.0 <= item["ratio"] <= 1.4, "decoding cannot gain more than the bandwidth"
        assert item["change"] == pytest.approx(item["scenario"] - item["base"])
        assert item["trace"]["function"]["citation"]
        assert item["trace"]["facts"]
        assert {"role": "model", "slug": "llama-3.1-70b", "entity": {"slug": "llama-3.1-70b"}} in item["key"]["roles"]
    assert found["byLayer"]


def test_what_the_change_does_not_move_is_listed_with_a_reason(ask: Any) -> None:
    found = ask(IMPACT, changes=[H200], targets=["weight_bytes"])["impact"]
    assert found["effects"]["nodes"] == []
    assert [item["quantity"] for item in found["notReached"]] == ["weight_bytes"]
    assert found["notReached"][0]["reason"]


@pytest.mark.parametrize("order", ["ABS_RELATIVE", "ABS_CHANGE", "QUANTITY"])
def test_effects_come_in_the_order_asked_for(ask: Any, order: str) -> None:
    effects = ask(IMPACT, changes=[H200], where=LLAMA, order=order)["impact"]["effects"]["nodes"]
    if order == "QUANTITY":
        names = [item["quantity"]["id"] for item in effects]
        assert names == sorted(names)
    elif order == "ABS_CHANGE":
        sizes = [abs(item["change"]) for item in effects if item["change"] is not None]
        assert sizes == sorted(sizes, reverse=True)
    else:
        sizes = [max(item["ratio"], 1 / item["ratio"]) for item in effects if item["ratio"]]
        assert all(first >= second * (1 - 1e-9) for first, second in pairwise(sizes))


def test_the_same_page_twice_is_the_same_answer(ask: Any) -> None:
    answers = [ask(IMPACT, changes=[H200], where=LLAMA)["impact"] for _ in range(2)]
    for answer in answers:
        del answer["elapsedMs"]
    assert answers[0] == answers[1]
