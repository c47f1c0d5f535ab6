"""Published numbers of dies, yields, supply and power; each test names source and tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from downstack.kg import KnowledgeGraph
from downstack.performance import REGISTRY
from downstack.performance.dies import dies_per_wafer_flynn

UNKNOWN = float("nan")
PER_CM2 = 1e4
CM2 = 1e-4


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(value) for key, value in values.items()}))


@pytest.fixture(scope="module")
def kg(bundled: KnowledgeGraph) -> KnowledgeGraph:
    return bundled


# --- dies of a wafer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("area", "printed"), [(225e-6, 270), (100e-6, 640)])
def test_a_300_mm_wafer_holds_the_dies_of_hennessy_and_patterson(area, printed):
    # Computer Architecture, example on dies per wafer: 270 of 2.25 cm^2 and 640 of 1.00 cm^2; to the printed whole number.
    assert round(call("dies_per_wafer", logic_die_area=area)) == printed


@pytest.mark.parametrize(("area", "printed"), [(2.3e-4, 130), (1.0e-4, 314)])
def test_a_210_mm_wafer_holds_the_dies_of_flynn(area, printed):
    # Flynn and Luk, example with a wafer of 21 cm: 130 of 2.3 cm^2 and 314 of 1 cm^2; to the printed whole number.
    assert round(float(dies_per_wafer_flynn(np.float64(area), wafer_diameter=0.21))) == printed


def test_a_300_mm_wafer_holds_63_dies_of_the_h100():
    # By hand, 814 mm^2: 86.84 - 23.36 = 63.5.
    assert call("dies_per_wafer", logic_die_area=814e-6) == pytest.approx(63.5, rel=1e-3)


def test_an_area_beyond_one_exposure_is_that_of_several_dies():
    declaration = REGISTRY.get("logic_die_area")
    assert declaration is not None
    assert declaration.feasible is not None
    stated = {"die_area": np.float64(1600e-6), "dies_in_stated_area": np.float64(UNKNOWN)}
    assert not declaration.feasible(**declaration.arguments(stated))
    counted = stated | {"dies_in_stated_area": np.float64(2.0)}
    assert declaration.feasible(**declaration.arguments(counted))
    assert declaration(counted) == pytest.approx(800e-6)


# --- yield ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defects", "poisson", "murphy", "seeds"),
    [
        (0.05, 0.9512, 0.9514, 0.9524),
        (0.1, 0.9048, 0.9056, 0.9091),
        (0.25, 0.7788, 0.7829, 0.8000),
        (0.5, 0.6065, 0.6193, 0.6667),
        (0.75, 0.4724, 0.4949, 0.5714),
        (1.0, 0.3679, 0.3996, 0.5000),
        (1.5, 0.2231, 0.2682, 0.4000),
        (3.0, 0.0498, 0.1003, 0.2500),
    ],
)
def test_the_models_of_yield_agree_with_the_table_of_leachman(defects, poisson, murphy, seeds):
    # Leachman, IEOR 130, solutions of homework 4; to the four printed digits.
    assert call("die_yield_poisson", defects_per_die=defects) == pytest.approx(poisson, abs=6e-5)
    assert call("die_yield_murphy", defects_per_die=defects) == pytest.approx(murphy, abs=6e-5)
    assert call("die_yield_seeds", defects_per_die=defects) == pytest.approx(seeds, abs=6e-5)


@pytest.mark.parametrize(("area", "printed"), [(0.1792, 0.80), (1.0, 0.32)])
def test_the_test_chip_of_n5_yields_what_tsmc_said(area, printed):
    # AnandTech on the N5 test chip, with Murphy's model at 1.271 defects/cm^2: 80 % and 32 %; to the printed per cent.
    defects = call("defects_per_die", logic_die_area=area * CM2, defect_density=1.271 * PER_CM2)
    assert call("die_yield_murphy", defects_per_die=defects) == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize("defects", [0.1, 0.5, 1.5])
def test_the_negative_binomial_model_holds_poisson_and_seeds_as_its_limits(defects):
    assert call("die_yield", defects_per_die=defects, defect_clustering=1.0) == pytest.approx(
        call("die_yield_seeds", defects_per_die=defects), rel=1e-12
    )
    assert call("die_yield", defects_per_die=defects, defect_clustering=1e7) == pytest.approx(
        call("die_yield_poisson", defects_per_die=defects), rel=1e-6
    )


@pytest.mark.parametrize(("area", "printed"), [(2.25, 0.40), (1.0, 0.66)])
def test_thirteen_and_a_half_critical_layers_yield_what_hennessy_and_patterson_print(area, printed):
    # Bose-Einstein, (1 + A D)^-N with N 13.5 and 0.031 defects/cm^2 in each layer: the negative binomial model with N
    # as its clustering. Recalled from the primary book, arithmetic checked again; the printed digits.
    found = call("die_yield", defects_per_die=13.5 * 0.031 * area, defect_clustering=13.5)
    assert found == pytest.approx(printed, abs=0.005)


def test_a_die_of_the_h100_costs_550_usd_at_the_wafer_price_of_cset():
    # By hand: 814 mm^2, 0.10 defects/cm^2, alpha 3, 16,988 USD a wafer (CSET): yield 0.487, 30.9 dies, 550 USD; 0.2 %.
    defects = call("defects_per_die", logic_die_area=814e-6, defect_density=0.10 * PER_CM2)
    whole = call("die_yield", defects_per_die=defects, defect_clustering=3.0)
    assert whole == pytest.approx(0.487, abs=5e-4)
    sold = call("sellable_die_yield", die_yield=whole, die_salvage_share=UNKNOWN)
    dies = call("dies_per_wafer", logic_die_area=814e-6)
    good = call("good_dies_per_wafer", dies_per_wafer=dies, sellable_die_yield=sold)
    assert good == pytest.approx(30.9, abs=0.05)
    assert call("die_cost", wafer_price=16988.0, good_dies_per_wafer=good) == pytest.approx(550.0, rel=0.002)


def test_the_published_count_of_good_dies_needs_salvage():
    # The 55 dies of an H200 wafer "at 85 % yield" are more than dies without any defect could be.
    defects = call("defects_per_die", logic_die_area=814e-6, defect_density=0.105 * PER_CM2)
    whole = call("die_yield", defects_per_die=defects, defect_clustering=2.0)
    dies = call("dies_per_wafer", logic_die_area=814e-6)
    assert dies * whole < 32.0
    sold = call("sellable_die_yield", die_yield=whole, die_salvage_share=0.71)
    assert dies * sold == pytest.approx(55.0, rel=0.02)


# --- supply -----------------------------------------------------------------------------------------------------------


def test_more_of_an_input_that_does_not_bind_changes_nothing():
    supply = {
        "accelerator_supply_by_packaging": 280.0,
        "accelerator_supply_by_logic": 220.0,
        "accelerator_supply_by_memory": 333.0,
    }
    base = call("accelerator_supply", **supply)
    assert base == 220.0
    assert call("accelerator_supply", **supply | {"accelerator_supply_by_packaging": 560.0}) == base
    assert call("accelerator_supply", **supply | {"accelerator_supply_by_logic": 242.0}) == 242.0


def test_supply_without_any_packaging_is_not_known():
    assert np.isnan(
        call(
            "accelerator_supply",
            accelerator_supply_by_packaging=UNKNOWN,
            accelerator_supply_by_logic=220.0,
            accelerator_supply_by_memory=333.0,
        )
    )


# --- peak rate and power ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "operations", "clock", "datasheet"),
    [(528.0, 1024.0, 1.83e9, 989e12), (432.0, 512.0, 1.41e9, 312e12), (1216.0, 512.0, 2.1e9, 1307e12)],
    ids=["h100-sxm", "a100-sxm", "mi300x"],
)
def test_matrix_units_times_clock_are_the_dense_peak_of_the_datasheet(units, operations, clock, datasheet):
    # Dense BF16 peaks of the datasheets; 0.1 %. With 2:4 sparsity vendors print twice as much.
    found = call(
        "peak_flops_from_matrix_cores",
        matrix_core_count=units,
        operations_per_matrix_core_cycle=operations,
        clock_frequency_max=clock,
    )
    assert found == pytest.approx(datasheet, rel=1e-3)


def test_fifteen_per_cent_less_voltage_and_clock_is_39_per_cent_less_power():
    # Hennessy and Patterson, example on dynamic energy and power: 0.72 of the energy, 0.61 of the power; as printed.
    energy = call("scaled_energy_ratio", voltage_ratio=0.85)
    assert round(energy, 2) == 0.72
    assert (
        round(call("scaled_power", thermal_design_power=1.0, scaled_energy_ratio=energy, clock_ratio=0.85), 2) == 0.61
    )


# --- the same from the graph ------------------------------------------------------------------------------------------


def test_the_graph_answers_what_a_die_of_the_a100_costs_and_from_which_facts(kg):
    row = kg.value("die_cost", entity="nvidia-a100-sxm-80gb").rows[0]
    # 826 mm^2 at 0.09 defects/cm^2 on a wafer of 10,000 USD, alpha 2: 33.2 good dies.
    assert row.value == pytest.approx(10000.0 / 33.16, rel=1e-3)


def test_the_graph_says_that_a_die_of_the_mi300x_cannot_be_printed_at_once(kg):
    assert kg.value("die_yield", entity="amd-mi300x").rows[0].status.name == "INFEASIBLE"


def test_the_graph_finds_what_binds_once_allocations_are_assumed(kg):
    report = kg.impact(
        {
            "nvidia-h200-sxm.packaging_wafers_allocated": "10000 wafer/month",
            "nvidia-h200-sxm.logic_wafers_allocated": "4000 wafer/month",
            "nvidia-h200-sxm.memory_stacks_allocated": "2000000 stack/month",
        },
        targets=["accelerator_supply"],
        where={"accelerator": "nvidia-h200-sxm"},
    )
    (effect,) = report.effects
    # 4,000 logic wafers with 55 good dies against 280,000 packages and 333,333 sets of stacks.
    assert effect.base is None
    assert effect.scenario == pytest.approx(220000.0)
