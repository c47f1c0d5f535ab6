"""Every command and every program of the page about SPARQL runs, and its numbers are those of the code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.api.serving import running
from tests.commands import environment
from tests.conftest import require
from tests.docs.shell import shell

from downstack.cli.sparql import MAX_BYTES, QueryFormat
from downstack.errors import QueryError, QueryLimitError, QuerySizeError, QueryTimeError, UnavailableError
from downstack.graph.sparql.formats import GRAPHS, SOLUTIONS
from downstack.graph.sparql.limits import MAX_NESTING, MAX_QUERY_BYTES, QueryLimits
from downstack.kg import KnowledgeGraph
from downstack.server import create_app
from downstack.sparql.http import status_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sparql.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (downstack .+)$", PAGE, re.MULTILINE)
REQUESTS = re.findall(r"^\$ (curl .+)$", PAGE, re.MULTILINE)
QUERIES = dict(re.findall(r"```sparql file=(\S+)\n(.*?)```", PAGE, re.DOTALL))
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PLACE = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in QUERIES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def url(bundled: KnowledgeGraph) -> Iterator[str]:
    with running(create_app(bundled), lifespan="on") as address:
        yield address


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_the_commands_run(folder: Path) -> None:
    said = [shell(item, folder) for item in COMMANDS]
    table, csv, document, nothing = said
    assert nothing == ""
    assert (folder / "largest-memory.csv").read_text(encoding="utf-8").splitlines() == csv.splitlines()
    assert "label" in table.splitlines()[0]
    assert "3 rows of graph " in table
    assert csv.splitlines()[0] == "label,bytes"
    assert len(csv.splitlines()) == 4
    assert len(json.loads(document)["results"]["bindings"]) == 3


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_is_answered(request_: str, folder: Path, url: str) -> None:
    require(shutil.which("curl"), "curl is not installed")
    said = run(shlex.split(request_.replace(PLACE, url)), folder)
    assert '"boolean":true' in said or "label" in said
    assert "errors" not in said


def test_the_program_serves_sparql() -> None:
    (program,) = PROGRAMS
    made: dict[str, object] = {}
    exec(compile(program, "sparql.md", "exec"), made)
    app = made["app"]
    assert isinstance(app, FastAPI)
    with running(app, lifespan="on") as address, httpx.Client(base_url=address, timeout=90.0) as client:
        assert client.get("/sparql", params={"query": "ASK { ds:tsmc a dso:Company }"}).json()["boolean"] is True


def test_the_page_names_every_format_and_every_bound() -> None:
    assert all(f"`{item.media_type}`" in PAGE for item in (*SOLUTIONS, *GRAPHS))
    assert all(f"`{name}`" in PAGE for name in QueryFormat)
    limits = QueryLimits()
    assert f"stopped after {limits.seconds:g} seconds" in PAGE
    assert f"more than {MAX_NESTING} levels" in PAGE
    assert f"more than {MAX_QUERY_BYTES // 1024} KiB" in PAGE
    assert f"longer than {limits.answer // 10**6} MB" in PAGE
    assert f"`--max-bytes` a longer answer than {MAX_BYTES // 10**6} MB" in PAGE
    assert f"up to {limits.whole // 2**20} MiB is held until it is whole" in PAGE
    assert f"has {limits.memory // 2**20} MiB beyond the graph" in PAGE
    assert f"{limits.waiting} queries wait" in PAGE
    assert f"run at a time ({limits.workers})" in PAGE


@pytest.mark.parametrize(
    "error", [QueryError("x"), QueryLimitError("x"), QuerySizeError("x"), QueryTimeError("x"), UnavailableError("x")]
)
def test_the_page_has_a_row_for_every_status(error: QueryError | UnavailableError) -> None:
    assert f"| {status_of(error)} | `{error.code}` |" in PAGE
