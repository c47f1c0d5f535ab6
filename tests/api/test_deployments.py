"""What should this model run on: over HTTP and on the command line, the same numbers as from the library."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import KnowledgeGraph

MODEL = "llama-3.1-70b"
NODE = """key { model offering accelerator roles { role slug } } accelerators tensorParallel pipelineParallel expertParallel
  dataParallel weightFormat cacheFormat concurrentSequences timeToFirstToken timePerOutputToken tokensPerSecondPerUser
  tokensPerSecondPerAccelerator tokensPerSecond costPerMillionOutputTokens pricePerHour memoryUsed memoryCapacity
  energyPerToken status reason boundBy stoppedBy costBand { p10 p50 p90 samples } timeBand { p10 p50 p90 samples }"""
QUERY = f"""query ($m: ID!, $w: ID, $o: Objective, $l: LimitsInput, $n: Int, $a: String, $f: WhereInput, $s: Int, $d: Date) {{
  deployments(model: $m, workload: $w, objective: $o, limits: $l, first: $n, after: $a, where: $f, samples: $s, asOf: $d) {{
    graphVersion method partial partialReason configurations evaluated feasible unpriced extrapolated nearest totalCount
    limits {{ ttft tpot tpotFromWorkload budget maxAccelerators }}
    excluded {{ reason status configurations }}
    pageInfo {{ hasNextPage hasPreviousPage endCursor }} edges {{ cursor }} nodes {{ {NODE} }} }} }}"""
TRACED = """query ($m: ID!, $f: WhereInput) { deployments(model: $m, first: 1, where: $f) { nodes { assumptions
  costPerMillionOutputTokens timePerOutputToken
  trace { quantity { id } value unit key { offering accelerator roles { role entity { slug } } } facts { source { title } }
    inputs { quantity { id } intervention } } } } }"""
SAME = {
    "accelerators": "accelerators",
    "tensorParallel": "tensor_parallel",
    "pipelineParallel": "pipeline_parallel",
    "expertParallel": "expert_parallel",
    "dataParallel": "data_parallel",
    "weightFormat": "weight_format",
    "cacheFormat": "cache_format",
    "concurrentSequences": "concurrent_sequences",
    "timeToFirstToken": "time_to_first_token",
    "timePerOutputToken": "time_per_output_token",
    "tokensPerSecondPerUser": "tokens_per_second_per_user",
    "tokensPerSecondPerAccelerator": "tokens_per_second_per_accelerator",
    "tokensPerSecond": "tokens_per_second",
    "costPerMillionOutputTokens": "cost_per_million_output_tokens",
    "pricePerHour": "price_per_hour",
    "memoryUsed": "memory_used",
    "memoryCapacity": "memory_capacity",
    "energyPerToken": "energy_per_token",
    "reason": "reason",
    "boundBy": "bound_by",
}


@pytest.mark.parametrize(
    ("model", "workload", "objective", "limits", "samples"),
    [
        ("llama-3.1-70b", None, "PARETO", {}, 0),
        ("deepseek-v3", "mooncake-toolagent", "COST", {"ttft": 2000.0, "tpot": 40.0, "budget": 120.0}, 0),
        ("gpt-oss-120b", "azure-2023-code", "LATENCY", {"maxAccelerators": 8, "weights": ["published", "fp8"]}, 50),
        ("llama-3.1-70b", "azure-2023-conv", "THROUGHPUT", {"tpot": 0.5}, 0),
    ],
)
def test_deployments_are_the_same_through_every_door(
    kg: KnowledgeGraph,
    ask: Any,
    model: str,
    workload: str | None,
    objective: str,
    limits: dict[str, Any],
    samples: int,
) -> None:
    given = {name.replace("maxA", "max_a"): value for name, value in limits.items()}
    python = kg.deployments(model, workload, objective, samples=samples, **given)
    graphql = ask(QUERY, m=model, w=workload, o=objective, l=limits, n=10, s=samples)["deployments"]
    words = [f"--{name.replace('maxA', 'max-a')}={value}" for name, value in limits.items() if name != "weights"]
    words += [f"--weights={name}" for name in limits.get("weights", ())]
    words += ["--workload", workload] if workload else []
    shown = downstack(
        "deployments", model, f"--objective={objective.lower()}", f"--samples={samples}", *words, "--first=10", "--json"
    )
    assert shown.returncode == 0, shown.stderr
    line = json.loads(shown.stdout)

    for name in ("configurations", "evaluated", "feasible", "unpriced", "extrapolated", "partial", "method", "nearest"):
        assert graphql[name] == line[name] == getattr(python, name), name
    assert graphql["graphVersion"] == line["graphVersion"] == python.graph_version
    assert graphql["partialReason"] == line["partialReason"] == python.partial_reason
    assert graphql["limits"] == line["limits"]
    assert graphql["limits"]["tpot"] == python.limits.time_per_output_token
    assert graphql["limits"]["maxAccelerators"] == python.limits.accelerators
    assert graphql["excluded"] == line["excluded"]
    assert [(item["reason"], item["configurations"]) for item in graphql["excluded"]] == [
        (item.reason, item.configurations) for item in python.excluded
    ]
    assert graphql["totalCount"] == line["totalCount"] == len(python.deployments)
    assert len(graphql["nodes"]) == len(line["deployments"]) == min(10, len(python.deployments))
    for expected, node, row in zip(python.deployments, graphql["nodes"], line["deployments"], strict=False):
        assert {item["role"]: item["slug"] for item in node["key"]["roles"]} == row["key"] == dict(expected.key.roles)
        assert node["status"] == row["status"] == str(expected.status)
        assert node["stoppedBy"] == row["stoppedBy"] == list(expected.stopped_by)
        assert node["costBand"] == row["costBand"]
        assert node["timeBand"] == row["timeBand"]
        assert (node["timeBand"] is None) == (samples == 0)
        for name, field in SAME.items():
            assert node[name] == row[name] == getattr(expected, field), name


def test_pages_follow_each_other_without_gap_or_overlap(ask: Any, kg: KnowledgeGraph) -> None:
    wanted = [item.time_per_output_token for item in kg.deployments(MODEL).deployments[:30]]
    first = ask(QUERY, m=MODEL, n=15)["deployments"]
    assert first["pageInfo"]["hasNextPage"]
    after = first["pageInfo"]["endCursor"]
    second = ask(QUERY, m=MODEL, n=15, a=after)["deployments"]
    assert second["pageInfo"]["hasPreviousPage"]
    assert [item["timePerOutputToken"] for item in (*first["nodes"], *second["nodes"])] == wanted


def test_a_cursor_of_another_question_is_refused(ask: Any, refused: Any) -> None:
    cursor = ask(QUERY, m=MODEL, n=1)["deployments"]["edges"][0]["cursor"]
    for other in ({"m": "deepseek-v3"}, {"m": MODEL, "l": {"tpot": 20.0}}, {"m": MODEL, "o": "COST"}):
        assert refused(QUERY, n=1, a=cursor, **other)["extensions"]["field"] == "after"


def test_a_deployment_unfolds_to_facts_with_their_sources(ask: Any) -> None:
    for where in (None, {"accelerator": ["amd-mi325x"]}):
        node = ask(TRACED, m=MODEL, f=where)["deployments"]["nodes"][0]
        trace = node["trace"]
        priced = node["costPerMillionOutputTokens"] is not None
        assert trace["value"] == pytest.approx(
            node["costPerMillionOutputTokens"] if priced else node["timePerOutputToken"], rel=1e-12
        )
        assert all(item["source"]["title"] for item in trace["facts"])
        assert len(trace["facts"]) > 10
        assert trace["key"]["accelerator"]
        assert (trace["key"]["offering"] is None) == (where is not None)
        assert node["assumptions"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"m": "lama-3.1-70b"}, "NOT_FOUND", "model"),
        ({"m": "vllm"}, "BAD_USER_INPUT", "where.model"),
        ({"w": "no-such-load"}, "NOT_FOUND", "where.workload"),
        ({"l": {"tpot": -5.0}}, "BAD_USER_INPUT", "limits.tpot"),
        ({"l": {"budget": 0.0}}, "BAD_USER_INPUT", "limits.budget"),
        ({"l": {"maxAccelerators": 4096}}, "BAD_USER_INPUT", "limits.maxAccelerators"),
        ({"l": {"weights": ["fp7"]}}, "NOT_FOUND", "limits.weights"),
        ({"n": 101}, "BAD_USER_INPUT", "first"),
        ({"s": -1}, "BAD_USER_INPUT", "samples"),
        ({"a": "made-up"}, "BAD_USER_INPUT", "after"),
        ({"f": {"offering": ["nvidia-h200-sxm"]}}, "BAD_USER_INPUT", "where.offering"),
    ],
)
def test_a_question_that_means_nothing_names_what_is_wrong(
    refused: Any, given: dict[str, Any], code: str, field: str
) -> None:
    extensions = refused(QUERY, **{"m": MODEL, **given})["extensions"]
    assert (extensions["code"], extensions["field"]) == (code, field)
    assert extensions["hint"]


def test_the_command_prints_the_front_what_is_excluded_and_the_limits() -> None:
    shown = downstack("deployments", MODEL, "--tpot", "30", "--first", "3")
    assert shown.returncode == 0, shown.stderr
    assert "at most 30 ms for each output token" in shown.stdout
    assert re.search(r"^ 1  \S+ +\d+ +\d+x\d+x\d+ +\w+/\w+ +[\d,]+ ", shown.stdout, flags=re.MULTILINE)
    assert re.search(r"^ +[\d,]+  slower between tokens than the limit", shown.stdout, flags=re.MULTILINE)
    assert "was not computed" in shown.stdout
    assert shown.stderr == ""


def test_the_command_unfolds_a_row() -> None:
    shown = downstack("deployments", MODEL, "--first", "1", "--unfold", "1")
    assert "Where the numbers of row 1 come from" in shown.stdout
    assert "stated by the deployment" in shown.stdout
    assert re.search(r"fact: \S+ USD/h", shown.stdout)
    missing = downstack("deployments", MODEL, "--first", "1", "--unfold", "100000")
    assert missing.returncode == 0
    assert "There is no row 100000" in missing.stdout


def test_the_command_prints_bands_and_what_has_no_price() -> None:
    shown = downstack("deployments", MODEL, "--where", "accelerator=amd-mi325x", "--samples", "50", "--first", "2")
    assert shown.returncode == 0, shown.stderr
    assert "p10-p90" in shown.stdout
    assert "Without a price" in shown.stdout
    assert "amd-mi325x" in shown.stdout


def test_the_command_says_what_is_nearest_when_nothing_is_feasible() -> None:
    shown = downstack("deployments", MODEL, "--tpot", "0.1")
    assert shown.returncode == 0
    assert "Nothing can be deployed" in shown.stdout
    assert re.search(r"the best of them\s+reaches [\d.]+ ms", shown.stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lama-3.1-70b",), "nearest: llama-3.1-70b"),
        ((MODEL, "--tpot", "-3"), "limit tpot is -3"),
        ((MODEL, "--objective", "cheap"), "unknown objective"),
        ((MODEL, "--workload", "azure"), "hint: "),
    ],
)
def test_a_wrong_command_exits_with_1_and_a_hint(words: tuple[str, ...], said: str) -> None:
    shown = downstack("deployments", *words)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert said in shown.stderr
    assert "hint: " in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_command_line_that_cannot_be_read_exits_with_2() -> None:
    assert downstack("deployments").returncode == 2
    assert downstack("deployments", MODEL, "--tpot", "fast").returncode == 2
