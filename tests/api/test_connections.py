"""Pages: walking a list visits every item once; a cursor is good for its own list only."""

from __future__ import annotations

from typing import Any

import pytest

from downstack.errors import UserInputError
from downstack.graphql.relay import CursorSigner, paginate
from downstack.kg import KnowledgeGraph

ENTITIES = """query ($first: Int, $after: String, $filter: EntityFilter) {
  entities(first: $first, after: $after, filter: $filter) {
    edges { cursor node { slug } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }"""
EFFECTS = """query ($after: String, $order: EffectOrder) {
  impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: SCALE, value: 1.4}],
         where: {model: ["llama-3.1-70b"], framework: ["vllm"]}) {
    effects(first: 40, after: $after, orderBy: $order) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { quantity { id } key { roles { role slug } } }
    } } }"""


def test_walking_the_pages_visits_every_entity_once(ask: Any, kg: KnowledgeGraph) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = ask(ENTITIES, first=37, after=after)["entities"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [edge["node"]["slug"] for edge in page["edges"]]
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == sorted(kg.entities)


@pytest.mark.parametrize("order", ["ABS_RELATIVE", "ABS_CHANGE", "QUANTITY"])
def test_walking_the_pages_visits_every_effect_once(ask: Any, order: str) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = ask(EFFECTS, after=after, order=order)["impact"]["effects"]
        seen += [repr(node) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == page["totalCount"]


@pytest.mark.parametrize("first", [0, -1, 101, 1_000_000])
def test_a_page_size_out_of_range_is_refused(refused: Any, first: int) -> None:
    error = refused(ENTITIES, first=first)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "first", "hint": "ask for 1 to 100"}


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "1", "é", "A" * 24, "A" * 10_000])
def test_a_made_up_cursor_is_refused(refused: Any, cursor: str) -> None:
    extensions = refused(ENTITIES, first=5, after=cursor)["extensions"]
    assert (extensions["code"], extensions["field"]) == ("BAD_USER_INPUT", "after")


def test_a_cursor_of_another_list_is_refused(ask: Any, refused: Any) -> None:
    cursor = ask(ENTITIES, first=5)["entities"]["pageInfo"]["endCursor"]
    assert refused(ENTITIES, first=5, after=cursor, filter={"type": ["Accelerator"]})["extensions"]["field"] == "after"
    influences = "query ($after: String) { influences(after: $after) { nodes { id } } }"
    assert refused(influences, after=cursor)["extensions"]["field"] == "after"


def test_the_position_is_not_readable_or_writable_without_the_key() -> None:
    signer, other = CursorSigner(), CursorSigner()
    cursor = signer.make("list", 7)
    assert signer.read("list", cursor) == 7
    for wrong in (lambda: other.read("list", cursor), lambda: signer.read("another list", cursor)):
        with pytest.raises(UserInputError):
            wrong()


def test_replicas_with_one_key_read_each_others_cursors() -> None:
    assert CursorSigner(b"shared").read("list", CursorSigner(b"shared").make("list", 3)) == 3


def test_the_list_is_not_counted_unless_asked_for() -> None:
    class Uncounted(list[int]):
        counted = 0

        def __len__(self) -> int:
            type(self).counted += 1
            return super().__len__()

    page = paginate(Uncounted(range(10)), int, scope="list", signer=CursorSigner(), first=3, after=None)
    before = Uncounted.counted
    assert page.count() == 10
    assert Uncounted.counted == before + 1


def test_a_list_that_ends_with_a_page_has_no_next_page() -> None:
    signer = CursorSigner()
    page = paginate([1, 2, 3], int, scope="list", signer=signer, first=3, after=None)
    assert not page.page_info.has_next_page
    rest = paginate([1, 2, 3], int, scope="list", signer=signer, first=3, after=page.page_info.end_cursor)
    assert rest.nodes == []
    assert rest.page_info.end_cursor is None
