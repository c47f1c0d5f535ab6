"""What is numbered in the design has a test that carries its number: failure modes, traps and published numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
NUMBERED = re.compile(r"^def test_t(\d+)_\w+", re.MULTILINE)
FILES = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py"))}
FOUND = {int(number) for text in FILES.values() for number in NUMBERED.findall(text)}
NUMBERS = range(1, 19)
LISTS = {
    "trap": set(range(1, 13)),
    "g": {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 21, 22},
}
"""Traps of models of inference (``test_trap_01_...``), and the list of published numbers (``test_g01_...``)."""


@pytest.mark.parametrize("number", NUMBERS)
def test_every_failure_mode_has_a_test_of_its_number(number: int) -> None:
    assert number in FOUND, f"no test is called test_t{number:02d}_..."


def test_numbers_are_written_with_two_digits_so_that_each_is_found_by_name() -> None:
    written = {name for text in FILES.values() for name in NUMBERED.findall(text)}
    assert written == {f"{number:02d}" for number in FOUND}
    assert set(NUMBERS) >= FOUND


def test_the_table_of_numbers_names_files_that_exist() -> None:
    table = FILES[TESTS / "kg" / "engine" / "test_by_number.py"].partition("from __future__")[0]
    named = re.findall(r"``((?:\w+/)*test_\w+\.py)``", table.partition("``test_numbered")[0])
    assert len(named) > 15
    for name in named:
        assert (TESTS / "kg" / name).exists(), name


@pytest.mark.parametrize(("name", "number"), [(name, number) for name in LISTS for number in sorted(LISTS[name])])
def test_every_trap_and_published_number_has_a_test_of_its_number(name: str, number: int) -> None:
    wanted = f"{name}_{number:02d}" if name == "trap" else f"{name}{number:02d}"
    assert any(re.search(rf"^def test_{wanted}_\w+", text, re.MULTILINE) for text in FILES.values()), (
        f"no test is called test_{wanted}_..."
    )
