"""Epoch AI's table of machine-learning hardware: one row a processor.

Source and licence
    Data on Machine Learning Hardware, https://epoch.ai/data/machine-learning-hardware, CC BY 4.0; updated as chips
    appear. Columns are renamed now and then.
What is dropped, and why (each a cell in the report)
    columns that Epoch AI computed; rates that count 2:4 sparsity; link bandwidths whose direction is not said; memory
    bandwidths above what the pins of the bus can carry; FP16 rates of which nobody says whether they are those of the
    vector or of the matrix units.
Confidence
    The table copies data sheets, press and its own inference without saying which: press. A power that a note calls
    unofficial is an estimate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from downstack.loaders.sources.epoch_book import Book, Saying
from downstack.loaders.sources.epoch_names import Names
from downstack.loaders.sources.epoch_table import EpochRow
from downstack.loaders.sources.epoch_values import addresses, note
from downstack.loaders.texts import clean

PLAIN: Mapping[str, str] = {
    "fp64": "peak_flops_fp64",
    "fp32": "peak_flops_fp32_dense",
    "tf32": "peak_flops_tf32_dense",
    "int16": "peak_ops_int16_dense",
    "die_size": "die_area",
    "base_clock": "clock_frequency_base",
    "boost_clock": "clock_frequency_max",
    "memory_clock": "memory_clock_frequency",
    "memory_bus": "memory_bus_width",
    "tensor_cores": "matrix_core_count",
    "process_size": "process_feature_size",
    "transistors": "transistor_count",
    "intranode_both": "scaleup_bandwidth_bidirectional",
}
"""Column -> quantity, where nothing needs judgement."""
NARROW: Mapping[str, tuple[str, float]] = {
    "fp8": ("peak_flops_fp8_dense", 2.0),
    "int8": ("peak_flops_int8_dense", 2.0),
    "fp6": ("peak_flops_fp6_dense", 2.0),
    "fp4": ("peak_flops_fp4_dense", 4.0),
    "int4": ("peak_flops_int4_dense", 4.0),
}
"""Column -> quantity, and how many times the 16-bit rate a dense rate of this width is where each bit counts."""
SPARSE_MAKERS = ("nvidia", "amd")
"""Makers whose chips skip two of four zeros and advertise the doubled rate; others reach four times honestly."""
MATRIX_UNITS_SINCE = "2017-05"
"""NVIDIA's chips have matrix units since Volta; before Ampere these multiply FP16 and not BF16."""
BF16_SINCE = "2020"
ON_CHIP_BELOW = 1e9
"""Bytes; a newer chip with less has its working memory on the die."""
MOST_PORT_BITS = 1.6e12
"""bit/s of the fastest network port of one accelerator; more was written in bytes."""


def announce_hardware(row: EpochRow, names: Names) -> None:
    """Make the subject of a row known to all others."""
    if name := clean(row.text("name")):
        names.take(name, "chip")


def read_hardware(row: EpochRow, book: Book) -> None:
    """Say what one row means."""
    name = clean(row.text("name"))
    if not book.names_one(row, name, "hardware"):
        return
    chip = book.names.take(name, "chip")
    kind, maker = row.text("type"), clean(row.text("manufacturer"))
    book.names.describe(chip, " ".join(part for part in (kind, f"by {maker}" if maker else "") if part) or None)
    released = book.day("release_date") or book.day("release_year")
    notes = row.text("notes")
    saying = Saying(
        as_of=book.day("last_modified") or released,
        note=note(notes),
        locator=note(f"Hardware name: {name}", addresses(row.text("datasheet"), notes)),
    )
    for column, quantity in PLAIN.items():
        book.fact(chip, quantity, column, saying)
    _rates(row, book, chip, saying, released)
    _memory(row, book, chip, saying, released)
    _links(row, book, chip, saying)
    unofficial = re.search(r"\bnot? official", notes.casefold()) is not None
    book.fact(chip, "thermal_design_power", "tdp", replace(saying, confidence="estimate") if unofficial else saying)
    where = addresses(row.text("price_source"))
    price = replace(saying, as_of=released, locator=note(f"Hardware name: {name}", where))
    book.fact(chip, "launch_price", "release_price", price)
    for slug, _ in book.named("manufacturer", "company"):
        book.link(slug, "designs", chip, released)
    for slug, _ in book.named("foundry", "foundry"):
        book.link(slug, "fabricates", chip, released)
    for slug, _ in book.named("models", "model", or_dangling=True):
        book.link(slug, "trainedOn", chip)
    book.end()


def _rates(row: EpochRow, book: Book, chip: str, saying: Saying, released: str | None) -> None:
    """Peak rates of multiplication, dense ones only."""
    maker = row.text("manufacturer").casefold()
    notes = row.text("notes").casefold()
    sparse = bool(re.search(r"\bwith (?:structured |2:4 )?sparsity|\bsparse (?:rates?|figures?|performance)", notes))
    wide = book.value("tensor_fp16")
    old = maker == "nvidia" and released is not None and released < BF16_SINCE
    if wide is not None:
        shared = replace(saying, note=note("the source gives one rate for FP16 and BF16", saying.note or ""))
        book.fact(chip, "peak_flops_fp16_dense" if old else "peak_flops_bf16_dense", "tensor_fp16", shared)
    half = book.value("fp16")
    if half is not None:
        if wide is not None:
            other = half < 0.75 * wide
            book.fact(chip, "peak_flops_fp16_vector" if other else "peak_flops_fp16_dense", "fp16", saying)
        elif maker == "nvidia" and (released is None or released >= MATRIX_UNITS_SINCE):
            book.leave("fp16", "the source does not say whether it is the rate of the vector or of the matrix units")
        else:
            book.fact(chip, "peak_flops_fp16_dense", "fp16", saying)
    for column, (quantity, times) in NARROW.items():
        rate = book.value(column)
        if rate is None:
            continue
        doubled = wide is not None and maker in SPARSE_MAKERS and rate > 1.95 * times * wide
        if sparse or doubled:
            book.leave(column, "counts 2:4 sparsity; only dense rates are kept")
        else:
            book.fact(chip, quantity, column, saying)


def _memory(row: EpochRow, book: Book, chip: str, saying: Saying, released: str | None) -> None:
    """Memory, which is on the die when there is next to none; and its bandwidth, which the pins must be able to carry."""
    capacity, bandwidth, bus = book.value("memory"), book.value("memory_bandwidth"), book.value("memory_bus")
    unit = row.cells["memory"].column.unit if capacity is not None else ""
    bytes_ = None if capacity is None else capacity * (1e9 if unit == "GB" else 1.0)
    inside = bytes_ is not None and bytes_ < ON_CHIP_BELOW and (released is None or released >= "2015")
    if inside:
        on_die = replace(saying, note=note("memory on the chip itself, by its size", saying.note or ""))
        book.fact(chip, "on_chip_memory_capacity", "memory", on_die)
        book.fact(chip, "on_chip_memory_bandwidth", "memory_bandwidth", on_die)
        return
    book.fact(chip, "memory_capacity", "memory", saying)
    if bandwidth is not None and bus is not None and bandwidth * 8.0 / bus > _most_per_pin(bus):
        book.leave("memory_bandwidth", f"above {_most_per_pin(bus) / 1e9:g} Gbit/s for each pin of its bus")
    else:
        book.fact(chip, "memory_bandwidth", "memory_bandwidth", saying)


def _most_per_pin(bus: float) -> float:
    """The fastest pins in bit/s: of graphics memory, of stacked memory up to HBM3E, and of HBM4 on its wide bus."""
    if bus < 1024.0:
        return 40e9
    return 9.8e9 if bus < 16384.0 else 12e9


def _links(row: EpochRow, book: Book, chip: str, saying: Saying) -> None:
    """Bandwidth to other chips: headlines add up both directions, ports of networks count one."""
    if book.value("intranode") is not None:
        if "bidirectional" in row.text("notes").casefold():
            book.fact(chip, "scaleup_bandwidth_bidirectional", "intranode", saying)
        else:
            book.leave("intranode", "the source does not say whether it is per direction or both")
    rate = book.value("internode")
    if rate is not None:
        if rate * (8.0 if row.cells["internode"].column.unit == "byte/s" else 1.0) > MOST_PORT_BITS:
            book.leave("internode", "above what a network port carries; probably bytes")
        else:
            port = replace(
                saying, note=note("the rate of a network port, which counts one direction", saying.note or "")
            )
            book.fact(chip, "scaleout_bandwidth_per_direction", "internode", port)
