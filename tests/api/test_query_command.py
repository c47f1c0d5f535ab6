"""``downstack query``: a document is answered as the service would, from the local graph or by a service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import Done, downstack

from downstack.kg import KnowledgeGraph

DOCUMENT = """query Chips($unit: String, $first: Int = 2) {
  entities(first: $first, filter: {type: ["Accelerator"], quantities: {memoryBandwidth: {gte: 4, unit: $unit}}}) {
    totalCount nodes { slug } pageInfo { endCursor } } }
query Version { graph { version } }
"""


def run(*words: str, given: str | None = None) -> Done:
    return downstack("query", *words, given=given)


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "chips.graphql"
    file.write_text(DOCUMENT, encoding="utf-8")
    return str(file)


def test_a_document_is_answered_from_the_local_graph_and_by_a_service_alike(
    document: str, kg: KnowledgeGraph, url: str
) -> None:
    words = ("query", document, "--operation", "Chips", "--variables", '{"unit": "TB/s"}')
    local = downstack(*words)
    assert local.returncode == 0, local.stderr
    data = json.loads(local.stdout)
    asked = json.loads(run(*words[1:], "--url", f"{url}/graphql", "--json").stdout)
    for found in (data, asked["data"]):
        # The two sign with keys of their own.
        assert len(found["entities"].pop("pageInfo")["endCursor"]) > 20
    assert data == asked["data"]
    assert len(data["entities"]["nodes"]) == 2 and data["entities"]["totalCount"] > 2
    version = json.loads(run(document, "--operation", "Version", "--json").stdout)
    assert version == {"data": {"graph": {"version": kg.version}}}


def test_variables_may_come_from_a_file_and_the_document_from_standard_input(tmp_path: Path) -> None:
    variables = tmp_path / "variables.json"
    variables.write_text('{"unit": "TB/s", "first": 1}', encoding="utf-8")
    done = run("-", "--operation", "Chips", "--variables", str(variables), given=DOCUMENT)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["entities"]["nodes"]) == 1


def test_a_cursor_of_one_run_goes_on_in_the_next(tmp_path: Path) -> None:
    file = tmp_path / "page.graphql"
    text = "query ($a: String) { entities(first: 3, after: $a) { nodes { slug } pageInfo { endCursor } } }"
    file.write_text(text, encoding="utf-8")
    first = json.loads(run(str(file)).stdout)["entities"]
    again = run(str(file), "--variables", json.dumps({"a": first["pageInfo"]["endCursor"]}))
    slugs = [item["slug"] for page in (first, json.loads(again.stdout)["entities"]) for item in page["nodes"]]
    assert len(set(slugs)) == 6 and slugs == sorted(slugs)


def test_errors_go_to_standard_error_and_make_the_command_fail(document: str) -> None:
    done = run(document, "--operation", "Chips", "--variables", '{"unit": "GB"}')
    assert done.returncode == 1
    assert "error: 'GB' measures byte" in done.stderr
    assert "hint: " in done.stderr
    wrong = run(document, "--operation", "Chips", "--variables", '{"unit": "GB"}', "--json")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("text", ["{ graph { version }", "{ grpah { version } }"])
def test_a_document_that_means_nothing_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.graphql"
    file.write_text(text, encoding="utf-8")
    done = run(str(file))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_what_cannot_be_read_or_reached_is_said(document: str, tmp_path: Path) -> None:
    missing = run(str(tmp_path / "nothing.graphql"))
    assert missing.returncode == 1 and "cannot be read" in missing.stderr
    for address, said in (
        ("file:///etc/hostname", "no address of a service"),
        ("http://127.0.0.1:9/graphql", "does not answer"),
    ):
        done = run(document, "--operation", "Version", "--url", address)
        assert done.returncode == 1 and said in done.stderr, done.stderr


@pytest.mark.parametrize("given", ["{not json", "[1]", '{"a": NaN}', "no-such-file.json"])
def test_variables_that_are_none_are_wrong_usage(document: str, given: str) -> None:
    done = run(document, "--variables", given)
    assert done.returncode == 2
    assert done.stdout == ""


def test_a_page_that_is_no_graphql_is_told_apart(document: str, url: str) -> None:
    done = run(document, "--operation", "Version", "--url", f"{url}/readyz")
    assert done.returncode == 1
    assert "error: " in done.stderr and "Traceback" not in done.stderr
