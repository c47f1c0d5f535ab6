"""What a client did wrong is said with code, field and hint; what the service did wrong only with an id."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.api.serving import running

from downstack.kg import KnowledgeGraph
from downstack.server import create_app

IMPACT = "query ($c: [ChangeInput!]!, $t: [ID!], $s: Int, $d: Date) {\
 impact(changes: $c, targets: $t, samples: $s, asOf: $d) { graphVersion } }"


def change(**other: Any) -> dict[str, Any]:
    return {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4, **other}


def test_an_unknown_entity_is_not_found_and_names_the_three_nearest(refused: Any) -> None:
    error = refused('{ entity(id: "nvidia-h20-sxm") { slug } }')
    assert error["message"] == "unknown entity 'nvidia-h20-sxm'"
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["extensions"]["field"] == "id"
    near = error["extensions"]["hint"].removeprefix("nearest: ").split(", ")
    assert len(near) == 3
    assert "nvidia-h200-sxm" in near


def test_an_unknown_entity_of_a_change_is_not_found(refused: Any) -> None:
    extensions = refused(IMPACT, c=[change(entity="nothing-like-it")])["extensions"]
    assert (extensions["code"], extensions["field"]) == ("NOT_FOUND", "changes.entity")


def test_an_unknown_quantity_is_not_found_and_names_near_ones(refused: Any) -> None:
    extensions = refused(IMPACT, c=[change(quantity="memory_bandwith")])["extensions"]
    assert extensions["code"] == "NOT_FOUND"
    assert "memory_bandwidth" in extensions["hint"]
    assert refused(IMPACT, c=[change()], t=["no_such_quantity"])["extensions"]["field"] == "targets"


def test_an_ambiguous_alias_lists_the_candidates(refused: Any, kg: KnowledgeGraph) -> None:
    owners: dict[str, set[str]] = {}
    for slug, entity in kg.entities.items():
        for name in (entity.label, *entity.aliases):
            owners.setdefault(name, set()).add(slug)
    ambiguous = next(
        (name for name, slugs in sorted(owners.items()) if len(slugs) > 1 and name not in kg.entities), None
    )
    if ambiguous is None:
        pytest.fail("the bundled graph has no name of two entities left: point this test at a store of its own")
    error = refused("query ($id: ID!) { entity(id: $id) { slug } }", id=ambiguous)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert all(slug in error["extensions"]["hint"] for slug in owners[ambiguous])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"op": "SET", "value": 1.0, "unit": "kg"}, "unit"),
        ({"op": "SET", "value": 1.0, "unit": "no such unit"}, "unit"),
        ({"op": "ADD", "value": 1.0}, "unit"),
        ({"value": -1.4}, "value"),
        ({"value": 0.0}, "value"),
        ({"value": 1e300}, "value"),
        ({"op": "PERCENT", "value": -100.0}, "value"),
        ({"op": "SET", "value": -1.0, "unit": "GB/s"}, "value"),
    ],
)
def test_a_change_that_means_nothing_is_refused(refused: Any, wrong: dict[str, Any], field: str) -> None:
    extensions = refused(IMPACT, c=[change(**wrong)])["extensions"]
    assert extensions["code"] == "BAD_USER_INPUT"
    assert extensions["field"] == field
    assert extensions["hint"]


def test_infinity_written_into_the_query_is_refused(refused: Any) -> None:
    query = """{ impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1e999}])
      { graphVersion } }"""
    assert refused(query)["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_json_does_not_have_is_refused_as_bad_input(client: httpx.Client, number: str) -> None:
    body = '{"query": "query ($v: Float) { graph { version } }", "variables": {"v": ' + number + "}}"
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("samples", [-1, 10_000_000])
def test_a_number_of_samples_that_no_question_may_have_is_refused(refused: Any, samples: int) -> None:
    extensions = refused(IMPACT, c=[change()], t=["decode_tokens_per_second"], s=samples)["extensions"]
    assert (extensions["code"], extensions["field"]) == ("BAD_USER_INPUT", "samples")


@pytest.mark.parametrize("samples", [-1, 10_001, 1_000_000_000])
def test_a_value_and_a_comparison_refuse_as_many_samples_too(refused: Any, samples: int) -> None:
    value = f'{{ value(entity: "llama-3.1-70b", quantity: "total_parameters", samples: {samples}) {{ value }} }}'
    scenario = (
        '{ name: "one", changes: [{ entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 2 }] }'
    )
    compared = f'{{ compare(scenarios: [{scenario}], targets: ["price_per_accelerator_hour"], samples: {samples}) {{ scenarios }} }}'
    for query in (value, compared):
        extensions = refused(query)["extensions"]
        # What a document may cost is checked before the number itself.
        assert extensions["code"] == "TOO_COMPLEX" or extensions["field"] == "samples"


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", ""])
def test_a_date_that_is_none_is_refused(refused: Any, date: str) -> None:
    assert refused(IMPACT, c=[change()], d=date)["extensions"]["code"] == "BAD_USER_INPUT"


def test_the_same_quantity_changed_twice_is_refused(refused: Any) -> None:
    assert refused(IMPACT, c=[change(), change(value=2.0)])["extensions"]["field"] == "changes"


def test_no_change_at_all_is_refused(refused: Any) -> None:
    assert refused(IMPACT, c=[])["extensions"]["field"] == "changes"


def test_an_entity_of_the_wrong_kind_is_refused_with_the_right_one(refused: Any) -> None:
    query = """{ value(quantity: "cost_per_million_output_tokens", where: {model: ["nvidia-h200-sxm"]}) { value } }"""
    extensions = refused(query)["extensions"]
    assert extensions["field"] == "where.model"
    assert "FoundationModel" in extensions["hint"]


@pytest.mark.parametrize(
    "query", ["{ nosuch }", "{", "{ graph }", "{ entity { slug } }", "query ($x: Nope) { layers { name } }"]
)
def test_a_document_that_is_wrong_has_a_code(post: Any, query: str) -> None:
    errors = post(query)["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}


def test_an_error_inside_is_masked_and_its_id_is_in_the_log(
    kg: KnowledgeGraph, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        version = kg.version

        def resolve(self, name: str, *, field: str = "entity") -> None:
            raise RuntimeError("the password is in /etc/secret")

    app: FastAPI = create_app(kg)
    monkeypatch.setattr(app.state.graph, "_served", type("Served", (), {"kg": Broken(), "nodes": {}})())
    with caplog.at_level(logging.ERROR, logger="downstack.graphql"), running(app) as url:
        error = httpx.post(f"{url}/graphql", json={"query": '{ entity(id: "tsmc") { slug } }'}).json()["errors"][0]
    assert error["message"] == "internal error"
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(error)
    logged = [record for record in caplog.records if error["extensions"]["id"] in record.getMessage()]
    assert logged
    assert "the password is in" in str(logged[0].exc_info)
