"""Numbers and regimes as a reader wants them."""

from __future__ import annotations

import pytest

from downstack.cli.words import common_roles, number, percent, regime_switch, share, telling_roles, with_unit
from downstack.results import EffectKey, Regime


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "-"),
        (0.0, "0"),
        (0.5, "0.5"),
        (64.5678, "64.57"),
        (4800.0, "4,800"),
        (212_749.0, "212,700"),
        (70_553_706_496.0, "7.055e+10"),
        (0.00001234, "1.234e-05"),
        (-12.0, "-12"),
    ],
)
def test_a_number_has_four_significant_digits(value: float | None, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(None, "-"), (1.0, "0 %"), (1.4, "+40.0 %"), (0.984, "-1.6 %"), (1.0002, "+0.02 %"), (21.0, "+2,000.0 %")],
)
def test_a_ratio_is_said_as_the_change_it_is(ratio: float | None, said: str) -> None:
    assert percent(ratio) == said


def test_a_pure_number_has_no_unit() -> None:
    assert with_unit("80", "1") == "80"
    assert with_unit("80", "GB") == "80 GB"


def test_a_switch_of_regimes_is_a_sentence() -> None:
    one = Regime("max_concurrent_sequences", "latency target", "memory capacity", "a.memory_bandwidth x1.18")
    assert regime_switch(one) == "binding limit switches from latency target to memory capacity at x1.18"
    two = Regime("q", "compute", "memory", "a.b x1.1, c.d x0.9")
    assert regime_switch(two).endswith("at a.b x1.1, c.d x0.9")


def test_roles_that_another_role_implies_are_not_repeated() -> None:
    key = EffectKey((("model", "m"), ("offering", "o"), ("accelerator", "a"), ("provider", "p"), ("memory", "hbm")))
    assert telling_roles(key) == {"model": "m", "offering": "o"}
    assert telling_roles(EffectKey((("accelerator", "a"), ("memory", "hbm")))) == {"accelerator": "a"}


@pytest.mark.parametrize(
    ("part", "said"), [(None, "-"), (0.0, "0 %"), (-1e-17, "0 %"), (0.7213, "72.1 %"), (1.0, "100 %"), (-0.4, "-40 %")]
)
def test_a_share_is_said_in_per_cent(part: float | None, said: str) -> None:
    assert share(part) == said


def test_roles_that_all_combinations_have_in_common_are_found() -> None:
    rows = [{"model": "a", "workload": "x"}, {"model": "a", "workload": "y"}, {"model": "a"}]
    assert common_roles(rows) == {"model": "a"}
    assert common_roles([]) == {}
