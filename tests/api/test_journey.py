"""One prompt from application to silicon, over HTTP and on the command line: the numbers of the library."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.commands import downstack

from downstack.kg import KnowledgeGraph

BAND = "p10 p50 p90 probabilityOfRise probabilityOfFall probabilityUnchanged probabilityOfSwitch samples widestP10 widestP90"
NUMBER = "{ quantity { id } key { roles { role slug } } value unit status reason restsOn band { BAND } }".replace(
    "BAND", BAND
)
JOURNEY = """query ($a: ID!, $m: ID, $c: ID, $w: ID, $s: Int) { journey(application: $a, model: $m, accelerator: $c, workload: $w, samples: $s) {
  graphVersion method asOf reason closedModel assumptions application { slug }
  choices { role entity { slug } linked standIn reason } questions { role reason candidates }
  layers { layer { name } entities { slug } links { subject { slug } predicate object { slug } } numbers NUMBER notes }
  routes { offering { slug } provider { slug } accelerator { slug } framework { slug } status binding notes
    time NUMBER energy NUMBER cost NUMBER timeDifference energyDifference costDifference valueDifference
    stages { layer { name } time timeShare energy cost value binding valueParts NUMBER
      timeParts NUMBER energyParts NUMBER costParts NUMBER numbers NUMBER } } } }""".replace("NUMBER", NUMBER)
TRACED = """query { journey(application: "chatgpt", model: "llama-3.1-70b", accelerator: "nvidia-h200-sxm",
  workload: "azure-2023-conv") { routes { time { trace { function { name } facts { id source { title } } } } } } }"""
SAMPLES = 64
ASKED = [
    ("claude-code", "llama-3.1-70b", "nvidia-h200-sxm", "codex-swebenchpro"),
    ("chatgpt", "gpt-5", "nvidia-h100-sxm", "azure-2023-conv"),
    ("gemini-app", None, "google-tpu-v6e", None),
    ("perplexity", None, None, None),
]


def plain(node: Any) -> Any:
    """Entities and names as the command line writes them."""
    if isinstance(node, dict):
        if set(node) in ({"slug"}, {"id"}, {"name"}):
            return next(iter(node.values()))
        if set(node) == {"roles"}:
            return {item["role"]: item["slug"] for item in node["roles"]}
        return {key: plain(value) for key, value in node.items()}
    return [plain(item) for item in node] if isinstance(node, list) else node


def without_traces(node: Any) -> Any:
    """Leave out of the command line's answer what was not asked for over HTTP."""
    beside = {"functions", "facts", "iri", "source", "elapsedMs"}
    if isinstance(node, dict):
        return {key: without_traces(value) for key, value in node.items() if key not in beside}
    return [without_traces(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize(("application", "model", "accelerator", "workload"), ASKED)
def test_a_journey_is_the_same_through_every_door(
    kg: KnowledgeGraph, ask: Any, application: str, model: str | None, accelerator: str | None, workload: str | None
) -> None:
    python = kg.journey(application, model, accelerator, workload, samples=SAMPLES)
    graphql = plain(ask(JOURNEY, a=application, m=model, c=accelerator, w=workload, s=SAMPLES)["journey"])
    given = {"--model": model, "--accelerator": accelerator, "--workload": workload}
    words = [word for name, value in given.items() if value is not None for word in (name, value)]
    line = without_traces(
        json.loads(downstack("journey", application, *words, "--samples", str(SAMPLES), "--json").stdout)
    )
    for role in ("model", "accelerator", "workload"):
        assert line.pop(role) == getattr(python, role)
    assert graphql == line
    assert len(line["routes"]) == len(python.routes)
    for found, item in zip(line["routes"], python.routes, strict=True):
        assert found["offering"] == item.offering
        assert found["time"] == item.time or found["time"]["value"] == (item.time and item.time.value)
        bands = (item.cost and item.cost.band, found["cost"] and found["cost"]["band"])
        assert (bands[0] is None) is (not bands[1])
        assert bands[0] is None or bands[0].p50 == bands[1]["p50"]
        assert [stage["cost"] for stage in found["stages"]] == [stage.cost for stage in item.stages]
        assert [stage["time"] for stage in found["stages"]] == [stage.time for stage in item.stages]
    for found, layer in zip(line["layers"], python.layers, strict=True):
        assert [item["value"] for item in found["numbers"]] == [item.value for item in layer.numbers]


def test_every_number_can_be_unfolded_over_http(ask: Any) -> None:
    routes = ask(TRACED)["journey"]["routes"]
    traces = [item["time"]["trace"] for item in routes]
    assert {item["function"]["name"] for item in traces} == {"request_time"}
    assert all(fact["source"]["title"] for item in traces for fact in item["facts"])


def test_the_printed_way_names_the_stand_in_the_clouds_and_the_sums() -> None:
    done = downstack("journey", *words_of(ASKED[0]))
    assert done.returncode == 0, done.stderr
    for text in ("(stand-in)", "aws-p5en-48xlarge", "oci-bm-gpu-h200-8", "the whole request", "tsmc", "sk-hynix"):
        assert text in done.stdout
    assert "* rests on llama-3.1-70b" in done.stdout


def test_another_cloud_is_told_when_it_is_named() -> None:
    told = downstack("journey", *words_of(ASKED[0]), "--offering", "gcp-a3-ultragpu-8g")
    assert "Layer by layer on gcp-a3-ultragpu-8g" in told.stdout
    refused = downstack("journey", *words_of(ASKED[0]), "--offering", "gcp-tpu-v6e")
    assert refused.returncode == 1
    assert "aws-p5en-48xlarge" in refused.stderr


def test_what_is_not_known_is_asked_for_on_the_command_line() -> None:
    done = downstack("journey", "perplexity")
    assert done.returncode == 0
    for word in ("--model", "--accelerator", "--workload"):
        assert word in done.stdout
    assert "the whole request" not in done.stdout


def test_a_wrong_name_is_an_error_with_a_hint_through_every_door(post: Any) -> None:
    (error,) = post(JOURNEY, a="chatgtp")["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND" and error["extensions"]["field"] == "application"
    done = downstack("journey", "chatgtp")
    assert done.returncode == 1 and "chatgpt" in done.stderr
    (error,) = post(JOURNEY, a="chatgpt", m="tsmc")["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT" and error["extensions"]["field"] == "model"


def words_of(asked: tuple[str, str | None, str | None, str | None]) -> list[str]:
    application, model, accelerator, workload = asked
    return [application, *("--model", model or ""), "--accelerator", accelerator or "", "--workload", workload or ""]
