"""Documents that nobody would write, made from the schema, are answered or refused, and never break the service."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import schemathesis
from graphql import ObjectTypeDefinitionNode, parse
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes
from tests.api.serving import running

from downstack.graphql.schema import schema_text
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

EXAMPLES = 5
SEED = 20_260_101
NOT_TIMED = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)
FIELDS = sorted(
    f"{item.name.value}.{field.name.value}"
    for item in parse(schema_text()).definitions
    if isinstance(item, ObjectTypeDefinitionNode) and item.name.value in ("Query", "Mutation")
    for field in item.fields or ()
)
NAMES = (
    "nvidia-h200-sxm",
    "llama-3.1-70b",
    "tsmc",
    "tsmc-cowos",
    "chatgpt",
    "vllm",
    "memory_bandwidth",
    "decode_tokens_per_second",
    "cost_per_million_output_tokens",
    "dso:memoryBandwidth",
    "ds:openai",
    "no such thing",
    "",
)
"""Most of them exist, so that documents get beyond the first look-up."""
DATES = ("2026", "2026-05", "2025-12-31", "2026-13-01", "tomorrow")


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    schemathesis.graphql.scalar("Date", st.sampled_from(DATES).map(nodes.String))
    schemathesis.graphql.scalar("ID", st.sampled_from(NAMES).map(nodes.String))
    found: list[Any] = list(schemathesis.graphql.from_file(schema_text()).get_all_operations())
    return {operation.label: operation for operation in (result.ok() for result in found)}


@pytest.fixture(scope="module")
def client(bundled: KnowledgeGraph) -> Any:
    with running(create_app(bundled)) as url, httpx.Client(base_url=url, timeout=60.0) as session:
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("field", FIELDS)
def test_a_generated_document_never_breaks_the_service(
    operations: dict[str, Any], client: httpx.Client, field: str
) -> None:
    asked: list[str] = []

    @seed(SEED)
    @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=NOT_TIMED)
    @given(case=operations[field].as_strategy())
    def ask(case: Any) -> None:
        asked.append(case.body)
        answer = client.post("/graphql", json={"query": case.body})
        # As application/json a document that is not valid is refused with 200, which says that JSON was written.
        assert answer.status_code in (200, 400, 401, 413), (answer.status_code, case.body)
        found = json.loads(answer.content)
        codes = {error["extensions"]["code"] for error in found.get("errors", ())}
        assert "INTERNAL" not in codes, (found["errors"], case.body)
        assert found.get("data") or codes, case.body
        if field.startswith("Mutation."):
            # Nobody who is not known changes anything.
            assert not any((found.get("data") or {}).values()), (found, case.body)
            assert codes <= {"UNAUTHENTICATED", "BAD_USER_INPUT", "TOO_COMPLEX"}, (codes, case.body)

    ask()
    assert len(asked) == EXAMPLES
    assert client.get("/healthz").text == "ok\n"


def test_every_field_that_can_be_asked_is_asked(operations: dict[str, Any]) -> None:
    assert set(operations) == set(FIELDS)
    assert len(FIELDS) >= 21
