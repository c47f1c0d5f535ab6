"""The answer of ``impact`` for people: tables grouped by offering and workload."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from downstack.cli.explanation import print_attribution
from downstack.cli.feedback import loop_lines, print_profile
from downstack.cli.uncertainty import band_words, uncertain_sign_words, widest_words, width_words
from downstack.cli.words import (
    STYLES,
    common_roles,
    heading,
    number,
    oldest,
    percent,
    regime_switch,
    rest,
    spelled,
    telling_roles,
)
from downstack.results import Effect, ImpactReport, Status

MAX_EFFECTS = 60
"""Numbers of one printed answer; the rest is counted, and ``--json`` has all of them."""
MAX_REASONS = 12

Roles = Mapping[str, str]


def print_impact(console: Console, report: ImpactReport, *, flows: bool = False, profile: int | None = None) -> None:
    """Print what a change does; with flows, how each number came about; with a profile, for so many months."""
    console.print(Text("; ".join(report.changes), style="bold"))
    effects = [item for item in report.effects if item.scenario is not None or item.base is not None]
    missing = [item for item in report.effects if item.scenario is None and item.base is None]
    shown = effects[:MAX_EFFECTS]
    roles = [telling_roles(item.key) for item in shown]
    common = common_roles(roles)
    if common and shown:
        console.print(Text(f"all numbers are for {spelled(common)}"))
    groups: dict[str, list[tuple[Effect, str]]] = defaultdict(list)
    for item, own in zip(shown, roles, strict=True):
        telling = {role: name for role, name in own.items() if role not in common}
        groups[heading(telling)].append((item, rest(telling)))
    for name, members in groups.items():
        console.print()
        console.print(_effect_table(name, members))
        for line in _notes(members):
            console.print(Text(f"  {line}"))
        for line in loop_lines([item for item, _ in members]):
            console.print(Text(f"  {line}"))
        if profile is not None:
            for item, place in members:
                print_profile(console, _name(item, place), item.profile(profile))
        if flows:
            for item, place in members:
                print_attribution(console, _name(item, place), item.unit, item.attribution)
    if len(effects) > len(shown):
        console.print(f"\n{len(effects) - len(shown):,} more numbers: narrow with --where or --target, or use --json")
    if not report.effects:
        console.print("\nNothing is moved by it.")
    _print_missing(console, missing)
    _print_qualitative(console, report)
    for finding in report.findings:
        console.print(Text(f"finding: {finding.text}", style="yellow"))
    if report.not_reached:
        console.print()
    for target in report.not_reached:
        console.print(Text(f"not reached: {target.quantity}: {target.reason}", style="dim"))
    if report.partial:
        console.print(Text(f"partial: {report.partial_reason}", style="yellow"))
    console.print()
    for text in report.interventions:
        console.print(Text(text, style="dim"))
    if shown:
        console.print(Text(oldest(report.oldest_fact(MAX_EFFECTS), report.as_of), style="dim"))
    console.print(Text(f"graph {report.graph_version}, {report.elapsed_ms:.1f} ms", style="dim"))


def _effect_table(name: str, members: Iterable[tuple[Effect, str]]) -> Table:
    members = list(members)
    table = Table(title=escape(name) or None, title_justify="left", title_style="bold", header_style="bold", box=None)
    with_place = any(place for _, place in members)
    sampled = any(item.band is not None for item, _ in members)
    table.add_column("quantity", overflow="fold")
    if with_place:
        table.add_column("for", overflow="fold")
    table.add_column("base", justify="right")
    table.add_column("scenario", justify="right")
    table.add_column("unit")
    table.add_column("change", justify="right")
    if sampled:
        table.add_column("p10 to p90", justify="right", no_wrap=True)
        table.add_column("switches", justify="right")
    table.add_column("status")
    for item, place in members:
        table.add_row(
            escape(item.quantity.id),
            *([escape(place)] if with_place else []),
            number(item.base),
            number(item.scenario),
            escape(item.unit),
            percent(item.ratio),
            *(band_words(item.band) if sampled else ()),
            Text(str(item.status), style=STYLES[item.status]),
        )
    return table


def _notes(members: Iterable[tuple[Effect, str]]) -> list[str]:
    """Return what has to be said about some numbers: switches, why one is no full answer, how sure they are.

    What holds for several of them is said once.
    """
    lines: dict[str, list[str]] = defaultdict(list)
    for item, place in members:
        name = _name(item, place)
        regime = item.regime
        said = [] if regime is None or not regime.switches else [regime_switch(regime)]
        if item.band is not None:
            said += [uncertain_sign_words(item.band), widest_words(item.band, ratio=True)]
            said += [width_words(item.variance_shares), item.fact_coverage.statement]
        if item.status is not Status.OK and item.reason:
            said.append(item.reason)
        for text in dict.fromkeys(text for text in said if text):
            lines[text].append(name)
    return [f"{', '.join(dict.fromkeys(names))}: {text}" for text, names in lines.items()]


def _name(item: Effect, place: str) -> str:
    return f"{item.quantity.id} of {place}" if place else item.quantity.id


def _print_missing(console: Console, missing: list[Effect]) -> None:
    """Say what has no number and why, by reason: one absent fact is often behind a hundred of them."""
    if not missing:
        return
    reasons = Counter((item.status, item.reason or "no reason is known") for item in missing)
    console.print(f"\nWithout a number: {len(missing):,}")
    for (status, reason), count in reasons.most_common(MAX_REASONS):
        console.print(Text.assemble("  ", (str(status), STYLES[status]), f" {count:,}x {reason}"))
    if len(reasons) > MAX_REASONS:
        console.print(f"  ... for {len(reasons) - MAX_REASONS} more reasons; --json has all")


def _print_qualitative(console: Console, report: ImpactReport) -> None:
    if not report.qualitative:
        return
    table = Table(
        title="Direction only, without a number",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
    )
    for column in ("", "affected", "along", "strength", "confidence", "numeric to here"):
        table.add_column(column, overflow="fold")
    for item in report.qualitative:
        way = escape(" > ".join(item.path))
        table.add_row(item.sign, escape(item.target), way, item.strength, item.confidence, escape(item.numeric))
    console.print()
    console.print(table)
