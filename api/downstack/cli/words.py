"""Numbers, changes and regimes in the words of a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from downstack.graph.ages import age_in_days, fact_date
from downstack.graph.model import Fact
from downstack.results import EffectKey, Regime, Status

STYLES = {
    Status.OK: "green",
    Status.STALE: "yellow",
    Status.EXTRAPOLATED: "yellow",
    Status.INFEASIBLE: "red",
    Status.NOT_CONVERGED: "red",
    Status.MISSING_INPUT: "magenta",
}

HEADING_ROLES = ("offering", "workload")
"""The roles that tables are grouped by."""

IMPLIED = {
    "offering": ("accelerator", "provider", "memory", "interconnect", "process_node"),
    "framework": ("calibration",),
    "accelerator": ("memory", "interconnect", "process_node"),
}
"""Roles that another one determines: naming them again tells a reader nothing."""


def number(value: float | None) -> str:
    """Return a number with four significant digits, thousands grouped."""
    if value is None:
        return "-"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e7:
        digits = f"{value:.4g}"
        return f"{float(digits):,.0f}" if "e" in digits or abs(value) >= 1_000 else digits
    return f"{value:.3e}"


def with_unit(text: str, unit: str) -> str:
    """Return a number with its unit; a pure number has none to show."""
    return text if unit == "1" else f"{text} {unit}"


def percent(ratio: float | None) -> str:
    """Return a ratio as the change it is."""
    if ratio is None:
        return "-"
    change = (ratio - 1.0) * 100.0
    return "0 %" if abs(change) < 5e-4 else f"{change:+,.1f} %" if abs(change) >= 0.05 else f"{change:+.2g} %"


def share(part: float | None) -> str:
    """Return a part of a whole as a percentage."""
    if part is None:
        return "-"
    return "0 %" if abs(part) < 5e-6 else f"{part * 100.0:.3g} %"


def phrase(name: str | None) -> str:
    """Return the name of a regime as words."""
    return "nothing" if name is None else name.replace("_", " ")


def regime_switch(regime: Regime) -> str:
    """Return a switch of regimes as a sentence."""
    said = f"binding limit switches from {phrase(regime.base)} to {phrase(regime.scenario)}"
    if regime.switch_at is None:
        return said
    # With a single change the reader knows what is meant; with several, each must be named.
    place = regime.switch_at if "," in regime.switch_at else regime.switch_at.rpartition(" ")[2]
    return f"{said} at {place}"


def regime_state(regime: Regime) -> str:
    """Return what binds as a sentence."""
    return f"bound by {phrase(regime.base)}"


def oldest(fact: Fact | None, on: str) -> str:
    """Return which fact is the oldest that an answer rests on, and how old it is on the date of the answer."""
    if fact is None:
        return f"as of {on}; no fact has a date"
    return (
        f"as of {on}; oldest fact: {fact.entity}.{fact.quantity} of {fact_date(fact)}, {age_in_days(fact, on):,} days"
    )


def telling_roles(key: EffectKey) -> dict[str, str]:
    """Return the roles of a combination without those that another one implies."""
    implied = {name for role, names in IMPLIED.items() if key.get(role) is not None for name in names}
    return {role: name for role, name in key.roles if role not in implied}


def common_roles(roles: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the roles that are the same in all combinations, so that they are said once."""
    if not roles:
        return {}
    return {role: name for role, name in roles[0].items() if all(other.get(role) == name for other in roles)}


def heading(roles: Mapping[str, str]) -> str:
    """Return the roles that a table is grouped by."""
    return ", ".join(roles[role] for role in HEADING_ROLES if role in roles)


def rest(roles: Mapping[str, str]) -> str:
    """Return the roles that are not in the heading."""
    return ", ".join(name for role, name in roles.items() if role not in HEADING_ROLES)


def spelled(roles: Mapping[str, str]) -> str:
    """Return roles with their names."""
    return ", ".join(f"{role.replace('_', ' ')} {name}" for role, name in roles.items())
