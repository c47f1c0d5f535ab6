"""The command line of comparisons and tornados: what a person writes, and what a person reads."""

from __future__ import annotations

import pytest
from tests.commands import downstack

from downstack.cli.uncertainty import BAR, draw_bar, sign_words, width_words
from downstack.kg import KnowledgeGraph
from downstack.results import Band, TornadoBar

WHERE = (
    "--where", "model=llama-3.1-70b", "--where", "workload=azure-2023-conv", "--where", "offering=aws-p5en-48xlarge",
    "--where", "framework=vllm",
)  # fmt: skip
COST = ("--target", "cost_per_million_output_tokens")
FASTER = ("--scenario", "faster=nvidia-h200-sxm.memory_bandwidth=x1.4")
BOTH = ("--scenario", "both=nvidia-h200-sxm.memory_bandwidth=x1.4, aws-p5en-48xlarge.price_on_demand=-10%")


def test_compare_prints_each_scenario_below_the_base_with_its_change() -> None:
    shown = downstack("compare", *FASTER, *BOTH, *COST, *WHERE)
    assert shown.returncode == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["scenario", "value", "change", "status"] in lines
    base, faster, both = (
        next(line for line in lines if line[:1] == [name] and len(line) in (2, 5))
        for name in ("base", "faster", "both")
    )
    assert float(base[1]) > float(faster[1]) > float(both[1])
    assert faster[-1] == both[-1] == "OK"
    assert "p10 to p90" not in shown.stdout


def test_a_sampled_comparison_says_how_far_scenarios_are_apart_and_what_does_not_vary() -> None:
    shown = downstack("compare", *FASTER, *BOTH, *COST, *WHERE, "--samples", "200")
    assert shown.returncode == 0, shown.stderr
    assert "Differences on the same draws" in shown.stdout
    assert "both less faster" in " ".join(shown.stdout.split())
    assert "facts have no stated interval" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    "scenario",
    [
        "nvidia-h200-sxm.memory_bandwidth=x1.4",
        "faster=",
        "faster",
        "=nvidia-h200-sxm.memory_bandwidth=x1.4",
        "faster=fast",
    ],
)
def test_a_scenario_that_cannot_be_read_is_wrong_usage(scenario: str) -> None:
    shown = downstack("compare", "--scenario", scenario, *COST)
    assert shown.returncode == 2
    assert "NAME=CHANGE" in shown.stderr or "ENTITY.QUANTITY=VALUE" in shown.stderr


def test_two_scenarios_of_one_name_are_wrong_usage() -> None:
    shown = downstack("compare", *FASTER, *FASTER, *COST)
    assert shown.returncode == 2
    assert "two scenarios" in shown.stderr


def test_sensitivity_draws_a_tornado_of_facts_and_of_the_error_of_the_formula() -> None:
    shown = downstack("sensitivity", "cost_per_million_output_tokens", *WHERE)
    assert shown.returncode == 0, shown.stderr
    assert "each uncertain input at its p10" in shown.stdout
    assert "=" * 5 in shown.stdout
    assert "facts have no stated interval" in shown.stdout


def test_explain_says_between_which_numbers_the_value_lies_and_what_that_comes_from() -> None:
    shown = downstack("explain", "cost_per_million_output_tokens", *WHERE, "--samples", "3000")
    words = " ".join(shown.stdout.split())
    assert shown.returncode == 0, shown.stderr
    assert "eight of ten samples lie between" in words
    assert "facts that one could look up" in words
    assert "the formulas themselves: error of time_per_output_token_at_capacity" in words
    assert "errs by itself by about 18 %" in words


def test_a_bar_reaches_from_end_to_end_with_a_mark_at_the_value(bundled: KnowledgeGraph) -> None:
    (fact, *_) = bundled.facts_of("calibration-serving", "fitted_layer_time")
    bar = TornadoBar(fact, None, 0.0, 1.0, 10.0, 40.0)
    drawn = draw_bar(bar, 20.0, 10.0, 40.0).plain
    assert len(drawn) == BAR
    assert drawn.strip("=") == "|"
    assert drawn.index("|") == round((BAR - 1) / 3)
    assert draw_bar(bar, 20.0, 0.0, 100.0).plain.strip(" ").startswith("=")
    assert draw_bar(TornadoBar(fact, None, 0.0, 1.0, 5.0, 5.0), 5.0, 5.0, 5.0).plain.strip() == "|"


def test_a_sign_is_said_as_how_often_it_rises_and_falls() -> None:
    assert sign_words(Band(1.1, 1.2, 1.4, 0.75, 0.2, 0.05, None, 100)) == "75 % / 20 %"
    assert sign_words(Band(1.0, 1.0, 1.0, 0.0, 0.0, 1.0, None, 100)) == "unchanged"
    assert sign_words(Band(1.0, 1.0, 1.0, None, None, None, None, 100)) == "-"
    assert width_words(()) == ""
