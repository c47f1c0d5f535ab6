"""Every command of docs/accuracy.md is run."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from tests.docs.shell import shell
from tests.docs.test_readme import ROOT, run

PAGE = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_the_command_that_predicts_and_those_that_fit() -> None:
    assert [command.split()[0] for command in COMMANDS] == ["downstack", "python", "python"]
    assert PAGE.count("```") == 2 * len(COMMANDS)


def test_the_command_that_predicts_prints_each_kind() -> None:
    printed = shell(COMMANDS[0])
    assert "serving_throughput" in printed and "graph " in printed


def test_the_command_that_fits_fits_what_it_is_given(tmp_path: Path) -> None:
    """Run it on a few rows and without writing: a fit on all takes minutes."""
    rows = (ROOT / "benchmarks" / "measurements" / "open.csv").read_text(encoding="utf-8").splitlines()
    few = tmp_path / "few.csv"
    few.write_text(
        "\n".join([rows[0], *(row for row in rows[1:] if ",op_latency,GEMM" in row)]) + "\n", encoding="utf-8"
    )
    command = COMMANDS[1].replace("benchmarks/measurements/open.csv SERVING.csv", str(few))
    assert command != COMMANDS[1]
    printed = run([sys.executable, *command.split()[1:], "--dry-run"])
    assert "| matrix products | nothing |" in printed


def test_the_command_that_says_what_trades_off_prints_a_group() -> None:
    """Run it without the rows that do not ship, and without writing."""
    command = COMMANDS[2].replace(" SERVING.csv", "")
    assert command != COMMANDS[2]
    printed = run([sys.executable, *command.split()[1:], "--dry-run"])
    assert "a dso:CorrelationGroup" in printed and "fitted_layer_time" in printed


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_to_files(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
