"""Unit strings come from anyone: nothing but the small grammar may pass."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.errors import UnitError
from downstack.units import check, factor


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "   ",
        "__import__('os').system('true')",
        "().__class__",
        "byte; import os",
        "byte\nbyte",
        "byte\x00",
        "lambda: 1",
        "[byte]",
        "{byte}",
        '"byte"',
        "byte,second",
        "byte=second",
        "GB/",
        "/s",
        "*",
        "GB//s",
        "GB***2",
        "(GB",
        "GB)",
        "()",
        "GB^",
        "GB^s",
        "GB^^2",
        "GB^(1/0)",
        "1.2.3",
        ".5",
        "1e",
        "-1",
        "GB - s",
        "2x",
        "0",
        "0 GB",
        "GB/0",
        "1e400",
        "1e-400",
        "byte^1e9",
        "9^9^9^9",
        "(((((((((byte)))))))))",
        "YB^12 YB^12 YB^12",
        "YB^-12 YB^-12 YB^-12",
        "1e300 * 1e300",
        "nan",
        "inf",
        "pi",
        "x" * 10_000,
        "byte*" * 10_000,
        "\u202egnirts",
        "\uff27\uff22",
        "m\u00b2",
    ],
)
def test_a_hostile_or_malformed_unit_is_refused_at_once(unit: str) -> None:
    start = time.process_time()
    with pytest.raises(UnitError) as caught:
        check(unit)
    assert time.process_time() - start < 0.5
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("unit", [None, 3, 1.5, b"GB"])
def test_a_unit_that_is_not_text_is_refused(unit: object) -> None:
    with pytest.raises(UnitError, match="a unit is text"):
        check(unit)  # type: ignore[arg-type]  # the point of the test


@given(st.text(max_size=100))
def test_any_text_is_either_a_unit_or_a_unit_error(text: str) -> None:
    try:
        value = factor(text)
    except UnitError:
        return
    assert value > 0.0


@given(st.text(alphabet="GBs/*^()12 .-e%", max_size=30))
def test_any_text_near_the_grammar_is_either_a_unit_or_a_unit_error(text: str) -> None:
    try:
        value = factor(text)
    except UnitError:
        return
    assert value > 0.0


def test_division_binds_to_the_next_term_only() -> None:
    assert factor("GB/s chip") == factor("GB chip/s")
    assert factor("USD/(chip h)") == factor("USD/chip/h")
    assert factor("MB/kB^2") == pytest.approx(1.0)


def test_importing_the_package_does_not_load_the_unit_library() -> None:
    code = "import sys, downstack.units; sys.exit('pint' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)}).returncode
        == 0
    )
