"""The pages on running the service say what there is: settings, doors, metrics, commands."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.deploy.reading import DOORS, check_command
from tests.docs.test_readme import ROOT

from downstack.graphql.schema import root_fields
from downstack.server.metrics import ServiceMetrics
from downstack.server.settings_page import settings_page

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def test_the_page_of_settings_is_that_of_the_settings() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_every_setting_that_is_named_exists() -> None:
    assert set(re.findall(r"DOWNSTACK_[A-Z_]+", PAGE)) <= set(re.findall(r"DOWNSTACK_[A-Z_]+", settings_page()))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_parsed(command: str) -> None:
    words = shlex.split(command)
    check_command(words[words.index("downstack") + 1 :])


def test_all_metrics_are_listed_and_no_others() -> None:
    metrics = ServiceMetrics(root_fields())
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
        if family.name.startswith("downstack_")
    }
    listed = set(re.findall(r"^\| `(downstack_\w+)`", PAGE, re.MULTILINE))
    # What workers have in place of the metrics of one process.
    assert listed == there | {"downstack_resident_memory_bytes"}


def test_the_doors_are_listed() -> None:
    assert set(re.findall(r"^\| `(/\w+)`", PAGE, re.MULTILINE)) == set(DOORS)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_to_files(target: str) -> None:
    assert (ROOT / "docs" / target).exists()


def test_what_can_go_wrong_names_the_tests_that_show_it() -> None:
    section = PAGE.partition("## When something is wrong around it")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+/test_\w+\.py)`", section)
    assert len(named) >= 6
    assert all((ROOT / "tests" / "api" / name).exists() for name in named)
