"""Golden conversions: each expected number can be checked by hand."""

from __future__ import annotations

import math

import pytest

from downstack.errors import UnitError
from downstack.units import check, commensurable, dimension_in_words, exponents, factor, from_base, to_base


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("1", 1.0),
        ("%", 0.01),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("KiB", 2.0**10),
        ("MiB", 2.0**20),
        ("GiB", 2.0**30),
        ("TiB", 2.0**40),
        ("bit", 0.125),
        ("Gb/s", 1.25e8),
        ("Tb/s", 1.25e11),
        ("Pb/s", 1.25e14),
        ("GB/s", 1e9),
        ("TFLOP/s", 1e12),
        ("PFLOP/s", 1e15),
        ("TOP/s", 1e12),
        ("USD/h", 1 / 3600),
        ("USD/chip/h", 1 / 3600),
        ("USD/Mtoken", 1e-6),
        ("ms/token", 1e-3),
        ("us", 1e-6),
        ("\u00b5s", 1e-6),
        ("ns", 1e-9),
        ("min", 60.0),
        ("day", 86400.0),
        ("year", 31557600.0),
        ("month", 2629800.0),
        ("kWh", 3.6e6),
        ("MHz", 1e6),
        ("W", 1.0),
        ("mm^2", 1e-6),
        ("mm**2", 1e-6),
        ("nm", 1e-9),
        ("defects/cm^2", 1e4),
        ("billion USD", 1e9),
        ("tokens", 1.0),
        ("params", 1.0),
        ("chips", 1.0),
        ("GPUs", 1.0),
        ("dies", 1.0),
        ("tokens/s/GPU", 1.0),
        ("TFLOP/s/(8 chip)", 1.25e11),
    ],
)
def test_a_unit_has_the_factor_that_its_definition_says(unit: str, expected: float) -> None:
    assert factor(unit) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("GB/s/chip", {"byte": 1.0, "second": -1.0, "chip": -1.0}),
        ("TOP/s", {"FLOP": 1.0, "second": -1.0}),
        ("W", {"kilogram": 1.0, "metre": 2.0, "second": -3.0}),
        ("USD/Mtoken", {"USD": 1.0, "token": -1.0}),
        ("FLOP/token/token", {"FLOP": 1.0, "token": -2.0}),
        ("token/sequence", {"token": 1.0, "sequence": -1.0}),
        ("(m/s)^2", {"metre": 2.0, "second": -2.0}),
        ("s^-1", {"second": -1.0}),
        ("byte/byte", {}),
        ("layers", {}),
        ("A K mol cd", {"ampere": 1.0, "kelvin": 1.0, "mole": 1.0, "candela": 1.0}),
    ],
)
def test_a_unit_has_the_dimension_that_its_definition_says(unit: str, expected: dict[str, float]) -> None:
    assert exponents(unit) == expected


def test_changing_the_answer_of_exponents_does_not_change_the_next_answer() -> None:
    exponents("GB/s")["byte"] = 7.0
    assert exponents("GB/s") == {"byte": 1.0, "second": -1.0}


@pytest.mark.parametrize(
    ("base_unit", "forms"),
    [
        ("byte/s/chip", [(4800.0, "GB/s"), (4.8, "TB/s"), (38400.0, "Gb/s"), (4.8e12, "byte/s/chip")]),
        ("byte/chip", [(150.994944, "GB"), (140.625, "GiB"), (1207.959552, "Gb")]),
        ("USD/s/chip", [(3.6, "USD/h"), (86.4, "USD/day"), (0.001, "USD/s"), (2629.8, "USD/month")]),
        ("FLOP/s/chip", [(1.979, "PFLOP/s"), (1979.0, "TFLOP/s"), (1979.0, "TOP/s/chip")]),
        ("1/chip", [(0.5, "1"), (50.0, "%"), (0.5, "stacks/chip")]),
        ("J/token", [(0.36, "J/token"), (1e-7, "kWh/token"), (0.36, "MW s/Mtoken")]),
    ],
)
def test_the_same_fact_in_several_units_is_the_same_number(base_unit: str, forms: list[tuple[float, str]]) -> None:
    values = [to_base(value, unit, base_unit=base_unit, implied_denominator="chip") for value, unit in forms]
    assert all(value == pytest.approx(values[0], rel=1e-12) for value in values)


def test_decimal_and_binary_capacities_differ() -> None:
    decimal = to_base(80.0, "GB", base_unit="byte/chip", implied_denominator="chip")
    binary = to_base(80.0, "GiB", base_unit="byte/chip", implied_denominator="chip")
    assert binary / decimal == pytest.approx(1.073741824, rel=1e-15)


@pytest.mark.parametrize("unit", ["GB/s", "TFLOP/s", "USD/Mtoken", "GiB", "%", "USD/h", "kWh", "mm^2"])
def test_from_base_undoes_to_base(unit: str) -> None:
    base = unit.replace("G", "").replace("T", "").replace("M", "").replace("i", "").replace("mm", "m")
    assert from_base(to_base(12.5, unit, base_unit=base), unit, base_unit=base) == pytest.approx(12.5, rel=1e-12)


def test_the_implied_denominator_is_only_used_when_it_is_missing() -> None:
    assert to_base(2.0, "GB/s/chip", base_unit="byte/s/chip", implied_denominator="chip") == 2e9
    assert to_base(2.0, "GB/s", base_unit="byte/s/chip", implied_denominator="chip") == 2e9
    assert from_base(2e9, "GB/s", base_unit="byte/s/chip", implied_denominator="chip") == 2.0
    assert to_base(131072.0, "tokens", base_unit="token/sequence", implied_denominator="sequence") == 131072.0


def test_without_an_implied_denominator_a_missing_one_is_refused() -> None:
    with pytest.raises(UnitError, match="measures byte per second, but 'byte/s/chip' is byte per chip per second"):
        to_base(4800.0, "GB/s", base_unit="byte/s/chip")


def test_an_implied_denominator_does_not_excuse_another_dimension() -> None:
    with pytest.raises(UnitError, match=r"'W' measures .*, but 'byte/s/chip'") as caught:
        to_base(700.0, "W", base_unit="byte/s/chip", implied_denominator="chip")
    assert "give the value in a unit of byte/s/chip" in str(caught.value)


def test_commensurable_tells_units_of_one_dimension() -> None:
    assert commensurable("Gb/s", "byte/s")
    assert commensurable("Gb/s", "byte/s/chip", "chip")
    assert not commensurable("Gb", "byte/s")
    assert not commensurable("FLOP", "byte")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(UnitError, match="not a finite number"):
        to_base(value, "GB", base_unit="byte")
    with pytest.raises(UnitError, match="not a finite number"):
        from_base(value, "GB", base_unit="byte")


def test_a_value_that_overflows_in_base_units_is_refused() -> None:
    with pytest.raises(UnitError, match="not a finite number"):
        to_base(1e308, "GB", base_unit="byte")


@pytest.mark.parametrize(
    ("unit", "hint"),
    [
        ("tokn", "nearest: token"),
        ("gb/s", "nearest: GB, Gb"),
        ("KB", "write kB for 1000 bytes or KiB for 1024"),
        ("TFLOPS", "write TFLOP/s"),
        ("Gbps", "write Gb/s"),
        ("degC", "give it in K"),
    ],
)
def test_an_unknown_unit_names_what_was_probably_meant(unit: str, hint: str) -> None:
    with pytest.raises(UnitError, match="unknown unit") as caught:
        check(unit)
    assert hint in caught.value.hint


def test_dimensions_are_said_in_words() -> None:
    assert dimension_in_words("GB/s/chip") == "byte per chip per second"
    assert dimension_in_words("1") == "a pure number"
    assert dimension_in_words("FLOP/token/token") == "FLOP per token^2"
