"""A chain of one's own in Turtle: what is written is what is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from downstack.errors import UserInputError
from downstack.kg import KnowledgeGraph
from downstack.results import ShockReport
from downstack.vocabulary import PREFIXES

HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def fact(entity: str, quantity: str, value: float, unit: str, ends: tuple[float, float] | None = None) -> str:
    extra = "" if ends is None else f"dso:low {ends[0]:.3f}e0 ; dso:high {ends[1]:.3f}e0 ; "
    return (
        f"fact:{entity}.{quantity} a dso:Fact ; dso:subject ds:{entity} ; dso:quantity dso:{quantity} ; "
        f'dso:value {value:.4f}e0 ; {extra}dso:literal "{value:g}" ; dso:unit "{unit}" ; '
        f"dso:confidence dso:estimate ; dcterms:source src:table .\n"
    )


def node(name: str, technology: str = "assembly", extra: str = "", rationing: str = "proportional") -> str:
    return (
        f'sup:{name} a dso:ProductionNode ; rdfs:label "{name}"@en ; dso:produces ds:{name} ; '
        f'dso:technology "{technology}" ; dso:rationing "{rationing}" ; {extra}dcterms:source src:table .\n'
    )


def takes(user: str, supplier: str, group: str, extra: str = "") -> str:
    return (
        f"sup:{user}.from.{supplier} a dso:ProductionInput ; dso:inputOf sup:{user} ; dso:drawsOn sup:{supplier} ; "
        f'dso:inputGroup "{group}" ; {extra}dcterms:source src:table .\n'
    )


def gets(supplier: str, customer: str, extra: str = "") -> str:
    return (
        f"sup:{supplier}.to.{customer} a dso:AllocationShare ; dso:allocates sup:{supplier} ; "
        f"dso:allocatedTo ds:{customer} ; dso:shareFact fact:{customer}.cowosCapacityShare ; {extra}"
        "dcterms:source src:table .\n"
    )


def chain(rationing: str = "proportional", first: str = "", second: str = "") -> str:
    under = (
        "dso:underAllocation sup:wafers.to.{name} ; dso:outputsPerUnitFact fact:{name}-chip.packagesPerCowosWafer ; "
    )
    return "".join(
        (
            HEAD,
            'src:table a dso:Source ; dcterms:title "A table" ; dso:reference "https://example.org/table" .\n',
            'ds:wafers a dso:PackagingTechnology ; rdfs:label "Wafers"@en ; dso:inLayer dso:layer7 .\n',
            *(
                f'ds:{name} a dso:Company ; rdfs:label "{name}"@en .\n'
                f'ds:{name}-chip a dso:Accelerator ; rdfs:label "{name} chip"@en ; dso:inLayer dso:layer5 .\n'
                + fact(f"{name}-chip", "packagesPerCowosWafer", 20.0, "1/wafer")
                + fact(f"{name}-chip", "shipmentsForecast", 1_200_000.0, "chip")
                + node(f"{name}-chip", extra=f"dso:flowFact fact:{name}-chip.shipmentsForecast ; ")
                + takes(f"{name}-chip", "wafers", "packaging", under.format(name=name))
                for name in ("one", "two")
            ),
            'ds:buyer a dso:Company ; rdfs:label "Buyer"@en .\n',
            fact("one", "cowosCapacityShare", 60.0, "%"),
            fact("two", "cowosCapacityShare", 30.0, "%"),
            fact("buyer", "acceleratorPurchases", 120_000.0, "chip"),
            fact("buyer", "acceleratorFleet", 60_000.0, "chip"),
            fact("wafers", "supplyLeadTime", 91.3125, "day"),
            node("wafers", rationing=rationing),
            gets("wafers", "one", first),
            gets("wafers", "two", second),
            node("buyer", "fleet", "dso:installedFact fact:buyer.acceleratorFleet ; "),
            takes(
                "buyer",
                "two-chip",
                "deliveries",
                "dso:shareFact fact:buyer.acceleratorPurchases ; dso:leadTimeFact fact:wafers.supplyLeadTime ; ",
            ),
        )
    )


def asked(folder: Path, text: str, horizon: int = 18) -> ShockReport:
    (folder / "chain.ttl").write_text(text, encoding="utf-8")
    return KnowledgeGraph.open(folder).shock({"wafers": "-30%"}, horizon_months=horizon)


def first_month(report: ShockReport, entity: str) -> float | None:
    return next(item for item in report.targets if item.entity.id == entity).profiles[1].flow[0].value


def test_in_proportion_both_customers_lose_three_tenths(tmp_path: Path) -> None:
    report = asked(tmp_path, chain())
    assert first_month(report, "one-chip") == first_month(report, "two-chip") == pytest.approx(0.7)


def test_who_has_a_contract_is_served_first(tmp_path: Path) -> None:
    report = asked(tmp_path, chain("contract-first", first="dso:contracted true ; "))
    assert first_month(report, "one-chip") == 1.0
    assert first_month(report, "two-chip") == pytest.approx(0.25)


def test_a_lower_priority_waits(tmp_path: Path) -> None:
    report = asked(tmp_path, chain("priority", "dso:servicePriority 2 ; ", "dso:servicePriority 1 ; "))
    assert first_month(report, "two-chip") == 1.0
    # By hand: 0.7 less the 0.3 of the first, for a customer that wants 0.6.
    assert first_month(report, "one-chip") == pytest.approx(0.4 / 0.6)


def test_amounts_follow_from_shares_and_use_per_unit(tmp_path: Path) -> None:
    report = asked(tmp_path, chain())
    chip = next(item for item in report.targets if item.entity.id == "two-chip")
    assert chip.base_flow is not None and chip.base_flow.value == pytest.approx(100_000.0)
    (wafers,) = chip.inputs
    assert wafers.per_unit == "one of it gives 20"
    assert wafers.base_use is not None
    assert (wafers.base_use.value, wafers.base_use.unit) == (pytest.approx(5_000.0), "wafer/month")


def test_the_installed_base_is_that_of_the_worked_example(tmp_path: Path) -> None:
    """Six months of the flow are installed, three are under way: -10.0 % in month 12, as calculated by hand."""
    buyer = next(item for item in asked(tmp_path, chain()).targets if item.entity.id == "buyer")
    assert buyer.base_stock is not None and buyer.base_stock.value == 60_000.0
    assert buyer.profiles[1].stock[11].value == pytest.approx(0.9)
    assert buyer.profiles[1].stock[2].value == 1.0
    assert "60,000" in buyer.reason and "6.0 months" in buyer.reason


def test_a_graph_without_a_supply_chain_says_so(tmp_path: Path) -> None:
    (tmp_path / "chip.ttl").write_text(
        HEAD + 'ds:chip a dso:Accelerator ; rdfs:label "Chip"@en ; dso:inLayer dso:layer5 .\n', encoding="utf-8"
    )
    with pytest.raises(UserInputError, match="no supply chain"):
        KnowledgeGraph.open(tmp_path).shock({"chip": "-30%"})
