"""Traps of statements about statements: effects without a baseline, identifiers from public tables, zeros that mean missing."""

from __future__ import annotations

import re

import pytest
from tests.knowledge import knowledge


def test_nothing_that_was_measured_under_load_is_a_fact() -> None:
    quantities = {quantity for _, quantity in knowledge.facts()}
    assert not {name for name in quantities if "throughput" in name.lower() or re.search(r"\bitl|Itl(?![a-z])", name)}


def test_an_effect_of_up_to_says_of_what_and_compared_with_what() -> None:
    texts = {
        str(subject).rpartition("/")[2]: str(effect)
        for subject, effect in knowledge.graph().subject_objects(knowledge.DSO.publishedEffect)
    }
    bounds = {slug for slug, text in texts.items() if re.search(r"up to [\d.]+", text, re.IGNORECASE)}
    assert {"fp8-weights-throughput", "radix-attention-throughput"} <= bounds
    typed = {slug: knowledge.effects()[slug] for slug in bounds & set(knowledge.effects())}
    assert {"fp8-weights-throughput", "radix-attention-throughput"} <= set(typed)
    for slug, effect in typed.items():
        assert effect["condition"], slug
        if effect["effectForm"] == "ratio":
            assert effect["baseline"], slug
    # "Up to" is a range that begins at no effect, never the best case alone.
    for slug in ("fp8-weights-throughput", "radix-attention-throughput"):
        assert float(typed[slug]["effectLow"]) == 1.0 < float(typed[slug]["effectHigh"])


def test_an_effect_without_a_baseline_is_never_a_ratio() -> None:
    ratios = {slug: item for slug, item in knowledge.effects().items() if item["effectForm"] == "ratio"}
    assert len(ratios) >= 40
    assert not [slug for slug, item in ratios.items() if not item.get("baseline")]


def test_drafts_speed_decoding_up_alone_and_slow_it_down_at_high_load() -> None:
    low, high = (knowledge.effects()[f"speculative-decoding-{load}-load"] for load in ("low", "high"))
    assert float(low["effectLow"]) > 1.0
    assert float(high["effectHigh"]) < 1.0
    assert low["baseline"] == high["baseline"] == "decoding without drafts"
    assert "one request at a time" in low["condition"] and high["condition"] == "high load"


CONFIRMED = {
    "amd": "Q128896", "apple": "Q312", "broadcom": "Q555925", "intel": "Q248", "nvidia": "Q182477",
    "samsung-electronics": "Q20718", "tsmc": "Q713418",
}  # fmt: skip


def test_an_item_of_wikidata_needs_a_second_source() -> None:
    found = {slug: items for (slug, kind), items in knowledge.stated().items() if kind == "wikidataItem"}
    assert {slug: items[0].stated for slug, items in found.items()} == CONFIRMED
    assert all(item.note.startswith("the same in: ") for items in found.values() for item in items)
    # What other public tables give is kept as a warning, not as an item.
    assert "Q790060" in found["broadcom"][0].note and "Q81965" in found["samsung-electronics"][0].note


def test_the_items_of_one_source_stay_out() -> None:
    rows = {row["id"]: row for row in knowledge.sources("companies.csv") if row["wikidata_qid"]}
    single = {slug for slug, row in rows.items() if len(row["qid_source"].split(";")) == 1}
    assert {"alibaba", "sk-hynix", "oracle", "openai"} <= single
    assert set(rows) - single == set(CONFIRMED)


UNKNOWN = (
    ("nvidia-h800-pcie", "memoryCapacity"),
    ("claude-opus-4", "numLayers"),
    ("gpt-4o", "publishedTotalParameters"),
    ("cerebras-wse-3", "hbmStacks"),
    ("microsoft", "cowosWaferAllocation"),
)
COUNTS_OF_NONE = {
    "denseLayers", "fullAttentionLayers", "slidingAttentionLayers", "slidingWindow", "multiTokenPredictionLayers",
    "sharedExpertIntermediateSize", "queryLoraRank",
}  # fmt: skip
"""Parts of a model that it does not have, as its config or its class says; everything else that is 0 is missing."""


@pytest.mark.parametrize(("slug", "quantity"), UNKNOWN)
def test_what_nobody_published_has_no_fact(slug: str, quantity: str) -> None:
    assert slug in knowledge.classes()
    assert (slug, quantity) not in knowledge.facts()


def test_a_0_is_a_count_of_none_and_never_something_missing() -> None:
    zeros = {quantity for (_, quantity), items in knowledge.facts().items() if any(item.value == 0 for item in items)}
    assert zeros == COUNTS_OF_NONE
