"""Dependencies and paths: one answer through every door, complete, page by page, and refusals that help."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import KnowledgeGraph

STEP = "dependent { slug } provider { slug } relation bond asOf source { iri } part sign via"
SHARE = "value low high"
ASK = f"""query ($of: ID!, $d: Direction!, $n: Int, $f: Int, $a: String, $h: [String!], $i: Boolean) {{
  dependencies(of: $of, direction: $d, maxDepth: $n, first: $f, after: $a, hide: $h, influences: $i) {{
    graphVersion entity {{ slug }} direction maxDepth reached unknownShares assumptions
    nodes {{ totalCount pageInfo {{ hasNextPage endCursor }}
      nodes {{ entity {{ slug label }} depth reliance place way {{ {STEP} }} }} }}
    singlePoints {{ entity {{ slug }} behind allEnds }}
    exposures {{ dependent {{ slug }} provider {{ slug }} share {{ {SHARE} }} need place allocated {{ {SHARE} }}
      chains {{ entities product {{ {SHARE} }} }} unknown facts {{ iri }} }} }} }}"""
PATHS = f"""query ($a: ID!, $b: ID!, $n: Int) {{ paths(from: $a, to: $b, first: $n) {{
  direction length steps {{ {STEP} }} }} }}"""


def slim(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step of GraphQL as the command line writes it, the source by its name only."""
    return {**step, "dependent": step["dependent"]["slug"], "provider": step["provider"]["slug"]}


def by_source(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "source": {"iri": step["source"]["iri"]}}


@pytest.mark.parametrize(("slug", "direction"), [("tsmc", "UP"), ("claude-code", "DOWN"), ("nvidia-h200-sxm", "DOWN")])
def test_dependencies_are_the_same_through_every_door(kg: KnowledgeGraph, ask: Any, slug: str, direction: str) -> None:
    python = kg.dependencies(slug, direction, 8)
    found = ask(ASK, of=slug, d=direction, n=8, f=100)["dependencies"]
    line = json.loads(downstack("dependencies", slug, f"--{direction.lower()}", "--depth", "8", "--json").stdout)

    assert found["graphVersion"] == line["graphVersion"] == python.graph_version
    assert found["direction"] == line["direction"] == direction
    assert found["nodes"]["totalCount"] == len(line["nodes"]) == len(python.nodes) > 10
    for node, row, record in zip(found["nodes"]["nodes"], line["nodes"], python.nodes, strict=False):
        assert node["entity"]["slug"] == row["entity"] == record.entity.id
        assert node["depth"] == row["depth"] == record.depth
        assert node["reliance"] == row["reliance"] == str(record.reliance)
        assert node["place"] == row["place"] == record.place
        assert [slim(step) for step in node["way"]] == [by_source(step) for step in row["way"]]
    assert found["reached"] == line["reached"] == python.reached
    assert [(p["entity"]["slug"], p["behind"], p["allEnds"]) for p in found["singlePoints"]] == [
        (p["entity"], p["behind"], p["allEnds"]) for p in line["singlePoints"]
    ]
    assert len(found["exposures"]) == len(line["exposures"]) == len(python.exposures)
    for share, row, exposure in zip(found["exposures"], line["exposures"], python.exposures, strict=True):
        assert share["dependent"]["slug"] == row["dependent"] == exposure.dependent.id
        assert share["share"] == row["share"]
        assert share["share"]["value"] == exposure.share.value
        for name in ("need", "place", "allocated", "unknown"):
            assert share[name] == row[name], name
        assert [item["iri"] for item in share["facts"]] == [item["iri"] for item in row["facts"]]
    assert found["assumptions"] == line["assumptions"] == list(python.assumptions)


def test_pages_of_dependents_join_to_the_whole_and_a_cursor_of_another_question_is_refused(
    kg: KnowledgeGraph, ask: Any, refused: Any
) -> None:
    whole = [node.entity.id for node in kg.dependencies("tsmc", "up", 6).nodes]
    found: list[str] = []
    after, cursors = None, []
    while True:
        page = ask(ASK, of="tsmc", d="UP", n=6, f=30, a=after)["dependencies"]["nodes"]
        found += [node["entity"]["slug"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        cursors.append(after)
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole and len(cursors) > 2
    error = refused(ASK, of="tsmc", d="UP", n=5, f=30, a=cursors[0])
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_paths_are_the_same_through_every_door(kg: KnowledgeGraph, ask: Any) -> None:
    python = kg.paths("chatgpt", "sk-hynix", 4)
    found = ask(PATHS, a="chatgpt", b="sk-hynix", n=4)["paths"]
    line = json.loads(downstack("paths", "chatgpt", "sk-hynix", "--first", "4", "--json").stdout)["paths"]
    assert len(found) == len(line) == len(python) == 4
    for way, row, record in zip(found, line, python, strict=True):
        assert way["direction"] == row["direction"] == record.direction.name == "DOWN"
        assert way["length"] == row["length"] == record.length
        assert [slim(step) for step in way["steps"]] == [by_source(step) for step in row["steps"]]


def test_an_absent_path_is_an_empty_list_and_an_unknown_end_is_not_found_with_near_names(
    ask: Any, refused: Any
) -> None:
    assert ask(PATHS, a="micron", b="samsung-electronics") == {"paths": []}
    error = refused(PATHS, a="chatgpt", b="sk-hynx")
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["extensions"]["field"] == "to"
    assert "sk-hynix" in error["extensions"]["hint"]
    error = refused(ASK, of="tsmcc", d="UP")
    assert error["extensions"]["code"] == "NOT_FOUND" and "tsmc" in error["extensions"]["hint"]


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 65}, {"f": 0}, {"f": 101}])
def test_a_depth_or_page_out_of_range_is_refused(refused: Any, wrong: dict[str, int]) -> None:
    assert refused(ASK, of="tsmc", d="UP", **wrong)["extensions"]["code"] == "BAD_USER_INPUT"


def test_hidden_kinds_and_influences_are_asked_for_in_graphql(ask: Any) -> None:
    found = ask(ASK, of="aws-p5en-48xlarge", d="DOWN", n=9, h=["Accelerator"])["dependencies"]
    node = next(item for item in found["nodes"]["nodes"] if item["entity"]["slug"] == "sk-hynix")
    assert node["depth"] == 1 and node["way"][0]["via"] == ["nvidia-h200-sxm"]
    found = ask(ASK, of="hbm", d="UP", n=9, i=True)["dependencies"]
    assert "QUALITATIVE" in {item["reliance"] for item in found["nodes"]["nodes"]}


def test_the_csv_file_has_every_row_and_not_the_first_page_only(kg: KnowledgeGraph, tmp_path: Path) -> None:
    file = tmp_path / "tsmc.csv"
    shown = downstack("dependencies", "tsmc", "--up", "--depth", "64", "--csv", str(file))
    assert shown.returncode == 0, shown.stderr
    report = kg.dependencies("tsmc", "up", 64)
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["entity"] for row in rows] == [node.entity.id for node in report.nodes]
    shares = {item.dependent.id: item.share for item in report.exposures}
    for row, node in zip(rows, report.nodes, strict=True):
        assert row["way"].startswith("tsmc > ") and row["way"].endswith(node.entity.id)
        assert len(row["way"].split(" > ")) == node.depth + 1
        share = shares.get(node.entity.id)
        assert row["share_high"] == ("" if share is None else str(share.high))
    assert any(row["share"] == "" and row["share_not_known"] for row in rows)
    file = tmp_path / "paths.csv"
    assert downstack("paths", "chatgpt", "tsmc", "--first", "3", "--csv", str(file)).returncode == 0
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == sum(item.length for item in kg.paths("chatgpt", "tsmc", 3))


def test_the_tables_say_who_how_far_and_without_which_alternative() -> None:
    shown = downstack("dependencies", "nvidia-h200-sxm")
    assert shown.returncode == 0, shown.stderr
    assert "What NVIDIA H200 SXM depends on" in shown.stdout
    assert "none known" in shown.stdout and "known, or in part" in shown.stdout
    assert "no share is stated for" in shown.stdout
    shown = downstack("paths", "claude-code", "tsmc", "--first", "1")
    assert "1. Claude Code depends on TSMC over" in shown.stdout
    shown = downstack("paths", "micron", "samsung-electronics")
    assert shown.returncode == 0 and "neither depends on the other" in shown.stdout
    shown = downstack("dependencies", "nowhere-at-all")
    assert shown.returncode == 1 and "hint" in shown.stderr
