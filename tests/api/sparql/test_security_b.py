"""The attacks of the design's part B, each by its number: refused or stopped, nothing fetched, and the service goes on.

::

    b01 SERVICE              b07 nesting              b13 paths over everything
    b02 FROM, USING          b08 cross products       b14 functions of one's own
    b03 LOAD                 b09 ORDER BY everything  b15 formats of results
    b04 INSERT, DELETE       b10 regular expressions  b16 queries built from strings
    b05 chained updates      b11 CONSTRUCT            b17 the parameters that choose graphs
    b06 long texts           b12 GROUP_CONCAT         b18 shapes of users
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from tests.api.sparql.conftest import Send
from tests.api.sparql.listener import Listener, listening

import downstack.graph.sparql.processes as processes
from downstack.errors import DownstackError, QueryError
from downstack.graph.sparql.origin import QuadsOrigin
from downstack.kg import KnowledgeGraph

pytestmark = pytest.mark.usefixtures("alive")
BODY = {"content-type": "application/sparql-query"}


def error(answer: httpx.Response, status: int, code: str = "BAD_USER_INPUT") -> str:
    assert answer.status_code == status, answer.text[:500]
    (found,) = answer.json()["errors"]
    assert found["extensions"]["code"] == code
    assert found["extensions"]["hint"]
    return str(found["message"])


SERVICES = {
    "plain": "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "silent": "SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
    "case": "SELECT * {{ sErViCe<{url}>{{?s ?p ?o}} }}",
    "variable": "SELECT * {{ VALUES ?e {{ <{url}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
    "comment": "SELECT * {{ SERVICE#\n<{url}> {{ ?s ?p ?o }} }}",
    "after a comment": "SELECT * {{ # ' \n SERVICE <{url}> {{ ?s ?p ?o }} # '\n }}",
    "after texts": "SELECT * {{ ?s ?p '''it''s''', \"a\\\"b\" SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "name": "PREFIX : <{url}> SELECT * {{ SERVICE:x{{ ?s ?p ?o }} }}",
    "prefix": "PREFIX a: <{url}> SELECT * {{ SERVICEa:x{{ ?s ?p ?o }} }}",
    "silent name": "PREFIX : <{url}> SELECT * {{ ?s ?p ?o SERVICESILENT:x{{ ?s ?p ?o }} }}",
    "behind false": "PREFIX : <{url}> SELECT * {{ ?s ?p falseSERVICE:x{{ ?s ?p ?o }} }}",
    "behind false, an IRI": "SELECT * {{ ?s ?p falseSERVICE<{url}>{{ ?s ?p ?o }} }}",
    "behind a number": "SELECT * {{ ?s ?p 1SERVICE<{url}>{{ ?s ?p ?o }} }}",
    "behind a quote in an IRI": "SELECT * {{ FILTER(1<'a>') SERVICE <{url}> {{ ?s ?p ?o }} FILTER(1<'b>') }}",
    "escaped": "SELECT * {{ \\u0053ERVICE <{url}> {{ ?s ?p ?o }} }}",
    "in a subquery": "SELECT * {{ {{ SELECT * {{ OPTIONAL {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }} }}",
    "in EXISTS": "ASK {{ FILTER NOT EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "in CONSTRUCT": "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "a file": "SELECT * {{ SERVICE <file:///etc/hostname> {{ ?s ?p ?o }} }}",
}


@pytest.mark.parametrize("way", sorted(SERVICES))
def test_b01_no_other_endpoint_is_asked(way: str, query: Send, outside: Listener) -> None:
    error(query(SERVICES[way].format(url=outside.url)), 400)


@pytest.mark.parametrize("way", sorted(SERVICES))
def test_b01_the_process_could_not_ask_another_endpoint_either(
    way: str, outside: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if no word of it had been read before.
    monkeypatch.setattr(processes, "check_query", lambda _: "SELECT")
    file = tmp_path / "data.nq"
    file.write_text('<http://e/s> <http://e/p> "o" .\n', encoding="utf-8")
    asked = processes.QueryProcesses(QuadsOrigin("v", str(file)))
    try:
        try:
            answer = asked.ask(SERVICES[way].format(url=outside.url)).content
            assert b"hostname" not in answer
        except QueryError:
            pass
        assert b"true" in asked.ask("ASK { ?s ?p ?o }").content
    finally:
        asked.close()


def test_b01_without_both_the_library_would_ask() -> None:
    with listening() as listener:
        with pytest.raises((OSError, RuntimeError)):
            list(ox.Store().query(SERVICES["name"].format(url=listener.url)))  # type: ignore[arg-type]
        assert listener.hits > 0


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM <{url}> {{ ?s ?p ?o }}",
        "SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * FROM <file:///etc/hostname> {{ ?s ?p ?o }}",
        "PREFIX : <{url}> SELECT * FROM:x {{ ?s ?p ?o }}",
        "PREFIX : <{url}> SELECT * FROMNAMED:x {{ ?s ?p ?o }}",
        "ASK FROM <{url}> {{ ?s ?p ?o }}",
        "DESCRIBE ?s FROM <{url}> {{ ?s ?p ?o }}",
        "CONSTRUCT FROM <{url}> WHERE {{ ?s ?p ?o }}",
        "DELETE {{ ?s ?p ?o }} USING <{url}> WHERE {{ ?s ?p ?o }}",
    ],
)
def test_b02_no_graph_is_chosen_or_fetched(text: str, query: Send, outside: Listener) -> None:
    error(query(text.format(url=outside.url)), 400)


@pytest.mark.parametrize(
    "text", ["LOAD <{url}>", "LOAD SILENT <{url}> INTO GRAPH <http://g/>", "LOAD <file:///etc/hostname>"]
)
def test_b03_nothing_is_loaded(text: str, query: Send, endpoint: httpx.Client, outside: Listener) -> None:
    update = text.format(url=outside.url)
    assert "nothing can be changed here" in error(query(update), 400)
    assert "nothing can be changed here" in error(endpoint.get("/sparql", params={"query": update}), 400)
    assert "nothing can be changed here" in error(endpoint.post("/sparql", data={"update": update}), 400)


UPDATES = [
    "INSERT DATA { <http://e/s> <http://e/p> <http://e/o> }",
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    "CLEAR ALL",
    "DROP DEFAULT",
    "CREATE GRAPH <http://g/>",
    "ADD DEFAULT TO <http://g/>",
    "MOVE DEFAULT TO <http://g/>",
    "COPY DEFAULT TO <http://g/>",
    "WITH <http://g/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("update", UPDATES)
def test_b04_nothing_is_changed(update: str, query: Send, endpoint: httpx.Client) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = query(count).content
    error(query(update), 400)
    error(endpoint.get("/sparql", params={"query": update}), 400)
    error(endpoint.get("/sparql", params={"update": update}), 400)
    error(endpoint.post("/sparql", data={"update": update}), 400)
    error(endpoint.post("/sparql", content=update, headers={"content-type": "application/sparql-update"}), 415)
    assert query(count).content == before


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o } ; DELETE WHERE { ?s ?p ?o }",
        "ASK { ?s ?p ?o } ; INSERT DATA { <http://e/s> <http://e/p> 1 }",
        "ASK { ?s ?p ?o } ; ASK { ?s ?p ?o }",
        "ASK { ?s ?p ?o } ASK { ?s ?p ?o }",
    ],
)
def test_b05_one_request_is_one_query(text: str, query: Send) -> None:
    error(query(text), 400)


def test_b06_a_long_text_is_refused_before_it_is_read(query: Send, endpoint: httpx.Client) -> None:
    comment = f"ASK {{ ?s ?p ?o }} #{'x' * 65_536}"
    error(endpoint.post("/sparql", content=comment, headers=BODY), 413, "TOO_COMPLEX")
    error(query(comment), 413, "TOO_COMPLEX")
    error(query("x" * 10_000_000), 413, "TOO_COMPLEX")
    error(endpoint.post("/sparql", content=b"x" * 10_000_000, headers=BODY), 413, "TOO_COMPLEX")
    endless = (b"x" * 65_536 for _ in range(1_000))
    error(endpoint.post("/sparql", content=endless, headers=BODY), 413, "TOO_COMPLEX")
    fits = f"ASK {{ ?s ?p ?o }} #{'x' * 65_000}"
    assert query(fits).json()["boolean"] is True


def nested(opening: str, middle: str, closing: str, head: str, tail: str, levels: int) -> str:
    return head + opening * levels + middle + closing * levels + tail


DEEP = {
    "parentheses": ("(", "1", ")", "SELECT * { FILTER(", ") }"),
    "groups": ("{ ", "?s ?p ?o", " }", "SELECT * ", ""),
    "negations in parentheses": ("!(", "1", ")", "SELECT * { FILTER(", ") }"),
    "negations": ("!", "1", "", "SELECT * { FILTER(", ") }"),
    "signs": ("- ", "1", "", "SELECT * { FILTER(", ") }"),
    "paths": ("(", "<http://e/p>", ")", "SELECT * { ?s ", " ?o }"),
    "inverse paths": ("^(", "<http://e/p>", ")", "SELECT * { ?s ", " ?o }"),
    "paths, forever": ("", "<http://e/p>", "*", "SELECT * { ?s ", " ?o }"),
    "blank nodes": ("[ ?p ", "1", " ]", "SELECT * { ?s ?p ", " }"),
    "lists": ("( ", "1", " )", "SELECT * { ?s ?p ", " }"),
    "subqueries": ("{ SELECT * { ", "?s ?p ?o", " } }", "SELECT * { ", " }"),
    "existence": ("FILTER EXISTS { ", "?s ?p ?o", " }", "SELECT * { ", " }"),
    "triples in triples": ("<<", "?s ?p ?o", ">>", "SELECT * { ", " ?p ?o }"),
    "parentheses in what looks like an IRI": ("(", "1", ")", "SELECT * { FILTER(1<", ">2) }"),
}


@pytest.mark.parametrize("levels", [400, 5_000, 30_000])
@pytest.mark.parametrize("what", sorted(DEEP))
def test_b07_deep_nesting_is_refused_before_a_parser_sees_it(what: str, levels: int, endpoint: httpx.Client) -> None:
    text = nested(*DEEP[what], levels)
    small = len(text) <= 65_536
    answer = endpoint.post("/sparql", content=text, headers=BODY)
    assert "level" in error(answer, 400, "TOO_COMPLEX") if small else error(answer, 413, "TOO_COMPLEX")


def test_b07_what_is_allowed_is_far_from_what_ends_a_process() -> None:
    # On a stack of ordinary size; workers have thirty times as much.
    allowed = [nested(*DEEP[what], 1_000) for what in ("parentheses", "groups", "paths", "negations in parentheses")]
    code = f"import pyoxigraph\nfor text in {allowed!r}:\n    list(pyoxigraph.Store().query(text))\nprint('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "alive\n", done.stderr[-500:]


def test_b07_nesting_within_the_bound_is_answered(query: Send) -> None:
    assert query(nested("(", "1", ")", "ASK { FILTER(", ") }", 150)).json()["boolean"] is True


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }",
        "SELECT (COUNT(*) AS ?n) { { ?a ?b ?c } { ?d ?e ?f } { ?g ?h ?i } { ?j ?k ?l } { ?m ?n ?o } }",
        "ASK { ?a ?b ?c . ?d ?e ?f . FILTER(STRLEN(CONCAT(STR(?c), STR(?f))) = 1000000) }",
    ],
)
def test_b08_a_cross_product_is_stopped(text: str, query: Send) -> None:
    answer = query(text)
    assert "stopped after 1 s" in error(answer, 408, "DEADLINE_EXCEEDED")
    assert answer.headers["connection"] == "close"


def cut_off(text: str, query: Send) -> None:
    """See that the answer to a query ends before it is whole, and that this is seen."""
    try:
        answer = query(text)
    except httpx.RemoteProtocolError:
        return
    # A machine that is slow today has not written its beginning by then.
    error(answer, 408, "DEADLINE_EXCEEDED")


def test_b08_a_cross_product_that_is_written_out_is_cut_off(query: Send) -> None:
    cut_off("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }", query)


def test_b09_everything_in_order_fails_alone(query: Send) -> None:
    # Values that have no common order end the process in Oxigraph 0.5.13; a version that sorts them may answer.
    answer = query("SELECT ?s { ?s ?p ?o } ORDER BY ?o ?p ?s LIMIT 1")
    assert answer.status_code in (200, 400, 408)
    if answer.status_code == 400:
        assert "no common order" in error(answer, 400, "TOO_COMPLEX")
    answer = query("SELECT ?s { ?s ?p ?o } ORDER BY STR(?o) DESC(?s) LIMIT 1")
    assert answer.status_code in (200, 408)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(.*)*x", "(a{1,500}){1,500}"])
def test_b10_a_regular_expression_takes_no_time(pattern: str, query: Send) -> None:
    answer = query(f'SELECT (REGEX("{"a" * 5_000}!", "{pattern}") AS ?x) {{}}')
    assert answer.status_code == 200
    # One that is too large to compile is an error of its expression, and the value is unbound.
    assert answer.json()["results"]["bindings"] in (
        [{}],
        [{"x": {**answer.json()["results"]["bindings"][0].get("x", {})}}],
    )


def test_b11_a_construct_of_everything_with_everything_is_cut_off(query: Send) -> None:
    cut_off("CONSTRUCT { ?a ?e ?c . ?d ?b ?f } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", query)
    # Few rows, each of which constructs many triples.
    template = " . ".join(f"?s ?p {number}" for number in range(3_000))
    cut_off(f"CONSTRUCT {{ {template} }} WHERE {{ ?s ?p ?o }}", query)


def test_b12_a_text_that_doubles_is_stopped(query: Send) -> None:
    answer = query("SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d), STR(?f))) AS ?n) { ?a ?b ?c . ?d ?e ?f }")
    assert answer.status_code in (400, 408, 413)
    doubling = " ".join(f"BIND(CONCAT(?x{number}, ?x{number}) AS ?x{number + 1})" for number in range(40))
    answer = query(f'SELECT (STRLEN(?x40) AS ?n) {{ BIND("ten letters" AS ?x0) {doubling} }}')
    assert answer.status_code in (400, 408)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (COUNT(*) AS ?n) { ?s (rdf:type|!rdf:type)* ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ((rdf:type|!rdf:type)*)* ?o . ?o (rdf:type|^rdf:type)* ?x }",
        "ASK { ?s (!<http://e/none>|^!<http://e/none>)* <http://e/unreachable> }",
    ],
)
def test_b13_a_path_over_everything_ends(text: str, query: Send) -> None:
    answer = query(text)
    assert answer.status_code in (200, 400, 408)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (<http://e/f>(?s) AS ?x) { ?s ?p ?o } LIMIT 1",
        "PREFIX js: <http://e/> SELECT * { ?s ?p ?o FILTER(js:eval('1')) } LIMIT 1",
        "SELECT (<file:///etc/passwd>() AS ?x) {}",
        "SELECT (<http://www.w3.org/2005/xpath-functions#doc>('http://e/') AS ?x) {}",
    ],
)
def test_b14_functions_of_ones_own_are_named_and_refused(text: str, query: Send) -> None:
    assert "custom function" in error(query(text), 400)


@pytest.mark.parametrize(
    "accept", ["image/png", "text/html;q=0.1, image/*", "application/sparql-results+thrift", "text/csv;q=0"]
)
def test_b15_a_format_that_does_not_exist_is_refused_before_it_runs(accept: str, query: Send) -> None:
    assert query("SELECT * { ?s ?p ?o } LIMIT 1", accept).status_code == 406


def test_b16_names_in_questions_are_no_part_of_a_query(endpoint: httpx.Client, outside: Listener) -> None:
    hostile = f"x> }} UNION {{ SERVICE <{outside.url}> {{ ?s ?p ?o }} }} #"
    for name in (hostile, f"https://w3id.org/downstack/id/{hostile}", f"ds:{hostile}"):
        question = {"query": "query ($id: ID!) { entity(id: $id) { slug } }", "variables": {"id": name}}
        answer = endpoint.post("/graphql", json=question).json()
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri"])
@pytest.mark.parametrize("target", ["{url}", "file:///etc/hostname", ""])
def test_b17_no_parameter_chooses_a_graph(name: str, target: str, endpoint: httpx.Client, outside: Listener) -> None:
    fields = {"query": "ASK { ?s ?p ?o }", name: target.format(url=outside.url)}
    assert name in error(endpoint.get("/sparql", params=fields), 400)
    assert name in error(endpoint.post("/sparql", data=fields), 400)
    address = {name: fields[name]}
    assert name in error(endpoint.post("/sparql", params=address, content=fields["query"], headers=BODY), 400)


def test_b18_shapes_and_imports_in_loaded_files_are_not_followed(outside: Listener, tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(
        f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix dso: <https://w3id.org/downstack/ontology#> .
        <{outside.url}> a owl:Ontology ; owl:imports <{outside.url}imported.ttl> .
        <http://e/shape> a sh:NodeShape ; sh:targetClass dso:Company ; sh:sparql [
          sh:select "SELECT $this WHERE {{ SERVICE <{outside.url}> {{ $this ?p ?o }} }}" ] ;
          sh:js [ sh:jsFunctionName "f" ; sh:jsLibrary [ sh:jsLibraryURL <{outside.url}f.js> ] ] .
        """,
        encoding="utf-8",
    )
    # Refused or opened, it is data: no shape but those that are shipped is ever asked.
    with contextlib.suppress(DownstackError):
        KnowledgeGraph.open(tmp_path)
