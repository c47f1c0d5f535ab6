"""Judgements on rows of Epoch AI's tables: dense rates, directions, units, confidence, classes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from downstack.loaders.registry import Loaded, LoadRequest, find_loader


def load(loader: str, folder: Path, header: str, *rows: str) -> Loaded:
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return find_loader(loader).read(LoadRequest([path], {}))


def facts(loaded: Loaded) -> dict[str, dict[str, str]]:
    """Local name of the quantity -> predicate -> value, of facts with different quantities."""
    found = {}
    for block in next(iter(loaded.documents.values())).split("\n\n"):
        if " a dso:Fact" in block:
            pairs = dict(re.findall(r"(dso:\w+) (.*?) ?[;.]$", block, re.MULTILINE))
            found[pairs["dso:quantity"].removeprefix("dso:")] = pairs
    return found


HARDWARE = (
    "Hardware name,Manufacturer,Release date,Notes,Tensor-FP16/BF16 performance (FLOP/s),"
    "FP16 (half precision) performance (FLOP/s),INT8 performance (OP/s),FP4 performance (FLOP/s)"
)


@pytest.mark.parametrize(
    ("row", "quantities"),
    [
        ("A,NVIDIA,2023-01-01,,100,,200,400", {"peakFlopsBf16Dense", "peakFlopsInt8Dense", "peakFlopsFp4Dense"}),
        # Four times the 16-bit rate counts 2:4 sparsity where chips have it, and is honest where they do not.
        ("A,NVIDIA,2023-01-01,,100,,400,800", {"peakFlopsBf16Dense"}),
        ("A,Iluvatar,2023-01-01,,100,,400,", {"peakFlopsBf16Dense", "peakFlopsInt8Dense"}),
        ("A,Iluvatar,2023-01-01,INT8 with sparsity,100,,200,", {"peakFlopsBf16Dense"}),
        # Before Ampere NVIDIA's matrix units multiply FP16 and not BF16.
        ("A,NVIDIA,2017-06-21,,125,31,,", {"peakFlopsFp16Dense", "peakFlopsFp16Vector"}),
        ("A,NVIDIA,2016-04-05,,,18.7,,", {"peakFlopsFp16Dense"}),
        # Since Volta a lone FP16 rate of NVIDIA may be that of either kind of unit.
        ("A,NVIDIA,2023-02-08,,,29,233,", {"peakFlopsInt8Dense"}),
        ("A,Huawei,2022-03-17,,,376,,", {"peakFlopsFp16Dense"}),
    ],
)
def test_only_dense_rates_of_known_units_are_kept(row: str, quantities: set[str], tmp_path: Path) -> None:
    assert set(facts(load("epoch-hardware", tmp_path, HARDWARE, row))) == quantities


def test_bandwidths_keep_their_direction_unit_and_what_pins_can_carry(tmp_path: Path) -> None:
    header = (
        "Hardware name,Notes,Intranode bandwidth (byte/s),Internode bandwidth (bit/s),Memory (bytes),"
        "Memory bandwidth (byte/s),Memory bus (bit)"
    )
    told = facts(load("epoch-hardware", tmp_path, header, "A,Bidirectional figures,9e11,4e11,8e10,3.35e12,5120"))
    assert told["scaleupBandwidthBidirectional"]["dso:unit"] == '"byte/s"'
    assert told["scaleoutBandwidthPerDirection"]["dso:unit"] == '"bit/s"'
    loaded = load("epoch-hardware", tmp_path, header, "A,,9e11,2e12,8e10,1.03e13,8192")
    assert set(facts(loaded)) == {"memoryCapacity", "memoryBusWidth"}
    assert [item.reason for item in loaded.report.cells] == [
        "above 9.8 Gbit/s for each pin of its bus",
        "the source does not say whether it is per direction or both",
        "above what a network port carries; probably bytes",
    ]


def test_next_to_no_memory_is_memory_on_the_chip(tmp_path: Path) -> None:
    header = "Hardware name,Release date,Memory (bytes),Memory bandwidth (byte/s)"
    assert set(facts(load("epoch-hardware", tmp_path, header, "A,2022-10-15,230000000,8e13"))) == {
        "onChipMemoryCapacity",
        "onChipMemoryBandwidth",
    }
    assert set(facts(load("epoch-hardware", tmp_path, header, "A,2008-06-16,512000000,1.4e11"))) == {
        "memoryCapacity",
        "memoryBandwidth",
    }


@pytest.mark.parametrize(
    ("word", "parameters", "compute"),
    [
        ("Confident", "press", "estimate"),
        ("Likely", "estimate", "estimate"),
        ("Speculative", "estimate", "estimate"),
        ("", "estimate", "estimate"),
    ],
)
def test_the_word_for_how_sure_a_row_is_is_mapped_and_kept(
    word: str, parameters: str, compute: str, tmp_path: Path
) -> None:
    header = "Model,Domain,Parameters,Training compute (FLOP),Confidence"
    told = facts(load("epoch-models", tmp_path, header, f"A,Language,7e9,1e24,{word}"))
    assert told["publishedTotalParameters"]["dso:confidence"] == f"dso:{parameters}"
    assert told["trainingCompute"]["dso:confidence"] == f"dso:{compute}"
    assert (word or "no confidence") in told["trainingCompute"]["dso:note"]


def test_compute_that_the_developer_reported_is_as_sure_as_its_row_and_keeps_its_bounds(tmp_path: Path) -> None:
    header = (
        "Model,Training compute (FLOP),Confidence,Training compute estimation method,"
        "Training compute lower bound,Training compute upper bound"
    )
    told = facts(load("epoch-models", tmp_path, header, "A,2e24,Confident,Reported,1e24,1e24"))["trainingCompute"]
    assert (told["dso:confidence"], told["dso:low"]) == ("dso:press", "1e+24")
    assert "dso:high" not in told  # an upper bound below the value bounds nothing


@pytest.mark.parametrize(
    ("domain", "kind", "size"),
    [
        ("Language", "FoundationModel", "trainingTokens"),
        ('"Multimodal,Language,Vision"', "FoundationModel", "trainingDatasetSize"),
        ("Games", "TrainedModel", "trainingDatasetSize"),
        ("", "TrainedModel", "trainingDatasetSize"),
    ],
)
def test_only_models_of_language_are_foundation_models_and_count_tokens(
    domain: str, kind: str, size: str, tmp_path: Path
) -> None:
    loaded = load("epoch-models", tmp_path, "Model,Domain,Training dataset size (total)", f"A,{domain},1e12")
    assert set(facts(loaded)) == {size}
    assert f"ds:a a dso:{kind} ;" in next(iter(loaded.documents.values()))


@pytest.mark.parametrize(
    ("kind", "word", "confidence"),
    [
        ("Company disclosure", "Confident", "vendorClaim"),
        ("Company disclosure", "Likely", "estimate"),
        ("Media report", "Confident", "press"),
        ("Other", "Uncertain", "estimate"),
    ],
)
def test_what_a_company_says_of_itself_is_a_vendor_claim(kind: str, word: str, confidence: str, tmp_path: Path) -> None:
    header = "Id,Company,Active users,Active users time period,Date,Source type,Product,Confidence"
    told = facts(load("epoch-companies", tmp_path, header, f"x,Acme,5,Monthly,5/20/2025,{kind},Acme Chat,{word}"))
    assert told["activeUsersMonthly"]["dso:confidence"] == f"dso:{confidence}"
    assert told["activeUsersMonthly"]["dso:asOf"] == '"2025-05-20"'


def test_revenue_of_a_part_of_a_company_says_of_which(tmp_path: Path) -> None:
    header = "Company,Date,Annualized revenue (USD),Scope"
    told = facts(load("epoch-companies", tmp_path, header, "Acme,2025-05-20,5e9,Acme Code"))
    assert told["companyRevenue"]["dso:condition"] == '"of Acme Code"'
    assert (
        "dso:condition"
        not in facts(load("epoch-companies", tmp_path, header, "Acme,2025-05-20,5e9,Full company"))["companyRevenue"]
    )


def test_a_base_model_that_stands_further_down_is_the_same_model(tmp_path: Path) -> None:
    loaded = load("epoch-models", tmp_path, "Model,Domain,Base model", "B,Language,A", "A,Language,")
    assert "ds:b a dso:FoundationModel ;" in next(iter(loaded.documents.values()))
    assert "dso:derivedFrom ds:a ." in next(iter(loaded.documents.values()))
