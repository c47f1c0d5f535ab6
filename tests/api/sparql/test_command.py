"""``downstack sparql``: the answers and the refusals of the endpoint, on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.api.sparql.conftest import Send
from tests.api.sparql.listener import Listener
from tests.commands import downstack, environment

from downstack.vocabulary import folder

QUESTION = "layer-7-process-nodes.rq"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "query.rq"


def written(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_the_command_answers_as_the_endpoint_does(query: Send) -> None:
    path = folder("questions") / QUESTION
    shown = downstack("sparql", str(path), "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == query(path.read_text(encoding="utf-8")).json()


def test_a_graph_is_json_ld_where_json_is_wanted(file: Path, query: Send) -> None:
    text = "DESCRIBE ds:tsmc"
    jsonld = downstack("sparql", written(file, text), "--json").stdout
    found = {quad.triple for quad in ox.parse(jsonld.encode(), format=ox.RdfFormat.JSON_LD)}
    assert found == {quad.triple for quad in ox.parse(query(text).content, format=ox.RdfFormat.TURTLE)}
    assert len(found) > 10


def test_a_query_is_read_from_the_input_and_answered_in_a_word() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "downstack.cli", "sparql", "-"],
        input="ASK { ds:tsmc a dso:Company }",
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert done.stdout == "true\n", done.stderr


def test_another_store_is_asked(tmp_path: Path, file: Path) -> None:
    facts = tmp_path / "facts.ttl"
    facts.write_text(
        "@prefix ds: <https://w3id.org/downstack/id/> . @prefix dso: <https://w3id.org/downstack/ontology#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'ds:some-company a dso:Company ; rdfs:label "Some company"@en .\n',
        encoding="utf-8",
    )
    path = written(file, "SELECT ?e { ?e a dso:Company }")
    shown = downstack("sparql", path, "--store", str(facts), "--format", "tsv")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == "?e\n<https://w3id.org/downstack/id/some-company>\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", "asks no other endpoint"),
        ("SELECT * FROM <{url}> {{ ?s ?p ?o }}", "there is one graph"),
        ("LOAD <{url}>", "nothing can be changed here"),
    ],
)
def test_what_the_endpoint_refuses_is_refused(text: str, said: str, file: Path, outside: Listener) -> None:
    shown = downstack("sparql", written(file, text.format(url=outside.url)), "--json")
    assert shown.returncode == 1
    error = json.loads(shown.stdout)["error"]
    assert said in error["message"]
    assert error["code"] == "BAD_USER_INPUT"
    assert error["hint"] in shown.stderr.replace("\n", " ")


def test_a_query_that_takes_too_long_is_stopped(file: Path) -> None:
    path = written(file, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    shown = downstack("sparql", path, "--seconds", "0.5")
    assert shown.returncode == 1
    assert "stopped after 0.5 s" in shown.stderr


PAIRS = "SELECT ?a ?d { ?a rdfs:label ?b . ?c rdfs:label ?d }"


def test_a_long_answer_is_printed_as_it_is_written(file: Path) -> None:
    shown = downstack("sparql", written(file, f"{PAIRS} LIMIT 100000"), "--format", "csv", "--seconds", "60")
    assert shown.returncode == 0, shown.stderr
    assert len(shown.stdout) > 3_000_000
    assert len(shown.stdout.splitlines()) == 100_001


@pytest.mark.parametrize("words", [("--format", "tsv"), ("--json",)])
def test_an_answer_that_ends_before_it_is_whole_is_said_to_be_cut_off(words: tuple[str, ...], file: Path) -> None:
    shown = downstack("sparql", written(file, PAIRS), "--seconds", "60", "--max-bytes", "3000000", *words)
    assert shown.returncode == 1
    assert "the answer is larger than 3,000,000 bytes" in shown.stderr
    said = re.search(r"the ([\d,]+) bytes that were written are not the whole answer", shown.stderr)
    assert said is not None
    assert int(said[1].replace(",", "")) == len(shown.stdout.encode())
    assert '"error"' not in shown.stdout


def test_a_file_for_the_answer_is_there_when_it_is_whole(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "answer.csv"
    words = ("sparql", written(file, PAIRS), "--seconds", "60", "--format", "csv", "--out", str(out))
    cut = downstack(*words, "--max-bytes", "3000000")
    assert cut.returncode == 1
    assert "larger than 3,000,000 bytes" in cut.stderr
    assert list(tmp_path.iterdir()) == [file]
    words = ("sparql", written(file, f"{PAIRS} LIMIT 10"), "--format", "csv", "--out", str(out))
    assert downstack(*words).stdout == ""
    assert len(out.read_text(encoding="utf-8").splitlines()) == 11
    again = downstack(*words)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert downstack(*words, "--force").returncode == 0


def test_a_table_that_is_too_long_for_a_screen_is_refused(file: Path) -> None:
    shown = downstack("sparql", written(file, PAIRS), "--seconds", "60")
    assert shown.returncode == 1
    assert "larger than 8,000,000 bytes" in shown.stderr
    assert shown.stdout == ""


@pytest.mark.parametrize("name", ["nothing-here.rq", "."])
def test_a_file_that_cannot_be_read_is_said(name: str, tmp_path: Path) -> None:
    shown = downstack("sparql", str(tmp_path / name))
    assert shown.returncode == 1
    assert "cannot be read" in shown.stderr


def test_a_format_of_another_form_is_refused_with_those_that_fit(file: Path) -> None:
    shown = downstack("sparql", written(file, "ASK {}"), "--format", "turtle")
    assert shown.returncode == 1
    assert "it can be: table, json, xml, csv, tsv" in shown.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("a.rq", "--format", "yaml"),
        ("a.rq", "--json", "--format", "csv"),
        ("a.rq", "--seconds", "0"),
        ("a.rq", "--max-bytes", "0"),
        ("a.rq", "--format", "table", "--out", "a.txt"),
    ],
)
def test_wrong_usage_is_exit_status_two(words: tuple[str, ...]) -> None:
    assert downstack("sparql", *words).returncode == 2
