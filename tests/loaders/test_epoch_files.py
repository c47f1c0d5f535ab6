"""The whole files of Epoch AI, where they are: every row is kept or rejected, and names that the store has are joined."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from downstack.kg import KnowledgeGraph
from downstack.loaders.registry import Loaded, LoadRequest, find_loader, known_entities

FILES = {
    "epoch-hardware": ("*ml_hardware.csv",),
    "epoch-models": ("*large_scale_ai_models.csv", "*frontier_ai_models.csv"),
    "epoch-clusters": ("gpu_clusters*.csv", "*data_centers.csv"),
    "epoch-companies": ("*revenue_reports.csv", "*usage_reports.csv"),
}


@pytest.fixture(scope="module")
def loaded(bundled: KnowledgeGraph) -> dict[str, Loaded]:
    folder = os.environ.get("DOWNSTACK_DATA_DIR")
    if not folder:
        pytest.skip("DOWNSTACK_DATA_DIR does not name a folder with the source tables")
    held = known_entities(bundled.entities.values())
    return {
        loader: find_loader(loader).read(
            LoadRequest([path for pattern in patterns for path in sorted(Path(folder, "epoch").glob(pattern))], held)
        )
        for loader, patterns in FILES.items()
    }


@pytest.mark.parametrize(
    ("loader", "read", "rejected"),
    [("epoch-hardware", 175, 0), ("epoch-models", 608, 0), ("epoch-clusters", 802, 18), ("epoch-companies", 76, 5)],
)
def test_every_row_is_kept_or_rejected(loaded: dict[str, Loaded], loader: str, read: int, rejected: int) -> None:
    report = loaded[loader].report
    assert (report.read, report.rejected) == (read, rejected)
    assert report.kept + report.rejected == report.read


@pytest.mark.parametrize(
    ("loader", "slugs"),
    [
        (
            "epoch-hardware",
            {"nvidia-h100-sxm", "nvidia-gb300", "amd-mi300x", "google-tpu-v6e", "aws-trainium2", "nvidia-t4"},
        ),
        (
            "epoch-models",
            {"llama-3.1-405b", "llama-3.1-8b", "deepseek-v3", "gpt-4", "gpt-3-175b", "palm-540b", "kimi-k2"},
        ),
        ("epoch-companies", {"openai", "anthropic", "chatgpt", "google", "gemini-app"}),
    ],
)
def test_what_the_store_has_is_joined_and_not_described_again(
    loaded: dict[str, Loaded], loader: str, slugs: set[str]
) -> None:
    text = "\n".join(loaded[loader].documents.values())
    for slug in slugs:
        assert f"dso:subject ds:{slug} ;" in text
        assert f"ds:{slug} a " not in text


def test_no_rate_of_a_chip_that_the_store_has_counts_sparsity(loaded: dict[str, Loaded]) -> None:
    text = next(iter(loaded["epoch-hardware"].documents.values()))
    for slug, quantity, dense in (
        ("nvidia-h100-sxm", "peak_flops_int8_dense", "1979000000000000.0"),
        ("nvidia-b200", "peak_flops_fp4_dense", "9000000000000000.0"),
        ("nvidia-b300", "peak_flops_fp4_dense", "1.4e+16"),
    ):
        fact = text.split(f"\nfact:{slug}.{quantity}.")[1].split("\n\n")[0]
        assert f'dso:literal "{dense}"' in fact
