"""The SPARQL 1.1 protocol: the tests of the W3C manifest by their names, and what it leaves to the service."""

from __future__ import annotations

import json

import httpx
import pyoxigraph as ox
import pytest
from tests.api.sparql.conftest import Send

from downstack.graph.sparql.formats import GRAPHS, SOLUTIONS
from downstack.kg import KnowledgeGraph
from downstack.sparql.description import SD
from downstack.sparql.negotiation import chosen

ASK = "ASK {}"
QUERY, FORM = "application/sparql-query", "application/x-www-form-urlencoded"


def body(endpoint: httpx.Client, content: str | bytes, kind: str | None, **fields: str) -> httpx.Response:
    headers = {} if kind is None else {"content-type": kind}
    return endpoint.post("/sparql", content=content, headers=headers, params=fields)


def test_query_get(endpoint: httpx.Client) -> None:
    assert endpoint.get("/sparql", params={"query": ASK}).json()["boolean"] is True


def test_query_post_form(endpoint: httpx.Client) -> None:
    assert endpoint.post("/sparql", data={"query": ASK}).json()["boolean"] is True
    assert body(endpoint, "query=ASK%20%7B%7D", f"{FORM}; charset=utf-8").json()["boolean"] is True


def test_query_post_direct(endpoint: httpx.Client) -> None:
    assert body(endpoint, ASK, QUERY).json()["boolean"] is True
    assert body(endpoint, ASK, f"{QUERY}; charset=UTF-8").json()["boolean"] is True


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("SELECT (1 AS ?value) {}", {item.media_type for item in SOLUTIONS}),
        (ASK, {"application/sparql-results+json", "application/sparql-results+xml"}),
        ("DESCRIBE <http://example.org/>", {item.media_type for item in GRAPHS}),
        (
            "CONSTRUCT { <s> <p> 1 } WHERE {}".replace("<s> <p>", "<http://e/s> <http://e/p>"),
            {i.media_type for i in GRAPHS},
        ),
    ],
    ids=[
        "query_content_type_select",
        "query_content_type_ask",
        "query_content_type_describe",
        "query_content_type_construct",
    ],
)
def test_query_content_type(text: str, types: set[str], endpoint: httpx.Client) -> None:
    answer = endpoint.get("/sparql", params={"query": text})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] in types


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_bad_query_method(method: str, endpoint: httpx.Client) -> None:
    assert endpoint.request(method, "/sparql", params={"query": ASK}).status_code == 405


def test_bad_multiple_queries(endpoint: httpx.Client) -> None:
    assert endpoint.get("/sparql", params={"query": [ASK, "SELECT * {}"]}).status_code == 400
    assert body(endpoint, "query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", FORM).status_code == 400
    assert body(endpoint, ASK, QUERY, query=ASK).status_code == 400
    assert body(endpoint, "query=ASK%20%7B%7D", FORM, query=ASK).status_code == 400


def test_bad_query_wrong_media_type(endpoint: httpx.Client) -> None:
    answer = body(endpoint, ASK, "text/plain")
    assert answer.status_code == 415
    assert QUERY in answer.json()["errors"][0]["extensions"]["hint"]


def test_bad_query_missing_form_type(endpoint: httpx.Client) -> None:
    assert body(endpoint, "query=ASK%20%7B%7D", None).status_code == 415


def test_bad_query_missing_direct_type(endpoint: httpx.Client) -> None:
    assert body(endpoint, ASK, None).status_code == 415


def test_bad_query_non_utf8(endpoint: httpx.Client) -> None:
    assert body(endpoint, ASK.encode("utf-16"), f"{QUERY}; charset=UTF-16").status_code == 400
    assert body(endpoint, b"ASK { ?s ?p '\xff' }", QUERY).status_code == 400
    assert body(endpoint, b"query=ASK%20%FF", FORM).status_code == 400
    assert endpoint.get("/sparql?query=ASK%20%FF").status_code == 400


def test_bad_query_syntax(endpoint: httpx.Client) -> None:
    answer = endpoint.get("/sparql", params={"query": "ASK { ?s ?p }"})
    assert answer.status_code == 400
    assert "not SPARQL 1.1: error at 1:" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"default-graph-uri": "http://e/g"}, "query_dataset_default_graphs"),
        ({"named-graph-uri": "http://e/g"}, "query_dataset_named_graphs"),
        ({"default-graph-uri": "http://e/g", "named-graph-uri": "http://e/h"}, "query_dataset_full"),
    ],
)
def test_query_dataset_is_refused(fields: dict[str, str], kind: str, endpoint: httpx.Client) -> None:
    for answer in (
        endpoint.get("/sparql", params={"query": ASK, **fields}),
        endpoint.post("/sparql", data={"query": ASK, **fields}),
        body(endpoint, ASK, QUERY, **fields),
    ):
        assert answer.status_code == 400, kind
        assert "cannot be chosen" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("name", ["update_post_form", "bad_update_get", "update_post_direct"])
def test_an_update_is_refused(name: str, endpoint: httpx.Client) -> None:
    update = "CLEAR ALL"
    answers = {
        "update_post_form": lambda: endpoint.post("/sparql", data={"update": update}),
        "bad_update_get": lambda: endpoint.get("/sparql", params={"update": update}),
        "update_post_direct": lambda: body(endpoint, update, "application/sparql-update"),
    }
    assert answers[name]().status_code == (415 if name == "update_post_direct" else 400)


def test_an_answer_names_the_graph_version_it_was_asked_of(endpoint: httpx.Client, kg: KnowledgeGraph) -> None:
    answer = endpoint.get("/sparql", params={"query": ASK})
    assert answer.headers["downstack-graph-version"] == kg.version
    assert "accept" in answer.headers["vary"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_graph_is_all_triples_of_the_version(query: Send, kg: KnowledgeGraph) -> None:
    count = query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").json()["results"]["bindings"][0]["n"]["value"]
    # A triple that two files state is one triple.
    assert 0.95 * kg.info.triples < int(count) <= kg.info.triples
    exported = kg.export("ntriples").content
    assert exported is not None
    assert int(count) == len(set(exported.splitlines()))
    assert query("ASK { fn:decode_step_time a fno:Function }").status_code == 200


def test_the_prefixes_of_the_product_need_no_declaration(query: Send) -> None:
    found = query('SELECT ?e { ?e rdfs:label "TSMC"@en ; a dso:Company }').json()
    assert [row["e"]["value"] for row in found["results"]["bindings"]] == ["https://w3id.org/downstack/id/tsmc"]


LABEL = "SELECT ?l { ds:tsmc rdfs:label ?l }"


def test_solutions_come_in_four_formats(query: Send) -> None:
    assert query(LABEL, "application/sparql-results+json").json()["results"]["bindings"][0]["l"]["value"] == "TSMC"
    assert '<literal xml:lang="en">TSMC</literal>' in query(LABEL, "application/sparql-results+xml").text
    assert query(LABEL, "text/csv").text == "l\r\nTSMC\r\n"
    assert query(LABEL, "text/tab-separated-values").text == '?l\n"TSMC"@en\n'
    assert query("ASK { ds:tsmc a dso:Company }", "application/sparql-results+xml").text.count("<boolean>true") == 1


def test_graphs_come_in_four_formats(query: Send) -> None:
    construct = "CONSTRUCT WHERE { ds:tsmc a ?class }"
    found = {
        format: {quad.triple for quad in ox.parse(query(construct, item.media_type).content, format=format)}
        for item, format in zip(
            GRAPHS,
            (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.JSON_LD, ox.RdfFormat.RDF_XML),
            strict=True,
        )
    }
    first = found[ox.RdfFormat.TURTLE]
    assert len(first) >= 2
    assert all(triples == first for triples in found.values())
    assert query(construct).text == query(construct).text
    assert "ds:tsmc a " in query(construct).text


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("text/csv, application/json;q=0.5", "csv"),
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.8", "xml"),
        ("text/*", "csv"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "xml"),
        ("application/sparql-results+json;q=0, */*", "xml"),
        ("TEXT/CSV", "csv"),
        ("text/csv; header=present", "csv"),
        ("image/png", None),
        ("text/csv;q=nan", None),
        ("text/csv;q=x", None),
        (",;,=", None),
    ],
)
def test_the_format_is_the_one_that_is_wanted_most(accept: str | None, name: str | None) -> None:
    found = chosen(accept, SOLUTIONS)
    assert (None if found is None else found.name) == name


def test_an_error_is_json_or_text_as_it_is_wanted(endpoint: httpx.Client) -> None:
    bad = {"query": "SELECT * { SERVICE <http://e/> {} }"}
    found = endpoint.get("/sparql", params=bad).json()
    assert set(found) == {"errors"}
    assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    text = endpoint.get("/sparql", params=bad, headers={"accept": "text/csv"})
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text.startswith("BAD_USER_INPUT: line 1, column 12: SERVICE")
    assert "\nhint: " in text.text
    nothing = endpoint.get("/sparql", params={"query": ASK}, headers={"accept": "image/png"})
    assert nothing.status_code == 406
    assert "text/csv" in nothing.json()["errors"][0]["extensions"]["hint"]


def test_head_has_the_headers_of_get_and_no_body(endpoint: httpx.Client) -> None:
    got = endpoint.get("/sparql", params={"query": LABEL})
    head = endpoint.head("/sparql", params={"query": LABEL})
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length", "downstack-graph-version"):
        assert head.headers[name] == got.headers[name]


def test_options_say_what_can_be_done(endpoint: httpx.Client) -> None:
    answer = endpoint.options("/sparql")
    assert answer.status_code == 204
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert QUERY in answer.headers["accept-post"]


@pytest.mark.parametrize("fields", [{"query": ""}, {"other": "x"}])
def test_a_request_without_a_query_says_what_is_missing(fields: dict[str, str], endpoint: httpx.Client) -> None:
    assert endpoint.get("/sparql", params=fields).status_code == 400
    assert endpoint.post("/sparql", data=fields).status_code == 400


def test_too_many_fields_are_refused(endpoint: httpx.Client) -> None:
    assert body(endpoint, "&".join(f"a{number}=1" for number in range(1_000)), FORM).status_code == 400


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        (None, ox.RdfFormat.TURTLE),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    ],
)
def test_without_a_query_the_endpoint_describes_itself(
    accept: str | None, format: ox.RdfFormat, endpoint: httpx.Client
) -> None:
    answer = endpoint.get("/sparql", headers={} if accept is None else {"accept": accept})
    assert answer.status_code == 200
    found = [quad.triple for quad in ox.parse(answer.content, format=format)]
    said = {(triple.predicate.value.removeprefix(SD), getattr(triple.object, "value", "")) for triple in found}
    assert ("endpoint", f"{endpoint.base_url}/sparql") in said
    assert ("supportedLanguage", f"{SD}SPARQL11Query") in said
    assert len([name for name, _ in said if name == "resultFormat"]) == 8


def test_what_a_request_calls_its_host_ends_no_iri(endpoint: httpx.Client) -> None:
    answer = endpoint.get("/sparql", headers={"host": 'x> a <http://e/evil> . <y"'})
    assert all(
        quad.predicate.value.startswith((SD, "http://www.w3.org/1999/02/22-rdf-syntax-ns#"))
        for quad in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)
    )
    assert b"<http://e/evil>" not in answer.content


def test_an_error_does_not_repeat_a_whole_query(query: Send) -> None:
    assert len(query("SELECT " + "x" * 60_000).text) < 1_000
    assert len(query(f"SELECT (<http://e/{'x' * 60_000}>() AS ?x) {{}}").text) < 1_000


def test_a_large_answer_comes_whole(query: Send) -> None:
    answer = query("SELECT * { ?s rdfs:label ?o }")
    assert len(answer.content) > 200_000
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(json.loads(answer.content)["results"]["bindings"]) > 1_000
