"""A document is refused for what it would cost, quickly, and the service goes on answering."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse

from downstack.graphql.cost import Estimate
from downstack.graphql.documents import Documents, Prepared
from downstack.graphql.guards import Guards
from downstack.graphql.schema import build_schema

MAX_BODY = Guards().request_bytes


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer["errors"]}


def spreading(count: int) -> str:
    """Fragments that each spread the next twice: 2 to the power of `count` fields when written out."""
    parts = [f"fragment f{i} on Query {{ a: graph {{ version }} ...f{i + 1} ...f{i + 1} }}" for i in range(count)]
    return "{ ...f0 } " + " ".join(parts) + f" fragment f{count} on Query {{ graph {{ version }} }}"


DEEP = '{ value(quantity: "total_parameters") { trace ' + "{ inputs " * 30 + "{ value }" + " }" * 30 + " } }"
REFUSED = {
    "a thousand aliases": "{" + " ".join(f"a{i}: graph {{ version }}" for i in range(1_000)) + "}",
    "more root fields than a question needs": "{" + " ".join(f"a{i}: __typename" for i in range(30)) + "}",
    "thirty levels": DEEP,
    "a list in a list in a list": """{ entities(first: 100) { nodes { facts { entity { facts { entity { facts {
      entity { facts { id } } } } } } } } } }""",
    "fragments that double thirty times": spreading(30),
    "ten thousand fields": "{" + " __typename" * 10_000 + "}",
    "five thousand directives": "{ __typename " + "@include(if: true) " * 5_000 + "}",
    "a list literal five thousand deep": "{ entity(id: " + "[" * 5_000 + "]" * 5_000 + ") { slug } }",
    "five thousand levels": "{ layers " * 5_000 + "}" * 5_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_costs_too_much_is_refused(post: Any, client: httpx.Client, name: str) -> None:
    answer = post(REFUSED[name])
    assert codes(answer) == {"TOO_COMPLEX"}
    assert "data" not in answer
    assert len(answer["errors"]) <= 5
    assert client.get("/healthz").text == "ok\n"


def documents() -> Documents:
    return build_schema().documents


def refusal(query: str, **variables: Any) -> GraphQLError | None:
    prepared = documents().look(query)
    if prepared.errors:
        return prepared.errors[0]
    return next(iter(prepared.refusals(None, variables)), None)


@pytest.mark.parametrize("count", [25, 60, 500])
def test_the_estimate_looks_at_each_node_once_where_written_out_it_would_be_exponential(count: int) -> None:
    document = parse(spreading(count) if count < 500 else spreading(60))
    (operation,) = (item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    estimate = Estimate(build_schema().graphql, document, {})
    size = estimate.operation(operation)
    nodes = sum(len(item.selection_set.selections) for item in document.definitions)  # type: ignore[attr-defined]
    fields = sum(len(item.selection_set.selections) - 2 for item in document.definitions[1:])  # type: ignore[attr-defined]
    assert size.fields > 2 ** min(count, 60)
    assert estimate.visited <= nodes + fields + 2


@pytest.mark.parametrize("size", ["last: 100", "first: null, last: 100", "last: $n", "first: 1, last: $n"])
def test_a_page_backwards_counts_like_one_forwards(size: str) -> None:
    deep = "facts { source { title } entity { facts { entity { facts { id } } } } }"
    query = f"query ($n: Int = 100) {{ entities({size}) {{ nodes {{ {deep} }} }} }}"
    assert refusal(query, n=100) is not None


def test_the_page_size_of_a_variable_counts_as_what_it_is() -> None:
    wide = (
        """query ($n: Int%s) { entities(first: $n) { nodes { facts { source { title } entity { facts { id } } } } } }"""
    )
    deeper = wide.replace("{ id }", "{ entity { facts { id } } }")
    assert refusal(deeper % "", n=1) is None
    assert refusal(deeper % "", n=100) is not None
    assert refusal(deeper % " = 1") is None
    assert refusal(deeper % " = 100") is not None
    assert refusal(deeper % " = 100", n=1) is None
    # No variable can ask for more than a page may have, and none makes a list shorter than one.
    assert refusal(deeper % "", n=10**9) is not None
    assert refusal(deeper % "", n=-5) is None


def test_an_estimate_that_rests_on_variables_is_kept_for_each_set_of_values_that_matter() -> None:
    prepared = documents().look(
        "query ($n: Int, $t: String!) { entities(first: $n) { nodes { slug } } search(text: $t) { score } }"
    )
    operation = prepared.operations[None]
    small, large = operation.size({"n": 1, "t": "a"})[0], operation.size({"n": 100, "t": "a"})[0]
    assert large.cost > small.cost
    assert operation.size({"n": 1, "t": "b"})[0] is small
    for number in range(1, 100):
        operation.size({"n": number, "t": "a"})
    assert len(operation._sizes) <= 16


EFFECTS = """{ impact(changes: [], samples: %s) { effects(first: %d) { nodes {
  quantity { id } ratio band { p10 p90 } %s } } } }"""
WAYS = "flows(first: 100) { from to amount } paths { steps amount } otherPaths"


def test_dividing_every_effect_of_a_page_is_not_free() -> None:
    once = EFFECTS % (0, 100, WAYS)
    assert refusal(once) is None
    thrice = f"{{ {' '.join(f'a{place}: {once[1:-1]}' for place in range(3))} }}"
    assert refusal(thrice) is not None
    assert refusal(thrice.replace(WAYS, "unit")) is None


def test_samples_cost_as_many_as_there_are() -> None:
    questions = [
        " ".join(f"a{place}: {(EFFECTS % (count, 1, ''))[1:-1]}" for place in range(10)) for count in (0, 9999)
    ]
    assert [refusal(f"{{ {text} }}") is None for text in questions] == [True, False]
    asked = f"query ($n: Int) {{ {questions[0].replace('samples: 0', 'samples: $n')} }}"
    assert refusal(asked, n=0) is None
    assert refusal(asked, n=9_999)


def test_seeking_a_goal_is_not_free() -> None:
    solve = 'solve(target: "t", goal: 1, vary: {entity: "e", quantity: "q"}) { rows { reachable value factor reason } }'
    allowed, refused = (f"{{ {' '.join(f'a{place}: {solve}' for place in range(n))} }}" for n in (10, 20))
    assert refusal(allowed) is None
    assert refusal(refused) is not None


def test_a_fragment_that_spreads_itself_is_refused_by_validation(post: Any) -> None:
    answer = post("{ ...f } fragment f on Query { ...f }")
    assert codes(answer) == {"BAD_USER_INPUT"}


def test_the_explorers_own_questions_are_not_too_large(ask: Any) -> None:
    from graphql import get_introspection_query

    assert ask(get_introspection_query(input_value_deprecation=True))["__schema"]["types"]


def test_a_body_above_the_limit_is_refused_before_it_is_read(client: httpx.Client) -> None:
    body = b'{"query": "{ layers { name } } #' + b"x" * MAX_BODY + b'"}'
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert codes(answer.json()) == {"TOO_COMPLEX"}


def test_a_body_without_a_declared_length_is_counted_while_it_is_read(url: str) -> None:
    def chunks() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    with httpx.Client(base_url=url) as session:
        try:
            answer = session.post("/graphql", content=chunks(), headers={"content-type": "application/json"})
        except httpx.WriteError:
            return  # the service closed the connection instead of reading on
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b"[" * 100_000,
        b'{"query": ' + b"9" * 100_000 + b"}",
        b"null",
        b'"text"',
        b"{}",
        b'{"query": 7}',
        b'{"query": "{ layers { name } }", "variables": 7}',
        b'[{"query": "{ layers { name } }"}]',
        b"",
    ],
)
def test_a_body_that_is_no_question_is_a_bad_request(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert codes(answer.json()) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin-1", ""],
)
def test_only_json_is_taken(client: httpx.Client, media: str) -> None:
    answer = client.post("/graphql", content=b'{"query": "{ layers { name } }"}', headers={"content-type": media})
    assert answer.status_code == 415
    assert codes(answer.json()) == {"BAD_USER_INPUT"}


def test_documents_are_parsed_and_validated_once(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    look = Documents.look

    def counted(self: Documents, text: str) -> Prepared:
        looked.append(text)
        return look(self, text)

    monkeypatch.setattr(Documents, "look", counted)
    for _ in range(3):
        ask("{ layers { number } } # asked thrice")
    assert len(looked) == 1
