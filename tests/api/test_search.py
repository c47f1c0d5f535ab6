"""The search of GraphQL finds every name of the article as the library does, typos and look-alikes included."""

from __future__ import annotations

import json
from typing import Any

from tests.kg.graph.test_search import NAMES, SHARED
from tests.knowledge import knowledge

from downstack.kg import KnowledgeGraph

CHUNK = 20
"""As many fields as one operation may ask at its root."""


def searched(ask: Any, texts: list[str]) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    for start in range(0, len(texts), CHUNK):
        fields = " ".join(
            f"n{place}: search(text: {json.dumps(text)}, first: 3) {{ entity {{ slug layer {{ number }} }} matched score }}"
            for place, text in enumerate(texts[start : start + CHUNK])
        )
        found += ask(f"{{ {fields} }}").values()
    return found


def test_every_name_of_the_article_is_found_in_its_layer_as_the_library_finds_it(kg: KnowledgeGraph, ask: Any) -> None:
    names = [row["name"] for row in NAMES]
    for row, hits in zip(NAMES, searched(ask, names), strict=True):
        python = kg.search(row["name"], 3)
        assert [(hit["entity"]["slug"], hit["matched"], hit["score"]) for hit in hits] == [
            (hit.entity.id, hit.matched, hit.score) for hit in python
        ]
        first = [hit["entity"]["slug"] for hit in hits[: 2 if knowledge.normalise(row["name"]) in SHARED else 1]]
        assert row["slug"] in first
        place = first.index(row["slug"])
        assert hits[place]["entity"]["layer"]["number"] == int(row["layer"])


def test_typos_and_look_alikes_are_found_too(ask: Any) -> None:
    texts = ["SK hynlx", "anthropc", "FlashAtention", "NV\u0406DIA", "\u202eCMST\u202c"]
    slugs = [hits[0]["entity"]["slug"] for hits in searched(ask, texts)]
    assert slugs == ["sk-hynix", "anthropic", "flash-attention", "nvidia", "tsmc"]
