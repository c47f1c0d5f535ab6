"""What moved between two graph versions, split exactly into changed facts and changed formulas.

A number is a function of the facts and of every formula on the way. Between two versions some of these differ. All mixtures
of old and new are evaluated (old facts with one new formula, and so on), and the difference is split by the Shapley value
over {the facts, each changed formula}: what each brings, on average over all orders in which they could have been changed.
The parts sum to the difference. Where a mixture has no number, formulas are taken together, then facts and formulas.

References
----------
.. [1] K. Budhathoki et al., "Why did the distribution change?", AISTATS 2021: changes of mechanisms apart from those of
   inputs, by Shapley values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import factorial

import numpy as np

from downstack.engine.engine import Engine
from downstack.engine.trace import STATUS
from downstack.errors import FunctionError, UserInputError
from downstack.graph.display import in_unit, shown
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import Array, FunctionDeclaration
from downstack.results import EffectKey, FactChange, FunctionChange, VersionCause, VersionEffect, VersionReport

METHOD = "Shapley value over the facts and each changed function: every mixture of old and new is evaluated"
FACTS = "facts changed"
MAX_SPLIT = 7
"""Changed functions that are told apart (two to the power of one more mixtures are evaluated)."""
MAX_ROWS = 20_000

Identity = tuple[str, tuple[tuple[str, str], ...]]
Selection = Callable[[Engine], Mapping[str, frozenset[int]]]


@dataclass(frozen=True, slots=True)
class _Players:
    """What may be old or new independently of the rest: names of functions, and the facts."""

    groups: tuple[tuple[str, ...], ...]
    """Functions that change together, for each player."""
    facts: tuple[bool, ...]
    """Whether the facts belong to the player, for each player."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of one mixture by combination."""

    values: Mapping[Identity, float]
    codes: Mapping[Identity, int]
    keys: Mapping[Identity, EffectKey]


def compare_versions(
    before: Engine, after: Engine, targets: Sequence[str], selection: Selection, as_of: str | None
) -> VersionReport:
    """Say how some targets differ between two engines, and how much of it is due to what.

    Parameters
    ----------
    before, after
        The two versions; a function is the same when its digest is.
    targets
        Quantities of both.
    selection
        The filter of the question in the positions of an engine.
    as_of
        Answer with the facts of that date.

    Raises
    ------
    UserInputError
        If a target is held in another unit in the other version, or if there are too many combinations.
    """
    for target in targets:
        units = before.knowledge.quantities[target].unit, after.knowledge.quantities[target].unit
        if units[0] != units[1]:
            raise UserInputError(
                f"{target} is held in {units[0]} in one version and in {units[1]} in the other",
                field="targets",
                hint="ask for quantities that mean the same in both",
            )
    versions = (before, after)
    functions = _changed_functions(versions, targets)
    facts = _changed_facts(versions, targets)
    ends = tuple(_evaluate(engine, targets, selection, as_of) for engine in versions)
    both = [identity for identity in ends[0].values if identity in ends[1].values]
    moved = [identity for identity in both if _differs(ends, identity)]
    causes, reasons = _split(versions, ends, moved, functions, _same_knowledge(versions), (targets, selection, as_of))
    effects = [_effect(versions, ends, identity, causes, reasons) for identity in moved]
    return VersionReport(
        before=before.knowledge.version,
        after=after.knowledge.version,
        method=METHOD,
        effects=tuple(sorted(effects, key=_size)),
        unchanged=len(both) - len(moved),
        only_before=len(ends[0].values) - len(both),
        only_after=len(ends[1].values) - len(both),
        functions=functions,
        facts=facts,
    )


def _evaluate(engine: Engine, targets: Sequence[str], selection: Selection, as_of: str | None) -> _Numbers:
    plan = engine.plan(targets, selection(engine), as_of)
    total = sum(plan.by_quantity[target].rows for target in targets)
    if total > MAX_ROWS:
        raise UserInputError(
            f"the targets have {total} combinations, more than the {MAX_ROWS} of one answer",
            field="where",
            hint="narrow it with where, or name fewer targets",
        )
    outcome = engine.base(plan).outcome
    values: dict[Identity, float] = {}
    codes: dict[Identity, int] = {}
    keys: dict[Identity, EffectKey] = {}
    for target in targets:
        step = plan.by_quantity[target]
        for row in range(step.rows):
            key = plan.binding.key(step.key, row)
            identity = (target, key.roles[: key.own])
            values[identity], codes[identity] = outcome.value(target, row, 0), outcome.code(target, row, 0)
            keys[identity] = key
    return _Numbers(values, codes, keys)


def _differs(ends: tuple[_Numbers, ...], identity: Identity) -> bool:
    first, last = ends[0].values[identity], ends[1].values[identity]
    same = first == last or (np.isnan(first) and np.isnan(last))
    return not same or ends[0].codes[identity] != ends[1].codes[identity]


def _on_the_way(versions: Iterable[Engine], targets: Sequence[str]) -> frozenset[str]:
    return frozenset(name for engine in versions for name in engine.schema.ancestors(targets))


def _changed_functions(versions: tuple[Engine, Engine], targets: Sequence[str]) -> tuple[FunctionChange, ...]:
    needed = _on_the_way(versions, targets)
    digests = [{item.name: item.digest for item in engine.functions if item.returns in needed} for engine in versions]
    return tuple(
        FunctionChange(name, digests[0].get(name), digests[1].get(name))
        for name in sorted({*digests[0], *digests[1]})
        if digests[0].get(name) != digests[1].get(name)
    )


def _changed_facts(versions: tuple[Engine, Engine], targets: Sequence[str]) -> tuple[FactChange, ...]:
    needed = _on_the_way(versions, targets)
    stated = [engine.knowledge.facts_by_subject for engine in versions]
    changed = []
    for entity, quantity in sorted({*stated[0], *stated[1]}):
        if quantity not in needed:
            continue
        groups = [held.get((entity, quantity), ()) for held in stated]
        if groups[0] != groups[1]:
            said = [tuple(f"{fact.literal} {fact.unit}" for fact in group) for group in groups]
            changed.append(FactChange(entity, quantity, said[0], said[1]))
    return tuple(changed)


def _same_knowledge(versions: tuple[Engine, Engine]) -> bool:
    """Return whether two versions state the same of the world, whatever their formulas are."""
    first, last = versions[0].knowledge, versions[1].knowledge
    return first is last or all(
        getattr(first, name) == getattr(last, name)
        for name in ("facts", "entities", "links", "roles", "quantities", "superclasses")
    )


def _split(
    versions: tuple[Engine, Engine],
    ends: tuple[_Numbers, ...],
    moved: Sequence[Identity],
    functions: tuple[FunctionChange, ...],
    same_knowledge: bool,
    question: tuple[Sequence[str], Selection, str | None],
) -> tuple[dict[Identity, tuple[VersionCause, ...]], dict[Identity, str]]:
    """Split each difference as finely as its mixtures have numbers."""
    causes: dict[Identity, tuple[VersionCause, ...]] = {}
    reasons: dict[Identity, str] = {}
    waiting = [identity for identity in moved if all(np.isfinite(end.values[identity]) for end in ends)]
    said = ""
    for players in _partitions([item.name for item in functions], facts=not same_knowledge):
        if not waiting:
            break
        if len(players.groups) > MAX_SPLIT + 1:
            said = f"{len(functions)} functions changed, more than the {MAX_SPLIT} that are told apart"
            continue
        try:
            corners = _corners(versions, ends, players, question)
        except FunctionError as error:
            said = f"some of the changed functions need each other: {error.message}"
            continue
        numbers = np.array([[corner.values.get(item, np.nan) for corner in corners] for item in waiting])
        whole = np.isfinite(numbers).all(axis=1)
        parts = _shapley(numbers[whole])
        for place, amounts in zip(np.flatnonzero(whole), parts, strict=True):
            identity = waiting[int(place)]
            causes[identity] = _causes(versions, players, functions, identity, amounts)
            if said:
                reasons[identity] = said
        waiting = [item for item, found in zip(waiting, whole, strict=True) if not found]
        said = "with some of the changes alone there is no number"
    return causes, reasons


def _partitions(names: Sequence[str], *, facts: bool) -> Iterable[_Players]:
    """Yield who changes on their own: each function and the facts, then all functions and the facts, then all at once."""
    finest = _Players(
        (*(((name,)) for name in names), *(((),) if facts else ())),
        (*(False for _ in names), *((True,) if facts else ())),
    )
    yield finest
    if facts and len(names) > 1:
        yield _Players((tuple(names), ()), (False, True))
    yield _Players((tuple(names),), (facts,))


def _corners(
    versions: tuple[Engine, Engine],
    ends: tuple[_Numbers, ...],
    players: _Players,
    question: tuple[Sequence[str], Selection, str | None],
) -> list[_Numbers]:
    """Evaluate every mixture; bit `i` of the place in the list says whether player `i` is new."""
    full = 2 ** len(players.groups) - 1
    found = [ends[0]]
    for mask in range(1, full + 1):
        if mask == full:
            found.append(ends[1])
            continue
        new = [bool(mask >> place & 1) for place in range(len(players.groups))]
        names = {name for group, is_new in zip(players.groups, new, strict=True) if is_new for name in group}
        facts = any(is_new and holds for is_new, holds in zip(new, players.facts, strict=True))
        found.append(_evaluate(_mixture(versions, names, facts=facts, players=players), *question))
    return found


def _mixture(versions: tuple[Engine, Engine], names: set[str], *, facts: bool, players: _Players) -> Engine:
    """Return an engine with some functions new, and the facts new or old.

    Functions that are the same in both, or are not on the way to a target, come with the facts.
    """
    known = [{item.name: item for item in engine.functions} for engine in versions]
    free = {name for group in players.groups for name in group}
    chosen: dict[str, FunctionDeclaration] = {}
    for name in sorted({*known[0], *known[1]}):
        is_new = name in names if name in free else facts
        declaration = known[1 if is_new else 0].get(name)
        if declaration is not None:
            chosen[name] = declaration
    held, other = (versions[1], versions[0]) if facts else versions
    return Engine(_with_vocabulary(held.knowledge, other.knowledge), chosen.values())


def _with_vocabulary(held: Knowledge, other: Knowledge) -> Knowledge:
    """Return what one version states, with the words that the functions of the other one need."""
    return replace(
        held,
        quantities={**other.quantities, **held.quantities},
        superclasses={**other.superclasses, **held.superclasses},
    )


def _shapley(numbers: Array) -> Array:
    """Split each row's change from the first corner to the last over the players.

    Parameters
    ----------
    numbers
        Rows x corners, the corners in the order of their bits.
    """
    count = int(numbers.shape[1]).bit_length() - 1
    parts = np.zeros((len(numbers), count))
    for player in range(count):
        for mask in range(2**count):
            if not mask >> player & 1:
                size = mask.bit_count()
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                parts[:, player] += weight * (numbers[:, mask | 1 << player] - numbers[:, mask])
    return parts


def _causes(
    versions: tuple[Engine, Engine],
    players: _Players,
    functions: tuple[FunctionChange, ...],
    identity: Identity,
    amounts: Array,
) -> tuple[VersionCause, ...]:
    scale = in_unit(versions[1].knowledge.quantities[identity[0]], 1.0)
    total = float(amounts.sum())
    spoken = {item.name: str(item) for item in functions}
    found = []
    for group, facts, amount in zip(players.groups, players.facts, amounts.tolist(), strict=True):
        words = ([FACTS] if facts else []) + [spoken[name] for name in group]
        if amount != 0.0 or len(players.groups) == 1:
            found.append(
                VersionCause("; ".join(words), group, amount * scale, None if total == 0.0 else amount / total)
            )
    return tuple(sorted(found, key=lambda item: -abs(item.amount)))


def _effect(
    versions: tuple[Engine, Engine],
    ends: tuple[_Numbers, ...],
    identity: Identity,
    causes: Mapping[Identity, tuple[VersionCause, ...]],
    reasons: Mapping[Identity, str],
) -> VersionEffect:
    kind = versions[1].knowledge.quantities[identity[0]]
    first, last = (STATUS[end.codes[identity]] for end in ends)
    before, after = (shown(kind, end.values[identity]) for end in ends)
    reason = reasons.get(identity)
    if before is None or after is None:
        reason = f"{first} before, {last} after: a difference needs a number in both"
    return VersionEffect(
        key=ends[1].keys[identity],
        quantity=kind,
        unit=kind.display_unit,
        before=before,
        after=after,
        status_before=first,
        status_after=last,
        causes=causes.get(identity, ()),
        reason=reason,
    )


def _size(item: VersionEffect) -> tuple[float, str, str]:
    change = item.change
    relative = float("inf") if change is None or not item.before else abs(change / item.before)
    return -relative, item.quantity.id, str(item.key)
