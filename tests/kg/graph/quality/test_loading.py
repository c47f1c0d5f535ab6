"""An error of plausibility refuses a load; a warning is said about what somebody brings, and not about what is bundled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import downstack

from downstack.errors import KnowledgeError, UnknownNameError
from downstack.kg import KnowledgeGraph

from .small import HEAD, line
from .test_rules import DATASHEET, fact

SOURCE = """
src:review a dso:Source ;
    dcterms:title "A review" ;
    dso:reference "https://example.org/review" ;
    dso:retrieved "2026-07-01" .
"""
TOO_FAST = SOURCE + fact("nvidia-h200-sxm", "memoryBandwidth", "9.6e0", "TB/s", DATASHEET)
DIFFERENT = SOURCE + fact("nvidia-h200-sxm", "thermalDesignPower", "500.0e0", "W", DATASHEET)


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.ttl"
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def test_a_store_whose_numbers_cannot_be_is_refused(tmp_path: Path) -> None:
    """A pin of HBM3E cannot move twice its rate, whoever says so."""
    from shutil import copytree

    from downstack.vocabulary import locate

    store = tmp_path / "store"
    for name in ("terms", "facts"):
        copytree(locate() / name, store / name)
    assert KnowledgeGraph.open(store).version
    write(store / "facts", TOO_FAST)
    with pytest.raises(KnowledgeError) as caught:
        KnowledgeGraph.open(store)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.file, finding.line) == (
        "pin-rate",
        "facts/mine.ttl",
        line(TOO_FAST, "dso:value 9.6e0"),
    )
    assert "hbm3e reaches 9.6 Gb/s" in finding.what


def test_what_is_doubtful_is_said_of_the_files_that_are_given_and_refuses_nothing(
    bundled: KnowledgeGraph, tmp_path: Path
) -> None:
    file = write(tmp_path, DIFFERENT)
    findings = bundled.validate([file], rules=["contradiction"])
    assert {item.severity for item in findings} == {"warning"}
    assert {(item.file, item.rule) for item in findings} == {(str(file), "contradiction")}
    assert "nvidia-h200-sxm.thermal_design_power" in findings[0].what
    shown = downstack("validate", str(file), "--rule", "contradiction")
    assert shown.returncode == 0
    assert f"warning {file}:{line(DIFFERENT, 'dso:value 500.0e0')}: sources differ" in shown.stdout
    assert shown.stdout.endswith("1 warning\n")


def test_only_an_error_fails_the_command(tmp_path: Path) -> None:
    file = write(tmp_path, TOO_FAST)
    shown = downstack("validate", str(file), "--json", "--severity", "error")
    found = json.loads(shown.stdout)
    assert (shown.returncode, found["valid"], found["errors"]) == (1, False, 1)
    assert [item["rule"] for item in found["findings"]] == ["pin-rate"]


def test_the_command_lists_its_rules_and_refuses_one_that_it_does_not_know() -> None:
    listed = json.loads(downstack("validate", "--rules", "--json").stdout)["rules"]
    assert {"pin-rate", "contradiction", "orphan"} <= {item["rule"] for item in listed}
    assert "pin-rate" in downstack("validate", "--rules").stdout
    unknown = downstack("validate", "--rule", "pinrate")
    assert unknown.returncode == 1
    assert "unknown rule 'pinrate'" in unknown.stderr


def test_a_rule_that_does_not_exist_is_an_error_of_the_question(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError):
        bundled.validate(rules=["nothing"])
