"""The page that says what the graph holds and what it lacks; generated, so that it cannot say more than is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from downstack.graph.ages import age_in_days, fact_date, is_stale
from downstack.graph.display import in_unit
from downstack.graph.knowledge import CONFIDENCE_ORDER, Knowledge
from downstack.graph.model import Fact
from downstack.graph.quality.contradictions import TOLERANCE, contradictions
from downstack.graph.quality.gaps import gaps
from downstack.graph.quality.rule import SEVERITIES, Examined
from downstack.graph.quality.rules import RULES
from downstack.graph.statements import Statements
from downstack.performance.declare import FunctionDeclaration

OLDEST = 20
GAPS = 60
EXAMPLES = 3

Row = Sequence[object]


def coverage_page(knowledge: Knowledge, statements: Statements, functions: Iterable[FunctionDeclaration]) -> str:
    """Return the page as Markdown; the same graph gives the same page on every day."""
    examined = Examined(knowledge, statements)
    parts = (
        _head(knowledge),
        _entities(knowledge),
        _facts(knowledge),
        _missing(knowledge, functions),
        _oldest(knowledge),
        _contradictions(examined),
        _influences(knowledge),
        _rules(examined),
    )
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _table(columns: str, rows: Iterable[Row]) -> list[str]:
    """Return a table; a column whose name ends in ``:`` is one of numbers."""
    names = columns.split("|")
    head = "| " + " | ".join(name.rstrip(":") for name in names) + " |"
    line = "|" + "|".join("---:" if name.endswith(":") else "---" for name in names) + "|"
    return [head, line, *("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows), ""]


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _number(value: float) -> str:
    """Return a number with four significant digits, written out where a person would."""
    return f"{round(value):,}" if 1e3 <= abs(value) < 1e12 else f"{value:.4g}"


def _head(held: Knowledge) -> list[str]:
    return [
        "# What the graph covers",
        "",
        "Generated from the graph by `python -m downstack.generate`; do not edit by hand.",
        f"Ages are judged on {held.today}, the newest date that any fact carries.",
        "",
        f"{len(held.entities):,} entities, {len(held.facts):,} facts of {len({f.quantity for f in held.facts}):,} quantities, "
        f"{len(held.relations):,} relations, {len(held.influences):,} influences, {len(held.sources):,} sources.",
        "",
    ]


def _entities(held: Knowledge) -> list[str]:
    counts = Counter((item.layer or 0, item.type) for item in held.entities.values())
    labels = {layer.number: f"{layer.number} {layer.label}" for layer in held.layers}
    with_facts = Counter(
        (item.layer or 0, item.type) for slug, item in held.entities.items() if slug in held.facts_by_entity
    )
    rows = [
        (labels.get(layer, "none"), kind, counts[layer, kind], with_facts[layer, kind])
        for layer, kind in sorted(counts, key=lambda key: (key[0] == 0, *key))
    ]
    return ["## Entities by layer and class", "", *_table("layer|class|entities:|with facts:", rows)]


def _facts(held: Knowledge) -> list[str]:
    confidence = Counter(fact.confidence for fact in held.facts)
    by_quantity: dict[str, Counter[str]] = defaultdict(Counter)
    subjects: dict[str, set[str]] = defaultdict(set)
    for fact in held.facts:
        by_quantity[fact.quantity][fact.confidence] += 1
        subjects[fact.quantity].add(fact.entity)
    rows = [
        (f"`{name}`", counts.total(), len(subjects[name]), *(counts[level] or "" for level in CONFIDENCE_ORDER))
        for name, counts in sorted(by_quantity.items(), key=lambda item: (-item[1].total(), item[0]))
    ]
    return [
        "## Facts by confidence",
        "",
        *_table("confidence|facts:", [(level, confidence[level]) for level in CONFIDENCE_ORDER]),
        "## Facts by quantity",
        "",
        *_table("quantity|facts:|entities:|" + "|".join(f"{level}:" for level in CONFIDENCE_ORDER), rows),
    ]


def _missing(held: Knowledge, functions: Iterable[FunctionDeclaration]) -> list[str]:
    every = gaps(held, functions)
    found = [gap for gap in every if not gap.is_total]
    nowhere: dict[str, set[str]] = defaultdict(set)
    for gap in every:
        if gap.is_total:
            nowhere[gap.quantity].update(gap.functions)
    rows = [
        (
            f"`{gap.quantity}`",
            gap.entity_class,
            len(gap.without),
            gap.entities,
            _some(gap.without),
            _some(gap.functions, code=True),
            gap.behind,
        )
        for gap in found[:GAPS]
    ]
    more = [f"... and {len(found) - GAPS} more with fewer.", ""] if len(found) > GAPS else []
    return [
        "## What is missing",
        "",
        "Facts that nobody has stated and that a formula cannot do without: the answer is MISSING_INPUT for these entities, in "
        "these functions and in all that is computed from them. A model that is not open has no architecture to state, and some "
        "quantities belong to a technique that most models do not use (an indexer, recurrent layers, a draft model).",
        "",
        *_table("missing|of class|without it:|of:|for example|functions that need it|quantities behind:", rows),
        *more,
        "Stated for no entity of their class: a question gives them, or nobody publishes them.",
        "",
        *_table(
            "missing|functions that need it",
            [(f"`{name}`", _some(sorted(names), code=True)) for name, names in sorted(nowhere.items())],
        ),
    ]


def _some(names: Sequence[str], *, code: bool = False) -> str:
    shown = [f"`{name}`" if code else name for name in names[:EXAMPLES]]
    return ", ".join(shown) + (f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else "")


def _oldest(held: Knowledge) -> list[str]:
    chosen: list[Fact] = []
    for entity, quantity in held.facts_by_subject:
        kind = held.quantities[quantity]
        if kind.age_budget is not None or kind.varies_in_time:
            chosen += held.candidates(entity, quantity)[:1]
    dated = sorted(
        (fact for fact in chosen if fact_date(fact)), key=lambda fact: (-(age_in_days(fact, held.today) or 0), fact.iri)
    )
    stale = sum(is_stale(held.quantities[fact.quantity], fact, held.today) for fact in chosen)
    rows = [
        (
            f"`{fact.entity}.{fact.quantity}`",
            f"{fact.literal} {fact.unit}",
            fact_date(fact),
            age_in_days(fact, held.today),
            held.quantities[fact.quantity].age_budget or "",
            "yes" if is_stale(held.quantities[fact.quantity], fact, held.today) else "",
        )
        for fact in dated[:OLDEST]
    ]
    return [
        "## Oldest facts",
        "",
        f"Of the facts that answer for a quantity that changes with time; {stale} of {len(chosen)} are older than their limit "
        "or have ended, and answers call them stale.",
        "",
        *_table("fact|value|of|days old:|limit|stale", rows),
    ]


def _contradictions(examined: Examined) -> list[str]:
    held = examined.knowledge
    rows = []
    for found in sorted(contradictions(examined), key=lambda item: -item.spread):
        first = found.facts[0]
        kind = held.quantities[first.quantity]
        values = "; ".join(
            f"{_number(in_unit(kind, fact.value))} ({fact.source.title[:50]}, {fact.confidence})"
            for fact in found.facts
        )
        settled = "by confidence" if found.spread_of_best <= TOLERANCE else "no"
        key = f"`{first.entity}.{first.quantity}`" + (f" ({first.condition})" if first.condition else "")
        rows.append((key, kind.display_unit, f"{found.spread:.0%}", settled, values))
    return [
        "## Contradictions",
        "",
        f"Sources of one quantity of one entity that differ by more than {TOLERANCE:.0%}, the value that answers first. All of them "
        "are kept and make the interval of the answer.",
        "",
        *_table("of|unit|spread:|settled|what sources say", rows),
    ]


def _influences(held: Knowledge) -> list[str]:
    layers: dict[tuple[int, int], Counter[bool]] = defaultdict(Counter)
    for item in held.influences:
        ends = (held.entities[item.source_entity].layer or 0, held.entities[item.target_entity].layer or 0)
        layers[ends][item.changed_kind is not None] += 1
    typed = sum(counts[True] for counts in layers.values())
    rows = [
        (start or "none", end or "none", counts.total(), counts[True], counts[False])
        for (start, end), counts in sorted(layers.items())
    ]
    return [
        "## Influences",
        "",
        f"{typed} of {len(held.influences)} name the two quantities that they connect, so that formulas are compared with them; the "
        "others are directions with a mechanism.",
        "",
        *_table("from layer:|to layer:|influences:|typed:|qualitative:", rows),
    ]


def _rules(examined: Examined) -> list[str]:
    rows = []
    for rule in RULES:
        counts = Counter(fault.severity for fault in rule.check(examined))
        rows.append((f"`{rule.id}`", rule.says, *(counts[name] for name in SEVERITIES)))
    return [
        "## What the rules of plausibility find",
        "",
        "`downstack validate` prints each finding with its file and line ([how to read them](quality.md)).",
        "",
        *_table("rule|what holds where it finds nothing|errors:|warnings:|notes:", rows)[:-1],
    ]
