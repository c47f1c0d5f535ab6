"""What the formulas compute from a config.json is what its publisher counts, or the page says why not."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from downstack.kg import KnowledgeGraph
from downstack.loaders.architectures import EXPLAINED, TOLERANCE, Compared, compare, main, page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architectures.md"
LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": False,
}  # fmt: skip


def configurations() -> Path:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    return Path(folder) / "hf_configs"


def test_each_file_has_a_row_whatever_is_wrong_with_it(tmp_path: Path, bundled: KnowledgeGraph) -> None:
    for name, text in (
        ("acme__Known-8B", json.dumps(LLAMA)),
        ("acme__Strange-1B", json.dumps({**LLAMA, "model_type": "hyena"})),
        ("acme__Broken", "{"),
    ):
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    found = {item.name: item for item in compare(list(tmp_path.glob("*.json")), bundled)}
    # Embedding and head, then for each layer queries, keys, values and output, then the three matrices of its feed-forward.
    layer = 2 * 4096 * 128 * (32 + 8) + 3 * 4096 * 14336
    assert found["acme/Known-8B"] == Compared("acme/Known-8B", 2 * 128256 * 4096 + 32 * layer, None, "")
    assert found["acme/Strange-1B"].computed is None
    assert found["acme/Strange-1B"].doubt == "models of type 'hyena' are not understood"
    assert found["acme/Broken"].doubt.startswith("not JSON")


def test_a_gap_is_said_and_explained_or_said_to_be_unexplained() -> None:
    rows = (
        Compared("acme/A", 1.0e9, 1.0e9, ""),
        Compared("acme/B", 1.0e9, 1.1e9, ""),
        Compared("acme/C", None, 2e9, "why"),
    )
    text = page(rows)
    assert "| acme/A | 1.000 | 1 | +0.00 % |  |" in text
    assert "| acme/B | 1.000 | 1.1 | -9.09 % | not explained |" in text
    assert "| acme/C | - | 2 | - | why |" in text


def test_all_configurations_load_and_agree_with_what_was_published(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    folder = configurations()
    files = sorted(folder.glob("*.json"))
    rows = compare(files, bundled)
    assert len(rows) == len(files)
    assert {item.name for item in rows if item.gap is not None and abs(item.gap) > TOLERANCE} == set(EXPLAINED)
    assert all(item.doubt for item in rows if item.computed is None)
    assert main([str(folder), "--out", str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8") == page(rows)


def test_computed_parameters_are_those_that_were_derived_from_the_same_files(bundled: KnowledgeGraph) -> None:
    folder = configurations()
    with (folder.parent / "facts_models_derived.csv").open(encoding="utf-8", newline="") as table:
        expected = {
            row["entity_id"].removeprefix("model:"): float(row["value"])
            for row in csv.DictReader(table)
            if row["attribute"] == "params_total_computed"
        }
    rows = compare(list(folder.glob("*.json")), bundled)
    pairs = [
        (item.name, item.computed, expected[key])
        for item in rows
        if item.computed is not None and (key := item.name.rpartition("/")[2].casefold()) in expected
    ]
    assert len(pairs) >= 40
    assert [pair for pair in pairs if abs(pair[1] / pair[2] - 1.0) > 2e-3] == []
