"""The page that shows influences, and published effects beside the same computed; generated from the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from downstack.graph.model import Influence
from downstack.results.published import EffectCheck

HEAD = """# Influences and their published effects

Written by `python -m downstack.generate`; do not edit by hand.

An influence is a cited sentence with a sign. Where its source says how much, the number is kept with its baseline, condition
and range as a check: where a formula computes the same quantity, it is asked for it, and the gap is shown. No answer reads a
published effect, and nothing was tuned to close a gap. The gap is relative to the nearer end of the published range, and 0
inside it.
"""


def effects_page(influences: Sequence[Influence], checks: Sequence[EffectCheck]) -> str:
    """Return the page as Markdown."""
    computed = [item for item in checks if item.computed is not None]
    rest = [item for item in checks if item.computed is None]
    typed = {item.influence.iri for item in checks}
    words = sorted((item for item in influences if item.iri not in typed), key=lambda item: item.iri)
    near = sum(1 for item in computed if abs(item.gap or 0.0) <= 0.1)
    parts = [
        HEAD,
        f"{len(influences)} influences: {len(computed)} with an effect that a formula computes too ({near} within 10 % of the"
        f" published range), {len(rest)} with an effect that none does, {len(words)} with a sign alone.\n",
        "## Computed beside published\n",
        "| influence | from | on | baseline | condition | published | computed | gap |",
        "|---|---|---|---|---|---:|---:|---:|",
        *(_computed_row(item) for item in computed),
        "",
        "## Published, not computed\n",
        *_reasons(rest),
        "",
        "| influence | from | on | baseline | condition | published | why not |",
        "|---|---|---|---|---|---:|---|",
        *(_other_row(item) for item in rest),
        "",
        "## A sign alone\n",
        "| influence | from | to | sign |",
        "|---|---|---|:-:|",
        *(f"| {_name(item)} | {item.source_entity} | {item.target_entity} | {item.sign} |" for item in words),
        "",
    ]
    return "\n".join(parts)


def _reasons(checks: Iterable[EffectCheck]) -> list[str]:
    counts = Counter(item.reason or "" for item in checks)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"- {count}: {reason}" for reason, count in ordered if count > 1]


def _computed_row(item: EffectCheck) -> str:
    gap = item.gap or 0.0
    return f"| {_typed(item)} | {item.computed or 0.0:.4g} {_unit(item)} | {gap:+.1%} |".replace("  ", " ")


def _other_row(item: EffectCheck) -> str:
    return f"| {_typed(item)} | {_cell(item.reason or '')} |"


def _typed(item: EffectCheck) -> str:
    effect = item.effect
    span = f"{effect.low:.4g}" if effect.low == effect.high else f"{effect.low:.4g} to {effect.high:.4g}"
    bound = "at most " if effect.form == "at most" else ""
    cells = (
        _name(item.influence),
        effect.changed_kind or item.influence.source_entity,
        effect.affected_kind or item.influence.quantity_affected or item.influence.target_entity,
        effect.baseline or "",
        effect.condition,
        f"{bound}{span} {_unit(item)}".rstrip(),
    )
    return " | ".join(_cell(cell) for cell in cells)


def _unit(item: EffectCheck) -> str:
    return "x" if item.effect.form == "ratio" else "" if item.effect.unit == "1" else item.effect.unit


def _name(item: Influence) -> str:
    return item.iri.rsplit("/", 1)[-1]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
