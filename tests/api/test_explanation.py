"""How sure an effect is and how it came about: what is shown, in full and cut short, adds up to the change."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from typing import Any

import pytest
from rich.console import Console
from tests.api.test_cli import CHANGE, NARROW
from tests.commands import downstack

from downstack.cli.explanation import print_attribution
from downstack.cli.uncertainty import band_words
from downstack.graphql.explanation import largest_flows, largest_paths, rest_of_paths
from downstack.results import Attribution, Band, EffectPath, Flow

AMOUNTS = (-4.0, 9.0, 1.0, 2.5, -0.5, 0.25, 0.75)
HAND_MADE = Attribution(
    flows=tuple(Flow("a", f"b{place}", "f", amount, amount / 10.0) for place, amount in enumerate(AMOUNTS)),
    paths=tuple(EffectPath(("a", f"b{place}", "c"), amount, amount / 10.0) for place, amount in enumerate(AMOUNTS)),
    other_paths=1.0,
    total=10.0,
)
EFFECTS = """query ($t: [ID!], $w: WhereInput, $s: Int, $n: Int) {
  impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}],
         targets: $t, where: $w, samples: $s) { effects(first: 20) { nodes {
    quantity { id } base scenario change ratio status
    band { p10 p50 p90 probabilityOfRise probabilityOfSwitch samples }
    flows(first: $n) { from to function amount share }
    paths(first: $n) { steps amount share } otherPaths(first: $n) } } } }"""
LLAMA = {"model": ["llama-3.1-70b"], "framework": ["vllm"], "workload": ["azure-2023-conv"]}
COST = ["cost_per_million_output_tokens"]


def effects(ask: Any, **variables: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(EFFECTS, t=COST, w=LLAMA, **variables)["impact"]["effects"]["nodes"]
    assert found
    return found


@pytest.mark.parametrize("first", range(1, 10))
def test_however_many_paths_are_shown_they_and_the_others_sum_to_the_change(first: int) -> None:
    shown = largest_paths(HAND_MADE, first)
    assert len(shown) == min(first, len(AMOUNTS))
    assert rest_of_paths(HAND_MADE, first) == pytest.approx(10.0 - sum(item.amount for item in shown))


def test_flows_and_paths_come_with_the_largest_first() -> None:
    assert [item.amount for item in largest_flows(HAND_MADE, 3)] == [9.0, -4.0, 2.5]
    assert [item.amount for item in largest_paths(HAND_MADE, 3)] == [9.0, -4.0, 2.5]
    assert largest_flows(HAND_MADE, 1)[0].target == "b1"


def test_flows_that_differ_by_rounding_keep_the_order_from_change_to_effect() -> None:
    amounts = (1.0, 1.0 + 1e-15, 1.0 - 1e-15)
    flows = tuple(Flow(f"q{place}", f"q{place + 1}", "f", amount, 1.0) for place, amount in enumerate(amounts))
    assert [item.source for item in largest_flows(Attribution(flows, (), 0.0, 1.0), 3)] == ["q0", "q1", "q2"]


def test_where_nothing_can_be_divided_nothing_is_said() -> None:
    assert (largest_flows(None, 10), largest_paths(None, 10), rest_of_paths(None, 10)) == ([], [], None)


def test_the_printed_paths_sum_to_the_printed_total() -> None:
    out = io.StringIO()
    print_attribution(Console(file=out, width=120), "cost", "USD", HAND_MADE)
    table = out.getvalue().partition("largest flows")[0]
    rows = re.findall(r"^ +(.+?) {2,}(-?[\d.]+) +-?[\d.]+ % *$", table, flags=re.MULTILINE)
    assert [name for name, _ in rows[-2:]] == ["other paths", "total"]
    assert sum(float(amount) for _, amount in rows[:-1]) == pytest.approx(float(rows[-1][1])) == 10.0


def test_a_change_that_cannot_be_divided_is_said_to_be_so() -> None:
    out = io.StringIO()
    print_attribution(Console(file=out), "cost", "USD", None)
    assert "no change to divide" in out.getvalue()


def test_a_band_is_said_as_the_change_between_p10_and_p90() -> None:
    assert band_words(Band(1.1, 1.2, 1.4, 1.0, 0.0, 0.0, 0.25, 100)) == ("+10.0 % to +40.0 %", "25 %")
    assert band_words(Band(0.9, 1.0, 1.0, 0.2, 0.6, 0.2, None, 100)) == ("-10.0 % to 0 %", "-")
    assert band_words(None) == ("-", "-")


def test_without_samples_there_is_no_band(ask: Any) -> None:
    assert {item["band"] for item in effects(ask, s=0, n=1)} == {None}


def test_a_band_holds_the_percentiles_of_the_ratio_and_shares(ask: Any) -> None:
    bands = [item["band"] for item in effects(ask, s=200, n=1) if item["band"]]
    assert bands
    for band in bands:
        assert band["p10"] <= band["p50"] <= band["p90"]
        assert 0.0 <= band["probabilityOfRise"] <= 1.0
        assert 0.0 <= (band["probabilityOfSwitch"] or 0.0) <= 1.0
        assert 100 <= band["samples"] <= 200
    assert any(band["p10"] < band["p90"] for band in bands), "some facts of the cost are uncertain"


def test_the_same_samples_twice_are_the_same_bands(ask: Any) -> None:
    assert effects(ask, s=50, n=1) == effects(ask, s=50, n=1)


@pytest.mark.parametrize("first", [1, 3, 100])
def test_paths_and_other_paths_sum_to_the_change_of_each_effect(ask: Any, first: int) -> None:
    divided = [item for item in effects(ask, s=0, n=first) if item["paths"]]
    assert divided
    for item in divided:
        amounts = [path["amount"] for path in item["paths"]]
        assert len(amounts) <= first
        assert sum(amounts) + item["otherPaths"] == pytest.approx(item["change"])
        assert all(abs(one) >= abs(other) * (1 - 1e-8) for one, other in pairwise(amounts))


def test_flows_that_leave_the_changed_quantity_sum_to_the_change(ask: Any) -> None:
    for item in effects(ask, s=0, n=100):
        if item["paths"]:
            start = {path["steps"][0] for path in item["paths"]}
            leaving = [flow["amount"] for flow in item["flows"] if flow["from"] in start]
            assert sum(leaving) == pytest.approx(item["change"])


def test_an_effect_without_two_numbers_has_no_flows(ask: Any) -> None:
    for item in effects(ask, s=0, n=10):
        if item["change"] is None:
            assert (item["flows"], item["paths"], item["otherPaths"]) == ([], [], None)


@pytest.mark.parametrize("first", [0, 101])
def test_as_many_flows_as_no_page_holds_are_refused(post: Any, first: int) -> None:
    errors = post(EFFECTS, t=COST, w=LLAMA, s=0, n=first)["errors"]
    assert {error["extensions"]["field"] for error in errors} == {"first"}


def test_impact_prints_bands_and_switches_when_sampled() -> None:
    shown = downstack("impact", CHANGE, "--target", COST[0], *NARROW, "--samples", "50")
    assert shown.returncode == 0, shown.stderr
    assert "p10 to p90" in shown.stdout
    assert re.search(r"[\d.]+ % to [+-]?[\d.]+ %", shown.stdout)
    assert "p10 to p90" not in downstack("impact", CHANGE, "--target", COST[0], *NARROW).stdout


def test_impact_prints_how_a_change_came_about_when_asked() -> None:
    shown = downstack("impact", CHANGE, "--target", COST[0], *NARROW, "--where", "workload=azure-2023-conv", "--flows")
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"How the change of .* in cost_per_million_output_tokens", shown.stdout)
    assert re.search(r"other paths +", shown.stdout)
    assert re.search(r"total +-?[\d.e-]+ +100 %", shown.stdout)


def test_the_width_of_a_band_is_shared_out_among_the_facts_it_comes_from(ask: Any) -> None:
    document = """
    query ($samples: Int!) {
      impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}],
             targets: ["cost_per_million_output_tokens"], samples: $samples,
             where: {model: ["llama-3.1-70b"], workload: ["codex-swebenchpro"], offering: ["aws-p5en-48xlarge"]}) {
        effects(first: 1) { nodes { band { p10 p90 } varianceShares { share fact { entity { slug } quantity { id } } } } }
      }
    }
    """
    (node,) = ask(document, samples=500)["impact"]["effects"]["nodes"]
    shares = node["varianceShares"]
    assert node["band"] is not None
    assert shares
    assert [item["share"] for item in shares] == sorted((item["share"] for item in shares), reverse=True)
    assert all(0.0 <= item["share"] <= 1.0 for item in shares)
    assert {item["fact"]["entity"]["slug"] for item in shares} == {"calibration-serving", "vllm"}
    (point,) = ask(document, samples=0)["impact"]["effects"]["nodes"]
    assert point == {"band": None, "varianceShares": []}


def test_a_fact_tells_its_distribution_and_its_group_and_a_function_its_own_error(ask: Any) -> None:
    document = """{ entity(id: "calibration-serving") { facts(quantity: "fitted_layer_time") { low high distribution standardDeviation
      logStandardDeviation correlationGroup { iri label isKnown correlation facts confidence source { title } note
        pairs { first second correlation } } } }
      functions(filter: { name: ["time_per_output_token", "decode_step_time"] }) { name relativeError { value source } } }"""
    found = ask(document)
    (fact,) = found["entity"]["facts"]
    assert (fact["distribution"], fact["standardDeviation"], fact["logStandardDeviation"]) == (None, None, None)
    assert fact["low"] < fact["high"]
    group = fact["correlationGroup"]
    assert group["isKnown"] and group["correlation"] is None and len(group["facts"]) == 28
    assert len(group["pairs"]) == 378 and group["source"]["title"]
    errors = {item["name"]: item["relativeError"] for item in found["functions"]}
    assert errors["decode_step_time"] is None
    assert errors["time_per_output_token"]["value"] == 0.18
