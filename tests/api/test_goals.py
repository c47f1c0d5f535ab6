"""What matters most, what would be needed, which scenario is better: over HTTP and on the command line."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from tests.commands import downstack

from downstack.cli.goal_tables import missed_goal
from downstack.kg import KnowledgeGraph
from downstack.results import EffectKey, SolveRow

ONE = {
    "model": "llama-3.1-70b",
    "offering": "aws-p5en-48xlarge",
    "workload": "azure-2023-conv",
    "framework": "vllm",
}
WHERE = {key: [name] for key, name in ONE.items()}
FILTERS = [word for key, name in ONE.items() for word in ("--where", f"{key}={name}")]
TARGET = "decode_tokens_per_second"
BANDWIDTH = {"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth"}
SENSITIVITY = """query ($t: ID!, $w: WhereInput, $n: Int) { sensitivity(target: $t, where: $w, first: $n) {
  graphVersion key { model offering } target { id } value unit status
  inputs { entity { slug } quantity { id } elasticity atLow atHigh fact { id source { title } } } } }"""
SOLVE = """query ($t: ID!, $g: Float!, $u: String, $v: QuantityRef!, $w: WhereInput) {
  solve(target: $t, goal: $g, unit: $u, vary: $v, where: $w) {
    graphVersion target { id } goal unit vary varyUnit
    rows { key { model } reachable value factor base closest cap reason } } }"""
COMPARE = """query ($s: [ScenarioInput!]!, $t: [ID!]!, $w: WhereInput, $n: Int) {
  compare(scenarios: $s, targets: $t, where: $w, samples: $n) {
    graphVersion scenarios cells { key { model } quantity { id } unit base values ratios statuses } } }"""


def scaled(name: str, factor: float) -> dict[str, Any]:
    return {"name": name, "changes": [{**BANDWIDTH, "op": "SCALE", "value": factor}]}


def base_of(kg: KnowledgeGraph, quantity: str = TARGET) -> float:
    value = kg.value(quantity, where=ONE).value
    assert value is not None
    return value


def test_sensitivity_names_the_inputs_with_the_largest_elasticity_first(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask(SENSITIVITY, t=TARGET, w=WHERE)["sensitivity"]
    assert found["value"] == base_of(kg)
    assert found["key"] == {"model": ONE["model"], "offering": ONE["offering"]}
    inputs = found["inputs"]
    assert 0 < len(inputs) <= 10
    sizes = [abs(item["elasticity"]) for item in inputs if item["elasticity"] is not None]
    assert all(first >= second for first, second in pairwise(sizes))
    assert inputs[0]["entity"]["slug"] == "llama-3.1-70b"
    assert all(item["fact"]["source"]["title"] for item in inputs if item["fact"])


def test_a_cost_moves_one_for_one_with_the_price(ask: Any) -> None:
    inputs = ask(SENSITIVITY, t="cost_per_million_output_tokens", w=WHERE, n=100)["sensitivity"]["inputs"]
    found = {f"{item['entity']['slug']}.{item['quantity']['id']}": item for item in inputs}
    assert found["aws-p5en-48xlarge.price_on_demand"]["elasticity"] == pytest.approx(1.0)


def test_where_a_range_is_stated_the_target_is_given_at_its_ends(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask(SENSITIVITY, t=TARGET, w=WHERE, n=100)["sensitivity"]
    stated = 0
    for item in found["inputs"]:
        fact = kg.facts_of(item["entity"]["slug"], item["quantity"]["id"])[0]
        assert fact.low is not None or item["atLow"] is None
        assert fact.high is not None or item["atHigh"] is None
        if item["atLow"] is not None and item["atHigh"] is not None:
            stated += 1
            assert min(item["atLow"], item["atHigh"]) <= found["value"] <= max(item["atLow"], item["atHigh"])
    assert stated


def test_sensitivity_gives_as_many_inputs_as_asked_for(ask: Any, refused: Any) -> None:
    assert len(ask(SENSITIVITY, t=TARGET, w=WHERE, n=2)["sensitivity"]["inputs"]) == 2
    assert refused(SENSITIVITY, t=TARGET, w=WHERE, n=0)["extensions"]["field"] == "first"


def test_sensitivity_of_several_combinations_asks_for_one(refused: Any) -> None:
    extensions = refused(SENSITIVITY, t=TARGET)["extensions"]
    assert extensions["code"] == "BAD_USER_INPUT"
    assert extensions["hint"]


def test_sensitivity_takes_the_quantity_of_an_entity(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask(SENSITIVITY, t="llama-3.1-70b.total_parameters")["sensitivity"]
    assert found["value"] == kg.value("total_parameters", "llama-3.1-70b").value
    assert found["inputs"]


def test_solving_for_what_a_change_gives_finds_the_change(ask: Any, kg: KnowledgeGraph) -> None:
    effect = kg.impact({"nvidia-h200-sxm.memory_bandwidth": "x1.25"}, [TARGET], ONE).effects[0]
    found = ask(SOLVE, t=TARGET, g=effect.scenario, v=BANDWIDTH, w=WHERE)["solve"]
    assert found["vary"] == "nvidia-h200-sxm.memory_bandwidth"
    assert (found["unit"], found["varyUnit"]) == (effect.unit, "GB/s")
    assert len(found["rows"]) == 1
    row = found["rows"][0]
    assert row["reachable"] is True
    assert row["factor"] == pytest.approx(1.25, rel=1e-6)
    assert row["base"] == pytest.approx(effect.base)
    assert row["cap"] is None


def test_a_goal_may_be_in_another_unit(ask: Any, kg: KnowledgeGraph) -> None:
    goal = base_of(kg) * 1.1
    found = ask(SOLVE, t=TARGET, g=goal / 1000.0, u="ktoken/s", v=BANDWIDTH, w=WHERE)["solve"]
    assert found["unit"] == "ktoken/s"
    plain = ask(SOLVE, t=TARGET, g=goal, v=BANDWIDTH, w=WHERE)["solve"]
    assert found["rows"][0]["factor"] == pytest.approx(plain["rows"][0]["factor"], rel=1e-9)


def test_a_goal_that_is_out_of_reach_says_what_caps_it(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask(SOLVE, t=TARGET, g=base_of(kg) * 1e9, v=BANDWIDTH, w=WHERE)["solve"]
    row = found["rows"][0]
    assert row["reachable"] is False
    assert row["value"] is None
    assert row["cap"] or row["reason"]


@pytest.mark.parametrize("name", ["ds:nvidia-h200-sxm", "https://w3id.org/downstack/id/nvidia-h200-sxm"])
def test_the_varied_input_is_named_in_any_of_its_ways(ask: Any, kg: KnowledgeGraph, name: str) -> None:
    vary = {"entity": name, "quantity": "https://w3id.org/downstack/ontology#memoryBandwidth"}
    found = ask(SOLVE, t=TARGET, g=base_of(kg) * 1.1, v=vary, w=WHERE)["solve"]
    assert found["vary"] == "nvidia-h200-sxm.memory_bandwidth"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"entity": "nothing-like-it"}, "vary.entity"), ({"quantity": "memory_bandwith"}, "vary.quantity")],
)
def test_an_input_that_does_not_exist_is_named_as_such(refused: Any, wrong: dict[str, str], field: str) -> None:
    extensions = refused(SOLVE, t=TARGET, g=100.0, v={**BANDWIDTH, **wrong}, w=WHERE)["extensions"]
    assert (extensions["code"], extensions["field"]) == ("NOT_FOUND", field)


def test_a_comparison_gives_what_each_scenario_gives_alone(ask: Any, kg: KnowledgeGraph) -> None:
    found = ask(COMPARE, s=[scaled("slow", 0.5), scaled("fast", 2.0)], t=[TARGET], w=WHERE)["compare"]
    assert found["scenarios"] == ["slow", "fast"]
    assert found["graphVersion"] == kg.version
    assert len(found["cells"]) == 1
    cell = found["cells"][0]
    alone = [
        kg.impact({"nvidia-h200-sxm.memory_bandwidth": factor}, [TARGET], ONE).effects[0] for factor in ("x0.5", "x2")
    ]
    assert cell["base"] == alone[0].base
    assert cell["values"] == [item.scenario for item in alone]
    assert cell["ratios"] == [item.ratio for item in alone]
    assert cell["statuses"] == [str(item.status) for item in alone]


def test_a_comparison_that_cannot_be_made_is_refused(refused: Any) -> None:
    for given, field in (
        ({"s": []}, "scenarios"),
        ({"s": [scaled("one", 2.0), scaled("one", 3.0)]}, "scenarios"),
        ({"s": [scaled("one", 2.0)], "n": -10}, "samples"),
        ({"s": [scaled("one", 2.0)], "t": ["no_such_quantity"]}, "targets"),
    ):
        assert refused(COMPARE, **{"t": [TARGET], "w": WHERE, **given})["extensions"]["field"] == field


def test_sensitivity_prints_inputs_with_elasticity_and_source() -> None:
    shown = downstack("sensitivity", TARGET, *FILTERS, "--first", "30")
    assert shown.returncode == 0, shown.stderr
    assert re.search(rf"^{TARGET} = [\d.,]+ token/s", shown.stdout)
    assert re.search(r"^ llama-3\.1-70b\.num_layers +-\d\.\d+ +- +config\.json", shown.stdout, flags=re.MULTILINE)
    assert re.search(r"[\d.]+ to [\d.]+ token/s", shown.stdout), "some inputs have a stated range"


def test_sensitivity_of_too_many_combinations_fails_with_a_hint() -> None:
    shown = downstack("sensitivity", TARGET)
    assert shown.returncode == 1
    assert "hint: " in shown.stderr
    assert shown.stdout == ""


def test_solve_prints_the_value_and_the_factor(kg: KnowledgeGraph) -> None:
    shown = downstack("solve", f"{TARGET}={base_of(kg) * 1.1}", "--vary", "nvidia-h200-sxm.memory_bandwidth", *FILTERS)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"[\d,]+ +GB/s +x1\.\d+", shown.stdout)


def test_solve_says_in_words_what_caps_a_goal_that_is_out_of_reach(kg: KnowledgeGraph) -> None:
    words = ("solve", f"{TARGET}={base_of(kg) * 1e6}", "--vary", "nvidia-h200-sxm.memory_bandwidth", *FILTERS)
    shown = downstack(*words)
    assert shown.returncode == 0, shown.stderr
    assert "Out of reach: 1" in shown.stdout
    assert re.search(r"cannot reach [\d.e+]+ token/s: .*bound there by compute", shown.stdout.replace("\n", " "))
    assert json.loads(downstack(*words, "--json").stdout)["rows"][0]["reachable"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sensitivity", "memory_bandwith"), "memory_bandwidth"),
        (("solve", f"{TARGET}=fast", "--vary", "nvidia-h200-sxm.memory_bandwidth"), "hint: "),
        (("solve", f"{TARGET}=100", "--vary", "nvidia-h20-sxm.memory_bandwidth"), "nvidia-h200-sxm"),
        (("solve", f"{TARGET}=100kg", "--vary", "nvidia-h200-sxm.memory_bandwidth"), "hint: "),
        (("solve", "no_such_quantity=1", "--vary", "nvidia-h200-sxm.memory_bandwidth"), "hint: "),
    ],
)
def test_a_goal_that_means_nothing_exits_with_1_and_a_hint(words: tuple[str, ...], said: str) -> None:
    shown = downstack(*words)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_row_out_of_reach_is_said_with_all_that_is_known() -> None:
    row = SolveRow(EffectKey(()), False, None, None, 50.0, 80.0, "memory_capacity", None)
    assert missed_goal(row, "token/s") == "now 50 token/s; 80 token/s at the closest; bound there by memory capacity"
    bare = SolveRow(EffectKey(()), False, None, None, None, None, None, "a fact is missing")
    assert missed_goal(bare, "token/s") == "a fact is missing"
