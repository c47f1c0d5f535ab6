"""The fit finds constants that made its rows, and leaving a group out does not see it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from benchmarks.accuracy import ROWS
from benchmarks.calibrate import Calibration, Open
from benchmarks.calibration_turtle import Constant, turtle
from rdflib import Graph
from tests.bundled import bundled_graph

from downstack.evaluation.answers import Setting
from downstack.evaluation.kinds.operations import Products
from downstack.evaluation.predict import predictor_of
from downstack.evaluation.rows import Row, read_table

KG = bundled_graph()
SHARE = ("nvidia-8", "fitted_product_compute_share")


def products() -> list[Row]:
    rows = [row for row in read_table(ROWS).rows if isinstance(predictor_of(row), Products)]
    return [row for row in rows if "H100" in row.hardware or "A100" in row.hardware]


def made(rows: list[Row], share: float) -> Open:
    constants = {key: value for stage in Products.stages for key, value in zip(stage.keys, stage.start, strict=True)}
    constants[SHARE] = share
    told = Products().answer(rows, Setting(KG.engine, KG.names, constants))
    kept = [place for place, answer in enumerate(told) if np.isfinite(answer.value)]
    return Open([rows[i] for i in kept], np.array([told[i].value for i in kept]), ["A"] * len(kept))


def test_a_fit_finds_the_constant_that_made_the_rows() -> None:
    calibration = Calibration(KG, made(products(), 0.6))
    calibration.run()
    assert abs(calibration.constants[SHARE] / 0.6 - 1.0) < 0.1
    ((_, _, fitted, _),) = calibration.found
    assert np.nanmedian(np.abs(fitted.ratios["nothing"] - 1.0)) < 0.03


def left_out(data: Open, chosen: np.ndarray) -> np.ndarray:
    calibration = Calibration(KG, data)
    calibration.run()
    ((_, _, fitted, _),) = calibration.found
    return (fitted.ratios["chip"] * data.measured)[chosen]


def test_what_was_left_out_takes_no_part() -> None:
    data = made(products(), 0.6)
    hopper = np.array(["H100" in row.hardware for row in data.rows])
    wrong = replace(data, measured=np.where(hopper, data.measured * 3.0, data.measured))
    # A fit that never saw these rows predicts the same whatever was measured on them.
    np.testing.assert_allclose(left_out(wrong, hopper), left_out(data, hopper), rtol=0.05)


def test_constants_are_written_as_facts_in_turtle() -> None:
    text = turtle(
        [Constant("all", "fitted_launch_time", 2e-6, 1e-6, 3e-6, 12, "products")],
        "2026-11-24",
        {"fitted_launch_time": "s"},
    )
    graph = Graph().parse(data=text, format="turtle")
    assert len(set(graph.subjects())) == 3
    assert "on 12 rows" in text
