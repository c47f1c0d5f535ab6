"""Draw predicted against measured values as an SVG: one panel a kind, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

SIDE, GAP, LEFT, TOP, COLUMNS = 220, 34, 56, 44, 4
INK, FAINT, DOT = "#1f2933", "#c3ccd5", "#1f6fb4"
FACTOR_TWO = math.log10(2.0)


@dataclass(frozen=True)
class Panel:
    """The points of one kind: measured and predicted, in the unit of the source."""

    title: str
    unit: str
    points: Sequence[tuple[float, float]]


def picture(panels: Sequence[Panel]) -> str:
    """Return the panels as one SVG document."""
    columns = min(COLUMNS, len(panels)) or 1
    rows = math.ceil(len(panels) / columns) or 1
    width = columns * (SIDE + LEFT + GAP)
    height = rows * (SIDE + TOP + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}" role="img">',
        "<title>Predicted against measured values, by kind of measurement</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for place, panel in enumerate(panels):
        x = (place % columns) * (SIDE + LEFT + GAP) + LEFT
        y = (place // columns) * (SIDE + TOP + GAP) + TOP
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel)}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> str:
    logs = [math.log10(value) for point in panel.points for value in point]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    high = max(high, low + 1)
    scale = SIDE / (high - low)

    def at(value: float) -> float:
        return round((value - low) * scale, 1)

    parts = [
        f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="{FAINT}"/>',
        f'<text x="0" y="-22" font-weight="bold">{escape(panel.title)}</text>',
        f'<text x="0" y="-8">{escape(panel.unit)}, {len(panel.points)} rows</text>',
        f'<line x1="0" y1="{SIDE}" x2="{SIDE}" y2="0" stroke="{INK}"/>',
    ]
    for shift in (-FACTOR_TWO, FACTOR_TWO):
        first, last = max(low, low - shift), min(high, high - shift)
        parts.append(
            f'<line x1="{at(first)}" y1="{SIDE - at(first + shift)}" x2="{at(last)}" y2="{SIDE - at(last + shift)}" '
            f'stroke="{FAINT}" stroke-dasharray="4 3"/>'
        )
    for decade in range(low, high + 1):
        parts.append(f'<text x="{at(decade)}" y="{SIDE + 14}" text-anchor="middle">{_power(decade)}</text>')
        parts.append(f'<text x="-6" y="{SIDE - at(decade) + 4}" text-anchor="end">{_power(decade)}</text>')
    for measured, predicted in panel.points:
        x, y = at(math.log10(measured)), SIDE - at(math.log10(predicted))
        parts.append(f'<circle cx="{x}" cy="{y:.1f}" r="2.2" fill="{DOT}" fill-opacity="0.5"/>')
    parts.append(f'<text x="{SIDE / 2}" y="{SIDE + 28}" text-anchor="middle">measured</text>')
    parts.append(f'<text transform="translate(-46 {SIDE / 2}) rotate(-90)" text-anchor="middle">predicted</text>')
    return "".join(parts)


def _power(decade: int) -> str:
    return f"{10.0**decade:g}" if -4 <= decade <= 4 else f"1e{decade}"
