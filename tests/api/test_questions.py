"""The competency questions that stand in GraphQL too: the same rows as SPARQL gives, through the real schema.

Each reader below takes the answer of one ``ontology/questions/*.graphql`` apart into rows of the ``.tsv`` beside it. One
question is about computed values, which are no facts and so have no SPARQL: its rows are written and compared here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from downstack.vocabulary import folder, shorten

FOLDER = folder("questions")
COMPUTED = "across-open-models-on-one-h200"
Rows = set[tuple[str, ...]]


def expected(stem: str, *columns: str) -> Rows:
    """Return some columns of the answer that SPARQL gives."""
    head, *rows = [line.split("\t") for line in (FOLDER / f"{stem}.tsv").read_text(encoding="utf-8").splitlines()]
    places = [head.index(name) for name in columns]
    return {tuple(row[place].removeprefix("ds:").removeprefix("dso:") for place in places) for row in rows}


def text(stem: str) -> str:
    return (FOLDER / f"{stem}.graphql").read_text(encoding="utf-8")


def linked(node: dict[str, Any], predicate: str, end: str) -> list[dict[str, Any]]:
    """Return what an entity is linked to, each once."""
    found = [
        item[end]
        for item in node["relations"]
        if item["predicate"] == predicate and item[end]["slug"] != node.get("slug")
    ]
    return list({item["slug"]: item for item in found}.values())


def hbm3e_from_sk_hynix(data: dict[str, Any]) -> Rows:
    users = {item["subject"]["slug"] for item in data["users"]["relations"] if item["predicate"] == "usesMemory"}
    return {
        (item["object"]["slug"], item["asOf"] or "", item["source"]["title"])
        for item in data["supplied"]["relations"]
        if item["predicate"] == "suppliesMemoryTo" and item["object"]["slug"] in users
    }


def makers_of_tpus(data: dict[str, Any]) -> Rows:
    roles = ("designs", "partnersOnSilicon", "fabricates", "packages", "suppliesMemoryTo")
    rows: Rows = set()
    for chip in (data["line"], *data["members"]["nodes"]):
        rows |= {(chip["slug"], role, who["slug"], "") for role in roles for who in linked(chip, role, "subject")}
        for process in linked(chip, "fabricatedOn", "object"):
            for who in linked(process, "fabricates", "subject"):
                rows.add((chip["slug"], "fabricatedOn", who["slug"], process["slug"]))
    return rows


def disagreements(data: dict[str, Any]) -> Rows:
    values: dict[tuple[str, str], set[float]] = {}
    for fact in data["entity"]["facts"]:
        key = shorten(fact["quantity"]["iri"]).removeprefix("dso:"), fact["literalUnit"]
        values.setdefault(key, set()).add(fact["value"])
    return {key for key, found in values.items() if len(found) > 1}


def rented(data: dict[str, Any]) -> Rows:
    assert not data["entities"]["pageInfo"]["hasNextPage"]
    count: dict[tuple[str, str], int] = {}
    for node in data["entities"]["nodes"]:
        for cloud in linked(node, "offeredBy", "object"):
            for chip in linked(node, "hasAccelerator", "object"):
                key = cloud["slug"], chip["slug"]
                count[key] = count.get(key, 0) + 1
    return {(*key, str(number)) for key, number in count.items()}


def models_of_applications(data: dict[str, Any]) -> Rows:
    assert not data["entities"]["pageInfo"]["hasNextPage"]
    return {
        (node["slug"], maker["slug"], model["slug"], other["slug"])
        for node in data["entities"]["nodes"]
        for maker in linked(node, "develops", "subject")
        for model in linked(node, "builtOn", "object")
        for other in linked(model, "develops", "subject")
    }


def shares_of_hbm(data: dict[str, Any]) -> Rows:
    return {
        (node["slug"], fact["literal"], fact["literalUnit"], fact["asOf"] or "", fact["confidence"].lower())
        for node in data["entities"]["nodes"]
        for fact in node["facts"]
    }


def interconnects(data: dict[str, Any]) -> Rows:
    assert not data["entities"]["pageInfo"]["hasNextPage"]
    return {
        (node["slug"], chip["slug"])
        for node in data["entities"]["nodes"]
        for chip in linked(node, "usesInterconnect", "subject")
    }


def stops_with_cowos(data: dict[str, Any]) -> Rows:
    """What is packaged with it stands one step away, or two over one of its parts; SOLE: no other source is known."""
    packaged = {"drawsOn", "packagedWith"}
    return {
        (node["entity"]["slug"], "false" if node["reliance"] == "SOLE" else "true")
        for node in data["dependencies"]["nodes"]["nodes"]
        if node["way"][-1]["relation"] in packaged
        and {step["relation"] for step in node["way"][:-1]} <= {"partitionOf"}
    }


def ways_to_the_foundry(data: dict[str, Any]) -> Rows:
    rows: Rows = set()
    for paths in data.values():
        for path in paths:
            stations = [path["steps"][0]["dependent"]["slug"], *(step["provider"]["slug"] for step in path["steps"])]
            if path["steps"][-1]["dependent"]["type"] == "Accelerator":
                rows.add((stations[0], stations[1], stations[-3], stations[-1]))
    return rows


READERS: dict[str, tuple[Callable[[dict[str, Any]], Rows], tuple[str, ...]]] = {
    "layer-6-hbm3e-from-sk-hynix": (hbm3e_from_sk_hynix, ("accelerator", "asOf", "title")),
    "layer-5-who-makes-google-tpus": (makers_of_tpus, ("tpu", "role", "company", "process")),
    "across-b200-disagreements": (disagreements, ("quantity", "unit")),
    "layer-4-accelerators-of-each-cloud": (rented, ("provider", "accelerator", "offerings")),
    "layer-1-applications-and-models": (
        models_of_applications,
        ("application", "developer", "model", "modelDeveloper"),
    ),
    "layer-6-shares-of-hbm": (shares_of_hbm, ("maker", "literal", "unit", "asOf", "confidence")),
    "layer-6-interconnects-of-accelerators": (interconnects, ("interconnect", "accelerator")),
    "layer-7-what-stops-with-cowos": (stops_with_cowos, ("product", "others")),
    "across-from-application-to-foundry": (ways_to_the_foundry, ("application", "cloud", "maker", "foundry")),
}


@pytest.mark.parametrize("stem", READERS)
def test_graphql_answers_a_question_with_the_rows_of_sparql(ask: Any, stem: str) -> None:
    read, columns = READERS[stem]
    found = read(ask(text(stem)))
    assert found == expected(stem, *columns)
    assert found


def pages(ask: Any, stem: str, info: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        data = ask(text(stem), after=after)
        yield data
        page = info(data)["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]


def test_graphql_lists_what_competes_page_by_page(ask: Any) -> None:
    stem = "across-competing-things"
    found = {
        (node["slug"], other["slug"], str(node["layer"]["number"]))
        for data in pages(ask, stem, lambda data: data["entities"])
        for node in data["entities"]["nodes"]
        for other in linked(node, "competesWith", "object")
    }
    assert found == expected(stem, "one", "other", "layer")


def test_the_open_models_that_fit_one_h200_in_fp8_with_a_long_context(ask: Any) -> None:
    """One byte for each parameter (block scales add less than a hundredth and are left out); the cache as computed, of
    two-byte elements; beside the memory that vLLM uses by default."""
    data: dict[str, Any] = {}
    cache: dict[str, float] = {}
    for data in pages(ask, COMPUTED, lambda data: data["cache"]["effects"]):
        for effect in data["cache"]["effects"]["nodes"]:
            assert effect["unit"] == "GB/sequence"
            if effect["scenario"] is not None:
                cache[model_of(effect)] = effect["scenario"]
    assert data["chip"]["facts"][0]["unit"] == "GB"
    room = data["chip"]["facts"][0]["value"] * data["engine"]["facts"][0]["value"]
    assert room == pytest.approx(141 * 0.92)
    weights = {model_of(row): row["value"] / 1e9 for row in data["parameters"]["rows"] if row["value"] is not None}
    assert not data["longest"]["pageInfo"]["hasNextPage"]
    longest = {node["slug"]: max(fact["value"] for fact in node["facts"]) for node in data["longest"]["nodes"]}
    rows = sorted(
        (slug, f"{weights[slug]:.1f}", f"{cache[slug]:.2f}", str(weights[slug] + cache[slug] <= room).lower())
        for slug in weights.keys() & cache.keys()
        if longest.get(slug, 0) >= 131_072
    )
    file = FOLDER / f"{COMPUTED}.tsv"
    lines = ["model\tweightsGigabytes\tcacheGigabytes\tfits", *("\t".join((f"ds:{row[0]}", *row[1:])) for row in rows)]
    if os.environ.get("DOWNSTACK_WRITE_ANSWERS"):
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == file.read_text(encoding="utf-8").splitlines()

    fits = {row[0]: row[3] == "true" for row in rows}
    # By hand: 2 (keys and values) x layers x key-value heads x head width x 2 bytes x 131,072 tokens.
    assert cache["llama-3.1-8b"] == pytest.approx(2 * 32 * 8 * 128 * 2 * 131_072 / 1e9)
    assert cache["llama-3.1-70b"] == pytest.approx(2 * 80 * 8 * 128 * 2 * 131_072 / 1e9)
    assert fits["llama-3.1-8b"] and fits["llama-3.1-70b"]  # 8.0 + 17.2 and 70.6 + 42.9 of 129.7 GB
    assert not fits["llama-3.1-405b"] and not fits["deepseek-v3.2"]
    # Models of which only the price is known are not judged at all.
    assert "gpt-5" not in fits and "claude-opus-4.8" not in fits


def model_of(row: dict[str, Any]) -> str:
    return next(str(role["slug"]) for role in row["key"]["roles"] if role["role"] == "model")


def test_every_graphql_question_is_asked_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.graphql")} == {*READERS, COMPUTED, "across-competing-things"}
