"""The file of definitions: complete, unambiguous, and with a comment where a constant stands."""

from __future__ import annotations

import re

import pytest

from downstack.units import exponents, factor
from downstack.units.conversion import BASE_UNITS, REGISTRY_FILE

LINES = [line for line in REGISTRY_FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
DEFINITIONS = [[part.strip() for part in line.partition("#")[0].split("=")] for line in LINES]
PREFIXES = {name.rstrip("-") for parts in DEFINITIONS if parts[0].endswith("-") for name in [parts[0], *parts[2:]]}
NAMES = [name for parts in DEFINITIONS if not parts[0].endswith("-") for name in [parts[0], *parts[2:]] if name != "_"]


def test_every_base_dimension_is_defined_in_the_file() -> None:
    defined = {parts[0] for parts in DEFINITIONS if parts[1].startswith("[")}
    assert defined == set(BASE_UNITS)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_resolves_to_base_units(name: str) -> None:
    assert factor(name) > 0.0
    assert set(exponents(name)) <= set(BASE_UNITS)


def test_no_name_can_also_be_read_as_a_prefix_and_another_unit() -> None:
    known = set(NAMES)
    ambiguous = {
        name: prefix
        for name in NAMES
        for prefix in PREFIXES
        if name.startswith(prefix) and name[len(prefix) :].removesuffix("s") in known - {""}
    }
    assert ambiguous == {"kg": "k"} or ambiguous == {"kg": "k", "kilogram": "kilo"}


def test_every_conversion_constant_has_its_source_on_its_line() -> None:
    section = "\n".join(LINES)
    for name in ("bit", "minute", "hour", "day", "week", "year", "month", "quarter", "tonne", "litre"):
        line = next(line for line in section.splitlines() if line.startswith(f"{name} ="))
        assert re.search(r"#\s+\S", line), f"{name} has no comment"
