"""Each command does in a process of its own what it does in one that has run many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.api.test_cli import CHANGE, NARROW
from tests.commands import CHECKOUT, downstack, downstack_process
from tests.loaders.small import by_hand

from downstack.graph.releases import read_history

TIME = re.compile(r", [\d.,]+ ms$", re.MULTILINE)
COST = "cost_per_million_output_tokens"
SCENARIO = f"faster={CHANGE}"
BANDWIDTH = CHANGE.partition("=")[0]
VARIABLES = '{"changes": [{"entity": "nvidia-h200-sxm", "quantity": "memory_bandwidth", "op": "SCALE", "value": 1.4}]}'

ASKED = [
    ("impact", CHANGE, "--target", COST, *NARROW, "--samples", "40", "--flows"),
    ("explain", COST, *NARROW, "--where", "offering=aws-p5en-48xlarge"),
    ("sensitivity", COST, *NARROW, "--where", "offering=aws-p5en-48xlarge", "--where", "workload=azure-2023-conv"),
    ("solve", f"{COST}=0.5", "--vary", BANDWIDTH, *NARROW, "--where", "offering=aws-p5en-48xlarge"),
    ("compare", "--scenario", SCENARIO, "--target", COST, *NARROW, "--samples", "40"),
    ("shock", "tsmc-cowos=-30%", "--months", "6"),
    ("journey", "gemini-app", "--accelerator", "google-tpu-v6e", "--model", "llama-3.1-70b", "--samples", "40"),
    ("deployments", "llama-3.1-70b", "--tpot", "30"),
    ("dependencies", "nvidia-h200-sxm", "--down"),
    ("paths", "chatgpt", "sk-hynix"),
    ("evaluate", str(CHECKOUT / "benchmarks" / "measurements" / "open.csv")),
    ("query", str(CHECKOUT / "docs" / "examples" / "first-question.graphql"), "--variables", VARIABLES),
    ("sparql", str(CHECKOUT / "ontology" / "questions" / "layer-7-process-nodes.rq")),
    ("export", "jsonld", "--entity", "nvidia-h200-sxm"),
    ("validate", "--rules"),
]


@pytest.mark.parametrize("words", ASKED, ids=lambda words: words[0])
def test_a_command_says_the_same_in_a_process_of_its_own(words: tuple[str, ...]) -> None:
    alone, here = downstack_process(*words), downstack(*words)
    assert (alone.returncode, alone.stderr) == (here.returncode, here.stderr) == (0, "")
    assert TIME.sub("", alone.stdout) == TIME.sub("", here.stdout) != ""


def test_the_commands_that_write_do_so_in_processes_of_their_own(tmp_path: Path) -> None:
    store, directory, backup, again = (str(tmp_path / name) for name in ("store", "directory", "backup", "again"))
    by_hand(Path(store))
    tokens = str(tmp_path / "tokens.toml")
    for words in (
        ("load", "facts-csv", str(CHECKOUT / "docs" / "examples" / "chip.csv"), "--store", store),
        ("copy", store, directory),
        ("backup", directory, backup),
        ("restore", backup, again),
        ("token", "new", "somebody", "--role", "read", "--tokens-file", tokens),
    ):
        done = downstack_process(*words)
        assert done.returncode == 0, (words, done.stderr)
        assert done.stdout
    listed = downstack_process("releases", "--store", again)
    newest = read_history(Path(store))[-1].id
    assert newest in listed.stdout
    found = downstack_process("diff", read_history(Path(store))[0].id, newest, "--store", store)
    assert "example-x1" in found.stdout
