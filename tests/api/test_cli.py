"""The command line as a person or a script meets it: output, errors, exit status."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.api.operations.process import NO_TLS
from tests.commands import downstack, downstack_process, environment

CHANGE = "nvidia-h200-sxm.memory_bandwidth=x1.4"
NARROW = ("--where", "model=llama-3.1-70b", "--where", "framework=vllm")
BROKEN = "@prefix ds: <https://w3id.org/downstack/id/> .\nds:tsmc a ds:\n"


def test_only_the_commands_of_this_version_are_listed() -> None:
    shown = downstack_process("--help")
    assert shown.returncode == 0
    commands = shown.stdout.partition("Commands")[2]
    listed = set(re.findall(r"^│ ([a-z]+)", commands, flags=re.MULTILINE))
    assert listed == {
        "serve",
        "impact",
        "explain",
        "copy",
        "backup",
        "restore",
        "export",
        "sensitivity",
        "shock",
        "solve",
        "compare",
        "deployments",
        "diff",
        "journey",
        "dependencies",
        "paths",
        "sparql",
        "query",
        "validate",
        "evaluate",
        "releases",
        "load",
        "mcp",
        "token",
    }


def test_impact_prints_a_table_with_base_scenario_change_and_status() -> None:
    shown = downstack("impact", CHANGE, "--target", "decode_tokens_per_second", *NARROW)
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert "nvidia-h200-sxm.memory_bandwidth x1.4" in shown.stdout
    assert re.search(r"decode_tokens_per_second +[\d.,]+ +[\d.,]+ +token/s +\+[\d.]+ % +OK", shown.stdout)


def test_impact_as_json_is_one_document_on_standard_output() -> None:
    shown = downstack("impact", CHANGE, "--target", "decode_tokens_per_second", *NARROW, "--json")
    assert shown.returncode == 0
    assert shown.stderr == ""
    found = json.loads(shown.stdout)
    assert found["changes"] == ["nvidia-h200-sxm.memory_bandwidth x1.4"]
    assert found["effects"]


def test_a_change_that_reaches_no_target_says_why() -> None:
    shown = downstack("impact", CHANGE, "--target", "weight_bytes")
    assert shown.returncode == 0
    assert "not reached: weight_bytes:" in shown.stdout


def test_explain_prints_the_formula_its_citation_and_the_facts_with_their_sources() -> None:
    shown = downstack("explain", "llama-3.1-70b.kv_cache_bytes_per_token")
    assert shown.returncode == 0, shown.stderr
    assert "kv_cache_bytes_per_token = " in shown.stdout
    assert re.search(r"fact: 80; .+, .*\d{4}.*, datasheet", shown.stdout)
    assert "arXiv" in shown.stdout


def test_explain_takes_a_quantity_with_filters_and_says_what_binds() -> None:
    shown = downstack("explain", "max_concurrent_sequences", *NARROW, "--where", "offering=aws-p5en-48xlarge")
    assert shown.returncode == 0, shown.stderr
    assert "combinations" in shown.stdout
    assert "is bound by" in shown.stdout


def test_explain_as_json_unfolds_to_facts() -> None:
    found = json.loads(downstack("explain", "llama-3.1-70b.total_parameters", "--json").stdout)
    assert found["value"] > 0
    assert found["trace"]["function"]["citation"]
    assert found["trace"]["inputs"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("impact",),
        ("impact", "nvidia-h200-sxm"),
        ("impact", "memory_bandwidth=x1.4"),
        ("impact", "nvidia-h200-sxm.memory_bandwidth=fast"),
        ("impact", CHANGE, "--where", "llama"),
        ("impact", CHANGE, "--no-such-option"),
        ("explain",),
        ("explain", "a.b", "--where", "=x"),
        ("sensitivity",),
        ("sensitivity", "memory_bandwidth", "--first", "0"),
        ("solve", "decode_tokens_per_second=100"),
        ("solve", "decode_tokens_per_second", "--vary", "nvidia-h200-sxm.memory_bandwidth"),
        ("solve", "decode_tokens_per_second=", "--vary", "nvidia-h200-sxm.memory_bandwidth"),
        ("solve", "decode_tokens_per_second=100", "--vary", "memory_bandwidth"),
        ("serve", "--port", "0"),
        ("no-such-command",),
    ],
)
def test_a_command_line_that_cannot_be_read_exits_with_2(words: tuple[str, ...]) -> None:
    shown = downstack(*words)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("impact", "nvidia-h20-sxm.memory_bandwidth=x1.4"), "nvidia-h200-sxm"),
        (("impact", "nvidia-h200-sxm.memory_bandwith=x1.4"), "memory_bandwidth"),
        (("impact", "nvidia-h200-sxm.memory_bandwidth=x-1"), "positive"),
        (("impact", "nvidia-h200-sxm.memory_bandwidth=xnan"), "finite"),
        (("impact", "nvidia-h200-sxm.memory_bandwidth=4kg"), "hint"),
        (("impact", CHANGE, "--samples", "-1"), "samples"),
        (("impact", CHANGE, "--where", "modell=llama-3.1-70b"), "model"),
        (("explain", "tsmc.memory_bandwidth"), "Accelerator"),
        (("explain", CHANGE.partition("=")[0], "--as-of", "yesterday"), "YYYY-MM-DD"),
        (("serve", "--host", "0.0.0.0"), "--public-read-only"),
    ],
)
def test_a_question_that_fails_exits_with_1_and_a_hint_on_standard_error(words: tuple[str, ...], said: str) -> None:
    shown = downstack(*words)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("error: ")
    assert "hint: " in shown.stderr
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr


def test_an_error_as_json_is_on_standard_output_and_said_on_standard_error() -> None:
    shown = downstack("explain", "nvidia-h20-sxm.memory_bandwidth", "--json")
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["error"]["code"] == "NOT_FOUND"
    assert "error: " in shown.stderr


def test_the_bundled_knowledge_is_valid() -> None:
    shown = downstack("validate", "--json")
    found = json.loads(shown.stdout)
    assert (found["valid"], found["errors"]) == (True, 0)
    assert {item["severity"] for item in found["findings"]} <= {"warning", "note"}
    assert shown.returncode == 0


def test_a_broken_file_is_named_with_its_line_and_fails(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text(BROKEN, encoding="utf-8")
    shown = downstack("validate", str(tmp_path / "broken.ttl"))
    assert shown.returncode == 1
    assert "broken.ttl" in shown.stdout
    as_json = downstack("validate", str(tmp_path / "broken.ttl"), "--json")
    found = json.loads(as_json.stdout)
    assert as_json.returncode == 1
    assert found["valid"] is False
    assert found["findings"][0]["remedy"]


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_store_that_cannot_be_loaded_fails_with_the_findings(tmp_path: Path, how: str) -> None:
    (tmp_path / "broken.ttl").write_text(BROKEN, encoding="utf-8")
    words = ["explain", "llama-3.1-70b.total_parameters"]
    if how == "option":
        shown = downstack(*words, "--store", str(tmp_path))
    else:
        shown = downstack(*words, DOWNSTACK_STORE=str(tmp_path))
    assert shown.returncode == 1
    assert "broken.ttl" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_serve_listens_answers_and_stops_when_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = subprocess.Popen(
        [sys.executable, "-m", "downstack.cli", "serve"],
        env=environment(DOWNSTACK_PORT=str(port)),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60.0
        while True:
            assert service.poll() is None, service.stderr.read() if service.stderr else ""
            assert time.monotonic() < deadline, "the service did not start"
            try:
                ready = httpx.get(f"{url}/readyz", verify=NO_TLS)
                break
            except httpx.TransportError:
                threading.Event().wait(0.05)
        assert ready.json()["status"] == "ready"
        assert httpx.get(f"{url}/healthz", headers={"host": "rebound.example"}).status_code == 400
        service.send_signal(signal.SIGINT)
        assert service.wait(120) in (0, -signal.SIGINT, 130)
    finally:
        if service.poll() is None:
            service.kill()
        service.wait()
        if service.stderr is not None:
            service.stderr.close()


def test_export_writes_a_plan_that_runs_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "the plan"
    words = ("export", "plan", str(path), "--target", "decode_tokens_per_second", *NARROW)
    shown = downstack(*words)
    assert shown.returncode == 0, shown.stderr
    assert f"{path}.json and {path}.npz: " in shown.stdout
    answer = json.loads(downstack(*words, "--json").stdout)
    assert answer["files"] == [f"{path}.json", f"{path}.npz"]
    (command,) = shlex.split(shown.stdout.partition("run it: python -c ")[2].splitlines()[0])
    ran = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert ran.returncode == 0, ran.stderr
    assert downstack("export", "plan", str(path)).returncode == 2
    assert downstack("export", "xlsx", str(path)).returncode == 2
