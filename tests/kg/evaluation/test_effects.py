"""Published effects of influences beside the same computed: checks of formulas, which nothing is fitted to."""

from __future__ import annotations

import pytest

from downstack.kg import KnowledgeGraph
from downstack.results.published import EffectCheck


@pytest.fixture(scope="module")
def checks(bundled: KnowledgeGraph) -> dict[str, EffectCheck]:
    return {item.influence.iri.rpartition("/")[2]: item for item in bundled.published_effects()}


def test_every_published_effect_is_typed_and_computed_or_says_why_not(
    bundled: KnowledgeGraph, checks: dict[str, EffectCheck]
) -> None:
    # Eight influences have a sign alone: their sources print words.
    assert len(checks) == len(bundled.influences) - 8
    for item in checks.values():
        assert (item.computed is None) != (item.reason is None)
        assert item.effect.low <= item.effect.high
        assert (item.gap is None) == (item.computed is None)
    assert sum(item.computed is not None for item in checks.values()) >= 28


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # 8 key and value heads in place of 32.
        ("gqa-shrinks-kv-cache", 8 / 32),
        # 61 layers of 512 + 64 numbers beside 126 layers of 2 x 8 x 128.
        ("mla-kv-bytes-across-models", 61 * 576 / (126 * 2048)),
        # One byte for two.
        ("fp8-weights-memory", 0.5),
        # NVLink of the H800 beside that of the H100.
        ("export-controls-2022-on-h800", 400 / 900),
    ],
)
def test_what_is_computed_is_what_a_hand_gets(checks: dict[str, EffectCheck], name: str, by_hand: float) -> None:
    computed = checks[name].computed
    assert computed == pytest.approx(by_hand, rel=1e-6)


def test_a_gap_is_counted_from_the_nearer_end_of_what_was_published(checks: dict[str, EffectCheck]) -> None:
    for item in checks.values():
        if item.computed is None or item.gap is None or item.effect.form == "at most":
            continue
        if item.computed > item.effect.high:
            assert item.gap == pytest.approx(item.computed / item.effect.high - 1.0)
        elif item.computed < item.effect.low:
            assert item.gap == pytest.approx(item.computed / item.effect.low - 1.0)
        else:
            assert item.gap == 0.0
