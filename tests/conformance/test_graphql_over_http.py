"""The service conforms to GraphQL over HTTP, by the audits of the reference implementation."""

from __future__ import annotations

from tests.conformance.node import run_script

AUDITS = 61
"""Of the locked version of graphql-http."""


def test_every_audit_of_the_reference_implementation_holds(url: str) -> None:
    results = run_script("graphql_over_http.mjs", f"{url}/graphql")
    assert [item for item in results if item["status"] != "ok"] == []
    assert len(results) == AUDITS
