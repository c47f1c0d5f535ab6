"""What an answer says beside its numbers is the same through every door: dates, cut edges, directions, findings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.serving import running
from tests.api.test_doors_agree import words
from tests.commands import downstack

from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.vocabulary import locate

IMPACT = """query ($c: [ChangeInput!]!, $t: [ID!], $w: WhereInput, $d: Date) {
  impact(changes: $c, targets: $t, where: $w, asOf: $d) {
    asOf interventions partial partialReason
    qualitative { path sign numeric summary }
    findings { influence { iri } changed affected stated agreeing opposing still example text }
    effects(first: 100) { nodes { status reason trace { oldestFact { iri asOf } intervention } } } } }"""
WHERE = {"model": "llama-3.1-70b", "workload": "codex-swebenchpro"}
BANDWIDTH = "nvidia-h100-sxm.memory_bandwidth"
TARGETS = ["cost_per_million_output_tokens"]
CHANGE = {"entity": "nvidia-h100-sxm", "quantity": "memory_bandwidth", "op": "SET", "value": 4.0, "unit": "TB/s"}
CONTRARY = """@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix inf: <https://w3id.org/downstack/influence/> .
@prefix src: <https://w3id.org/downstack/source/> .

inf:contrary a dso:QualitativeInfluence ;
    dso:influenceSource ds:hbm ; dso:influenceTarget ds:vllm ; dso:sign "+" ; dso:strength dso:strong ;
    dso:influenceConfidence dso:highConfidence ; dso:direction "up" ; dso:mechanism "read the wrong way round" ;
    dso:changedKind dso:memoryBandwidth ; dso:affectedKind dso:timePerOutputToken ;
    dcterms:source src:github-com-vllm-project-vllm-project-github-io-a51754 .
"""


@pytest.mark.parametrize("as_of", [None, "2028-01-01"])
def test_dates_cuts_and_directions_are_the_same_through_every_door(
    kg: KnowledgeGraph, ask: Any, as_of: str | None
) -> None:
    python = kg.impact({BANDWIDTH: "4TB/s"}, TARGETS, WHERE, as_of=as_of)
    filters = {key: [name] for key, name in WHERE.items()}
    graphql = ask(IMPACT, c=[CHANGE], t=TARGETS, w=filters, d=as_of)["impact"]
    dated = () if as_of is None else ("--as-of", as_of)
    line = json.loads(
        downstack("impact", f"{BANDWIDTH}=4TB/s", "--target", *TARGETS, *words(WHERE), *dated, "--json").stdout
    )
    assert graphql["asOf"] == line["asOf"] == python.as_of
    assert graphql["interventions"] == line["interventions"] == list(python.interventions)
    assert "are cut" in python.interventions[0]
    assert (graphql["partial"], graphql["partialReason"]) == (line["partial"], line["partialReason"])
    assert len(graphql["qualitative"]) == len(line["qualitative"]) == len(python.qualitative) > 0
    for item, node, row in zip(python.qualitative, graphql["qualitative"], line["qualitative"], strict=True):
        assert node["summary"] == row["summary"] == item.summary
        assert node["numeric"] == row["numeric"] == item.numeric
    assert graphql["findings"] == line["findings"] == []
    oldest = python.oldest_fact()
    assert oldest is not None and line["oldestFact"]["iri"] == oldest.iri
    nodes = graphql["effects"]["nodes"]
    assert {node["status"] for node in nodes} & {"STALE"}
    for effect, node in zip(python.effects, nodes, strict=True):
        found = effect.trace.oldest_fact
        assert (node["status"], node["reason"]) == (str(effect.status), effect.reason)
        assert found is not None and node["trace"]["oldestFact"]["asOf"] == found.as_of


def test_the_printed_answer_names_its_date_its_oldest_fact_and_what_is_stale() -> None:
    shown = downstack("impact", f"{BANDWIDTH}=4TB/s", "--target", *TARGETS, *words(WHERE))
    assert shown.returncode == 0, shown.stderr
    assert "STALE" in shown.stdout and "aws-p5-48xlarge.price_on_demand of 2025-06 is" in shown.stdout
    assert "in-edges of memory_bandwidth for nvidia-h100-sxm are cut" in shown.stdout
    assert "oldest fact: " in shown.stdout
    assert "numeric to here" in shown.stdout
    explained = downstack("explain", "aws-p5-48xlarge.price_per_accelerator_hour")
    assert "oldest fact: aws-p5-48xlarge.price_on_demand of 2025-06" in explained.stdout


def test_a_contradicted_influence_is_a_finding_through_every_door(tmp_path: Path) -> None:
    for room in ("terms", "facts", "influences", "calibration"):
        shutil.copytree(locate() / room, tmp_path / room)
    (tmp_path / "influences" / "contrary.ttl").write_text(CONTRARY)
    kg = KnowledgeGraph.open(tmp_path)
    (found,) = [item for item in kg.compare_signs() if item.disagrees]
    assert found.influence.iri.endswith("/contrary")
    targets = ["time_per_output_token"]
    (python,) = kg.impact({BANDWIDTH: "4TB/s"}, targets, WHERE).findings
    with running(create_app(kg)) as address:
        sent = {"query": IMPACT, "variables": {"c": [CHANGE], "t": targets, "w": {k: [v] for k, v in WHERE.items()}}}
        answer = httpx.post(f"{address}/graphql", json=sent, timeout=60.0).json()
    (graphql,) = answer["data"]["impact"]["findings"]
    asked = ("impact", f"{BANDWIDTH}=4TB/s", "--target", *targets, *words(WHERE), "--store", str(tmp_path))
    (line,) = json.loads(downstack(*asked, "--json").stdout)["findings"]
    assert graphql.pop("influence")["iri"] == line.pop("influence") == python.influence.iri
    assert graphql == line == {name: getattr(python, name) for name in line}
    assert "finding: contrary says that more memory_bandwidth raises time_per_output_token" in downstack(*asked).stdout
    checked = downstack("validate", "--signs", "--store", str(tmp_path))
    assert checked.returncode == 1
    assert "14 influences compared with the formulas, 1 disagree" in checked.stdout
    assert downstack("validate", "--signs", "--json").returncode == 0


def test_the_age_budget_of_a_quantity_is_told(ask: Any) -> None:
    found = {item["id"]: item["ageBudget"] for item in ask("{ quantities { id ageBudget } }")["quantities"]}
    assert found["price_on_demand"] == "P12M"
    assert found["memory_bandwidth"] is None
