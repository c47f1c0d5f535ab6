"""Shares multiply along chains and add within a need; what nobody publishes widens, and is never made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downstack.graph.dependence.mixing import ALL, NONE, largest, mix, times, weight_shares
from downstack.kg import KnowledgeGraph
from downstack.results import Exposure, ShareInterval

unit = st.floats(0.0, 1.0)


def exact(value: float) -> ShareInterval:
    return ShareInterval(value, value, value)


@st.composite
def intervals(draw: st.DrawFn, least: float = 0.0, most: float = 1.0) -> ShareInterval:
    low, value, high = sorted(draw(st.tuples(*[st.floats(least, most)] * 3)))
    return ShareInterval(value, low, high)


@given(st.lists(st.tuples(intervals(0.1, 10.0), intervals()), min_size=1, max_size=5), st.randoms())
def test_a_mean_lies_between_its_ends_whatever_the_weights_are(
    items: list[tuple[ShareInterval, ShareInterval]], random: object
) -> None:
    weights, parts = [weight for weight, _ in items], [part for _, part in items]
    found = mix(weights, parts, other=False)
    assert found.value is not None
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    for corner in range(2 ** len(items)):
        chosen = [w.low if corner >> place & 1 else w.high for place, w in enumerate(weights)]
        for end in ("low", "high"):
            mean = sum(w * getattr(p, end) for w, p in zip(chosen, parts, strict=True)) / sum(chosen)
            assert found.low - 1e-9 <= mean <= found.high + 1e-9


def test_one_unknown_weight_makes_the_mean_an_interval_and_the_value_unknown() -> None:
    assert mix([exact(3.0), None], [ALL, NONE], other=False) == ShareInterval(None, 0.0, 1.0)
    assert mix([exact(3.0), None], [ALL, ALL], other=False) == ALL
    assert mix([exact(3.0)], [ALL], other=True) == ShareInterval(None, 0.0, 1.0)


@given(st.lists(intervals(0.1, 10.0), min_size=1, max_size=6))
def test_the_shares_of_known_weights_sum_to_one(weights: list[ShareInterval]) -> None:
    shares = weight_shares(list(weights), other=False)
    assert sum(item.value or 0.0 for item in shares) == pytest.approx(1.0)


@given(intervals(), intervals())
def test_a_part_of_a_part_is_their_product(first: ShareInterval, second: ShareInterval) -> None:
    found = times(first, second)
    assert first.value is not None and second.value is not None
    product = first.value * second.value
    assert found.value == product
    assert found.low <= product <= found.high


def test_an_unknown_need_matters_unless_a_known_one_is_as_large_as_it_can_be() -> None:
    unknown = ShareInterval(None, 0.0, 0.6)
    assert largest([exact(0.8), unknown]) == exact(0.8)
    assert largest([exact(0.4), unknown]) == ShareInterval(None, 0.4, 0.6)


def share(kg: KnowledgeGraph, dependent: str, provider: str) -> Exposure:
    report = kg.dependencies(provider, "up", 64)
    return next(item for item in report.exposures if item.dependent.id == dependent)


def fact(kg: KnowledgeGraph, entity: str, quantity: str, as_of: str) -> float:
    return next(item.value for item in kg.facts_of(entity, quantity) if item.as_of == as_of)


def test_the_share_of_cowos_in_an_h200_is_that_of_the_wafers_that_nvidia_gets_there(bundled: KnowledgeGraph) -> None:
    found = share(bundled, "nvidia-h200-sxm", "tsmc-cowos")
    assert found.share.value == pytest.approx(510_000 / (510_000 + 80_000), rel=1e-12)
    assert found.need == "packaging" and found.unknown == ()
    assert {item.quantity for item in found.facts} == {"cowos_wafer_allocation"}


def test_sources_that_disagree_on_market_shares_widen_the_share_of_sk_hynix(bundled: KnowledgeGraph) -> None:
    found = share(bundled, "nvidia-h200-sxm", "sk-hynix").share
    assert found.value == pytest.approx(0.62 / (0.62 + 0.21))
    assert (found.low, found.high) == (pytest.approx(0.54 / (0.54 + 0.21)), pytest.approx(0.70 / (0.70 + 0.10)))


def test_shares_multiply_along_a_chain(bundled: KnowledgeGraph) -> None:
    offering = share(bundled, "aws-p5en-48xlarge", "sk-hynix")
    chip = share(bundled, "nvidia-h200-sxm", "sk-hynix")
    assert offering.share == chip.share
    assert offering.chains[0].entities == ("aws-p5en-48xlarge", "nvidia-h200-sxm", "sk-hynix")
    (chain,) = offering.chains
    assert chain.product.value == pytest.approx((chain.shares[0].value or 0.0) * (chain.shares[1].value or 0.0))


def test_known_chains_sum_to_the_share(bundled: KnowledgeGraph) -> None:
    checked = 0
    for slug in ("tsmc-cowos", "sk-hynix", "nvidia", "amd", "tsmc"):
        for item in bundled.dependencies(slug, "up", 64).exposures:
            values = [chain.product.value for chain in item.chains]
            if item.share.value is not None and all(value is not None for value in values) and len(values) < 20:
                assert sum(value or 0.0 for value in values) == pytest.approx(item.share.value)
                checked += 1
    assert checked > 40


def test_microsoft_buys_so_much_from_nvidia_as_omdia_counted(bundled: KnowledgeGraph) -> None:
    found = share(bundled, "microsoft", "nvidia")
    assert found.share.value == pytest.approx(485_000 / (485_000 + 96_000))
    assert found.place == "Accelerators of Microsoft"


def test_a_share_that_turns_on_what_nobody_publishes_has_no_value_and_says_what_is_missing(
    bundled: KnowledgeGraph,
) -> None:
    found = share(bundled, "chatgpt", "sk-hynix")
    assert found.share.value is None
    assert 0.0 <= found.share.low < found.share.high <= 1.0
    assert "how much of the products of NVIDIA comes from NVIDIA B200" in found.unknown


def test_what_is_allocated_to_a_customer_stands_beside_what_the_customer_needs(bundled: KnowledgeGraph) -> None:
    found = share(bundled, "nvidia", "tsmc-cowos")
    assert found.allocated == ShareInterval(0.60, 0.60, 0.63)


def test_facts_of_later_dates_do_not_count(bundled: KnowledgeGraph) -> None:
    report = bundled.dependencies("nvidia-h200-sxm", "down", as_of="2023-01")
    packaging = [item for item in report.exposures if item.provider.id == "tsmc-cowos"]
    assert [item.share for item in packaging] == [ShareInterval(None, 0.0, 1.0)]
