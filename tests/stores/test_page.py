"""Every command of the page on stores runs, in order, and does what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.commands import downstack
from tests.stores.replicas import replicas
from tests.stores.virtuoso import PASSWORD, USER, Virtuoso

from downstack.graph.stores import endpoint
from downstack.graph.stores.places import history_of
from downstack.server import watch

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stores.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ downstack (.+)$", PAGE, re.MULTILINE)
ADDRESS = "https://triples.example.org/sparql"


@pytest.mark.slow
def test_the_commands_of_the_page_run(virtuoso: Virtuoso, directory: Path, tmp_path: Path) -> None:
    given = {
        "DOWNSTACK_REMOTE_USER": USER,
        "DOWNSTACK_REMOTE_PASSWORD": PASSWORD,
        "DOWNSTACK_REMOTE_UPDATE": virtuoso.update_url,
    }
    said: list[str] = []
    for command in COMMANDS:
        # What is sent to the server is small, for the sake of time; the rest is the bundled knowledge.
        graph = directory if ADDRESS in command else tmp_path / "my-graph"
        text = command.replace("my-graph", str(graph)).replace("docs/", f"{ROOT}/docs/").replace(ADDRESS, virtuoso.url)
        words = shlex.split(text)
        if words[0] == "serve":
            with replicas(words[-1], 1, **given):
                said.append("")
            continue
        done = downstack(*words, **given)
        assert done.returncode == 0, (command, done.stderr)
        said.append(done.stdout)
    copied, explained, loaded, listed, loaded_value, sent, listed_there, _, saved, restored = said
    assert "now answers with" in copied and virtuoso.url in sent
    assert "4,800 GB/s" in explained and "3,000 GB/s" in loaded_value
    assert "release " in loaded
    assert "facts-csv" in listed and history_of(directory)[-1].id in listed_there
    assert "2 releases" in saved and "2 releases" in restored


def test_the_page_names_every_variable() -> None:
    names = {
        endpoint.USER,
        endpoint.PASSWORD,
        endpoint.TOKEN,
        endpoint.UPDATE,
        endpoint.TIMEOUT,
        endpoint.PLAIN,
        watch.POLL,
    }
    assert names == set(re.findall(r"`(DOWNSTACK_REMOTE_\w+)`", PAGE))
