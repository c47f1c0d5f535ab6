"""Names that people write find what they mean: those of the article, with typos, and in letters that only look right."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.knowledge import knowledge

from downstack.errors import UnknownNameError
from downstack.graph.name_search import compared
from downstack.graph.names import normalise, visible
from downstack.kg import KnowledgeGraph

with (Path(__file__).parent / "misspelt.csv").open(encoding="utf-8", newline="") as file:
    MISSPELT = list(csv.DictReader(file))
NAMES = knowledge.table("article_names.csv")
SHARED = {"claude", "gemini", "deepseek"}
"""Names that the article itself uses for two things."""


@pytest.mark.parametrize("row", NAMES, ids=lambda row: f"{row['name']}-{row['layer']}")
def test_a_name_of_the_article_finds_its_entity_first(bundled: KnowledgeGraph, row: dict[str, str]) -> None:
    hits = bundled.search(row["name"], 5)
    if knowledge.normalise(row["name"]) in SHARED:
        both = {hit.entity.id for hit in hits[:2]}
        assert row["slug"] in both and [hit.score for hit in hits[:2]] == [1.0, 1.0]
        hits = tuple(hit for hit in hits if hit.entity.layer == int(row["layer"]) and hit.entity.type != "Company")
    assert hits[0].entity.id == row["slug"]
    assert hits[0].entity.layer == int(row["layer"])
    assert hits[0].score == 1.0


@pytest.mark.parametrize("row", NAMES, ids=lambda row: f"{row['name']}-{row['layer']}")
def test_a_name_of_the_article_that_is_not_shared_is_taken_for_its_entity(
    bundled: KnowledgeGraph, row: dict[str, str]
) -> None:
    if knowledge.normalise(row["name"]) not in SHARED:
        assert bundled.resolve(row["name"]).id == row["slug"]
        assert bundled.resolve(row["name"].upper()).id == row["slug"]


def left_out(name: str, place: int) -> str:
    return name[:place] + name[place + 1 :]


@given(st.sampled_from([row for row in NAMES if len(row["name"]) >= 8]), st.data())
def test_one_letter_that_is_left_out_or_doubled_or_swapped_does_not_matter(
    bundled: KnowledgeGraph, row: dict[str, str], data: st.DataObject
) -> None:
    name = row["name"]
    place = data.draw(st.integers(1, len(name) - 2))
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    for typo in (left_out(name, place), name[:place] + name[place:][:1] + name[place:], swapped):
        assert row["slug"] in {hit.entity.id for hit in bundled.search(typo, 3)}, typo


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("NV\u0406DIA", "nvidia"),
        ("\u0422S\u041c\u0421", "tsmc"),
        ("\u0391\u039cD", "amd"),
        ("TS\u200bMC", "tsmc"),
        ("\u202eAIDIVN\u202c", "nvidia"),
        ("\uff2e\uff36\uff29\uff24\uff29\uff21", "nvidia"),
        ("  sk   HYNIX ", "sk-hynix"),
    ],
)
def test_a_name_finds_what_it_looks_like(bundled: KnowledgeGraph, text: str, slug: str) -> None:
    hit = bundled.search(text, 1)[0]
    assert (hit.entity.id, hit.score) == (slug, 1.0)


@pytest.mark.parametrize("text", ["NV\u0406DIA", "\u0422S\u041c\u0421", "TS\u200bMC", "\u202eAIDIVN\u202c"])
def test_a_name_that_only_looks_right_is_refused_where_one_entity_must_be_meant(
    bundled: KnowledgeGraph, text: str
) -> None:
    with pytest.raises(UnknownNameError) as error:
        bundled.resolve(text)
    assert error.value.near[0] in ("nvidia", "tsmc")


@pytest.mark.parametrize("name", ["Google", "Intel", "AMD", "NVIDIA"])
def test_a_maker_is_not_mistaken_for_the_constants_that_were_fitted_on_its_chips(
    bundled: KnowledgeGraph, name: str
) -> None:
    assert bundled.resolve(name).type == "Company"
    assert bundled.search(name, 1)[0].entity.type == "Company"


@pytest.mark.parametrize("row", MISSPELT, ids=lambda row: row["typed"])
def test_what_people_type_finds_what_they_mean_first(bundled: KnowledgeGraph, row: dict[str, str]) -> None:
    assert bundled.search(row["typed"], 3)[0].entity.id == row["slug"], row["what happened"]


@pytest.mark.parametrize("row", MISSPELT, ids=lambda row: row["typed"])
def test_no_name_that_was_not_compared_is_nearer(bundled: KnowledgeGraph, row: dict[str, str]) -> None:
    text = normalise(visible(row["typed"]))
    names = {normalise(name) for item in bundled.entities.values() for name in (item.id, item.label, *item.aliases)}
    best = max(compared(text, name).score for name in names)
    assert bundled.search(row["typed"], 1)[0].score == pytest.approx(best / 100.0, abs=1e-4)


@pytest.mark.parametrize("text", ["x", "\u4e2d\u56fd", "\U0001f600", "-", "\ud800", "a" * 5_000, "%%%", "\n"])
def test_any_text_is_searched_for_without_an_error(bundled: KnowledgeGraph, text: str) -> None:
    hits = bundled.search(text, 3)
    assert all(0.0 <= hit.score <= 1.0 for hit in hits)
