"""Documents are kept within bounds, whoever sends them."""

from __future__ import annotations

import threading

from downstack.graphql.documents import MAX_KEPT, MAX_WEIGHT, Documents
from downstack.graphql.schema import build_schema


def documents() -> Documents:
    return Documents(build_schema().graphql)


def test_the_number_of_kept_documents_is_bounded_and_the_last_ones_stay() -> None:
    kept = documents()
    for number in range(MAX_KEPT + 50):
        kept.prepare(f"{{ a{number}: __typename }}")
    assert len(kept) == MAX_KEPT
    assert kept.known(f"{{ a{MAX_KEPT + 49}: __typename }}") is not None
    assert kept.known("{ a0: __typename }") is None


def test_their_weight_is_bounded_and_what_is_too_heavy_is_not_kept() -> None:
    kept = documents()
    for number in range(40):
        kept.prepare("{ __typename } #" + f"{number:04}" * 20_000)
        assert kept.weight <= MAX_WEIGHT
    kept.prepare("{ " + "__typename " * 50 + "}")
    assert kept.weight <= MAX_WEIGHT
    assert kept.prepare("#" * 1_000_000).errors
    assert kept.known("#" * 1_000_000) is None or kept.weight <= MAX_WEIGHT


def test_a_document_asked_again_is_the_same_object_and_a_wrong_one_is_not_looked_at_again() -> None:
    kept = documents()
    assert kept.prepare("{ layers { name } }") is kept.prepare("{ layers { name } }")
    wrong = kept.prepare("{ nothing }")
    assert wrong.errors
    assert kept.prepare("{ nothing }") is wrong
    assert (kept.hits, kept.misses) == (2, 2)


def test_threads_that_prepare_the_same_documents_do_not_lose_count() -> None:
    kept = documents()

    def prepare() -> None:
        for number in range(200):
            kept.prepare(f"{{ a{number % 20}: __typename }}")

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 20
    fresh = documents()
    for number in range(20):
        fresh.prepare(f"{{ a{number}: __typename }}")
    assert kept.weight == fresh.weight
