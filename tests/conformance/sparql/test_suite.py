"""The W3C test suite for SPARQL 1.1 and 1.0, asked over HTTP as any client would ask.

What is refused on purpose is refused, test by test (``REFUSED``); what Oxigraph itself answers otherwise is listed with the
reason (``OTHERWISE``); everything else must be as the suite says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from fastapi import FastAPI
from tests.api.serving import running
from tests.conformance.sparql.differences import ANY_ORDER, OTHERWISE, REFUSED
from tests.conformance.sparql.results import as_graph, cells, expected, graph, in_order, solutions
from tests.conformance.sparql.suite import EVALUATION, NEGATIVE, POSITIVE, Case, cases

from downstack.graph.sparql.origin import QuadsOrigin
from downstack.graph.sparql.refusals import check_query
from downstack.sparql.http import sparql_router

CASES = cases()
ACCEPT = {
    "srx": ("application/sparql-results+xml", ox.QueryResultsFormat.XML),
    "srj": ("application/sparql-results+json", ox.QueryResultsFormat.JSON),
    "tsv": ("text/tab-separated-values", ox.QueryResultsFormat.TSV),
}


@dataclass
class Served:
    """The data of one test, in the place where the graph is otherwise."""

    version: str
    origin: QuadsOrigin


class Suite:
    """A service whose graph is swapped for the data of each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._served: Served | None = None
        self.app = FastAPI()
        self.app.include_router(sparql_router(lambda: self._now))

    @property
    def _now(self) -> Served:
        assert self._served is not None
        return self._served

    def serve(self, case: Case) -> None:
        content = ox.serialize(case.quads, format=ox.RdfFormat.N_QUADS) or b""
        version = hashlib.sha256(content).hexdigest()[:16]
        if self._served is not None and self._served.version == version:
            return
        file = self._folder / f"{version}.nq"
        file.write_bytes(content)
        self._served = Served(version, QuadsOrigin(version, str(file)))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return Suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def client(suite: Suite) -> Iterator[httpx.Client]:
    with running(suite.app, lifespan="on") as url, httpx.Client(base_url=url, timeout=60.0) as session:
        yield session


def listed(kinds: frozenset[str]) -> list[Case]:
    return [case for case in CASES if case.kind in kinds and case.id not in REFUSED]


def marked(kinds: frozenset[str]) -> list[object]:
    # The data of a test are often those of the one before.
    found = sorted(listed(kinds), key=lambda case: (case.data, case.named))
    return [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(reason=OTHERWISE[case.id], strict=True)] if case.id in OTHERWISE else [],
        )
        for case in found
    ]


@pytest.mark.parametrize("case", marked(EVALUATION))
def test_the_answer_is_the_one_of_the_suite(case: Case, suite: Suite, client: httpx.Client) -> None:
    suite.serve(case)
    form = check_query(case.text)
    assert case.result is not None
    kind = case.result.rpartition(".")[2]
    accept = {"csv": "text/csv", **{name: media for name, (media, _) in ACCEPT.items()}}.get(kind)
    if accept is None:
        accept = "application/n-triples" if form in ("CONSTRUCT", "DESCRIBE") else ACCEPT["srj"][0]
    answer = client.post("/sparql", data={"query": case.text}, headers={"accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == accept
    wanted = expected(case.result, form)
    if isinstance(wanted, ox.Dataset):
        assert graph(quad.triple for quad in ox.parse(answer.content, format=ox.RdfFormat.N_TRIPLES)) == wanted
        return
    found = cells(answer.content) if kind == "csv" else solutions(answer.content, ACCEPT.get(kind, ACCEPT["srj"])[1])
    if isinstance(wanted, bool) or isinstance(found, bool):
        assert found == wanted
        return
    if "ORDER BY" in case.text.upper() and case.id not in ANY_ORDER:
        assert in_order(found) == in_order(wanted)
    if "REDUCED" in case.text.upper():
        assert {tuple(sorted(row.items())) for row in in_order(found)} == {
            tuple(sorted(row.items())) for row in in_order(wanted)
        }
        return
    assert as_graph(found) == as_graph(wanted)


@pytest.mark.parametrize("case", marked(POSITIVE))
def test_a_query_is_understood(case: Case, suite: Suite, client: httpx.Client) -> None:
    suite.serve(case)
    answer = client.get("/sparql", params={"query": case.text})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("case", marked(NEGATIVE))
def test_what_is_no_query_is_refused(case: Case, suite: Suite, client: httpx.Client) -> None:
    suite.serve(case)
    text = case.text
    answer = client.post("/sparql", content=text.encode(), headers={"content-type": "application/sparql-query"})
    assert answer.status_code == 400, text
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_on_purpose_says_so(name: str, suite: Suite, client: httpx.Client) -> None:
    (case,) = [case for case in CASES if case.id == name]
    suite.serve(case)
    answer = client.post("/sparql", data={"query": case.text})
    assert answer.status_code == 400
    assert re.search(REFUSED[name], answer.json()["errors"][0]["message"])


def test_the_suite_is_whole() -> None:
    assert len(CASES) > 500
    assert set(REFUSED) | set(OTHERWISE) <= {case.id for case in CASES}
    assert not set(REFUSED) & set(OTHERWISE)
