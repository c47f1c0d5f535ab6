"""Cursors and page sizes: a cursor is good for its own list only, and stays good when the graph is loaded anew.

That every list can be walked from both ends is shown in test_walks.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.serving import running

from downstack.errors import UserInputError
from downstack.graph.selection import EntityOrdering
from downstack.graphql.cursors import CursorSigner, Named, Sorted
from downstack.graphql.relay import Connection, Page, paginate
from downstack.kg import KnowledgeGraph
from downstack.server import create_app

ENTITIES = """query ($first: Int, $after: String, $filter: EntityFilter) {
  entities(first: $first, after: $after, filter: $filter) {
    edges { cursor node { slug } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }"""


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


def test_first_and_last_at_once_are_refused(ask: Any, refused: Any) -> None:
    both = "{ entities(first: 3, last: 3) { nodes { slug } } }"
    assert refused(both)["extensions"]["field"] == "last"
    query = "query ($first: Int, $last: Int) { entities(first: $first, last: $last) { nodes { slug } } }"
    assert refused(query, first=3, last=3)["extensions"]["field"] == "last"
    assert len(ask(query, last=3)["entities"]["nodes"]) == 3, "a variable that nobody gave is no page size"
    assert len(ask("{ entities(last: 7) { nodes { slug } } }")["entities"]["nodes"]) == 7


@pytest.mark.parametrize("last", [0, -1, 101])
def test_a_page_size_backwards_out_of_range_is_refused(refused: Any, last: int) -> None:
    error = refused("query ($n: Int) { entities(last: $n) { nodes { slug } } }", n=last)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": "last", "hint": "ask for 1 to 100"}


def test_a_cursor_that_ends_a_walk_is_checked_like_one_that_begins_it(refused: Any) -> None:
    assert refused('{ entities(before: "AAAA") { nodes { slug } } }')["extensions"]["field"] == "before"


def test_a_place_is_not_writable_without_the_key() -> None:
    signer, other = CursorSigner(), CursorSigner()
    cursor = signer.make("list", ["a", 7, 0.5])
    assert signer.read("list", cursor) == ["a", 7, 0.5]
    for wrong in (lambda: other.read("list", cursor), lambda: signer.read("another list", cursor)):
        with pytest.raises(UserInputError):
            wrong()


def test_replicas_with_one_key_read_each_others_cursors() -> None:
    assert CursorSigner(b"shared").read("list", CursorSigner(b"shared").make("list", ["tsmc"])) == ["tsmc"]


FIRST = Page(3, False, None, None)
NUMBERS: Sorted[int] = Sorted(lambda item: (item,))
WORDS: Named[str] = Named(str)


def cut(records: Sequence[int], page: Page, signer: CursorSigner) -> Connection[int]:
    return paginate(records, int, places=NUMBERS, scope="list", signer=signer, page=page)


def test_the_list_is_not_counted_unless_asked_for() -> None:
    class Uncounted(list[int]):
        counted = 0

        def __len__(self) -> int:
            type(self).counted += 1
            return super().__len__()

    page = cut(Uncounted(range(10)), FIRST, CursorSigner())
    before = Uncounted.counted
    assert page.count() == 10
    assert Uncounted.counted == before + 1


def test_a_list_that_ends_with_a_page_has_no_next_page() -> None:
    signer = CursorSigner()
    page = cut([1, 2, 3], FIRST, signer)
    assert not page.page_info.has_next_page
    rest = cut([1, 2, 3], Page(3, False, page.page_info.end_cursor, None), signer)
    assert rest.nodes == []
    assert rest.page_info.end_cursor is None


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(1, 9))
def test_a_walk_goes_on_behind_its_last_item_whatever_was_loaded_meanwhile(
    old: set[int], new: set[int], size: int
) -> None:
    signer = CursorSigner()
    page = cut(sorted(old), Page(size, False, None, None), signer)
    rest = cut(sorted(new), Page(100, False, page.page_info.end_cursor, None), signer)
    assert rest.nodes == sorted(item for item in new if not page.nodes or item > page.nodes[-1])
    back = cut(sorted(new), Page(100, True, None, page.page_info.start_cursor), signer)
    assert back.nodes == sorted(item for item in new if not page.nodes or item < page.nodes[0])


def test_a_list_in_the_order_of_its_numbers_goes_on_behind_the_item_wherever_it_stands_now() -> None:
    signer = CursorSigner()

    def cut_words(records: list[str], page: Page) -> Connection[str]:
        return paginate(records, str, places=WORDS, scope="list", signer=signer, page=page)

    cursor = cut_words(["a", "b", "c", "d"], Page(2, False, None, None)).page_info.end_cursor
    assert cut_words(["c", "b", "d", "a"], Page(9, False, cursor, None)).nodes == ["d", "a"]
    assert cut_words(["c", "b", "d", "a"], Page(9, True, None, cursor)).nodes == ["c"]
    with pytest.raises(UserInputError, match="no longer in this list") as error:
        cut_words(["a", "c"], Page(9, False, cursor, None))
    assert "start anew" in error.value.hint


def test_a_cursor_stays_good_when_the_service_loads_another_version(kg: KnowledgeGraph) -> None:
    other = kg.with_changes({"nvidia-h200-sxm.memory_bandwidth": "x1.4"})
    assert other.version != kg.version
    app = create_app(kg)
    query = """query ($after: String) {
      graph { version }
      entities(first: 5, after: $after, orderByQuantity: "memory_bandwidth", direction: DESC) {
        nodes { slug } pageInfo { endCursor } } }"""
    with running(app) as url, httpx.Client(base_url=url, timeout=60.0) as client:

        def ask(after: str | None) -> Any:
            return client.post("/graphql", json={"query": query, "variables": {"after": after}}).json()["data"]

        first = ask(None)
        app.state.graph.swap(other)
        second = ask(first["entities"]["pageInfo"]["endCursor"])
    assert second["graph"]["version"] != first["graph"]["version"]
    order = EntityOrdering("quantity", True, "memory_bandwidth")
    walked = [item["slug"] for found in (first, second) for item in found["entities"]["nodes"]]
    assert walked == [item.id for item in kg.select(order=order).entities[:10]]
