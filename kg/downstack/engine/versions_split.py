"""The difference of two versions split over what changed: mixtures of old and new, and their Shapley values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import factorial

import numpy as np

from downstack.engine.engine import Engine
from downstack.errors import FunctionError, UserInputError
from downstack.graph.display import in_unit
from downstack.graph.knowledge import Knowledge
from downstack.performance.declare import Array, FunctionDeclaration
from downstack.results import EffectKey, FunctionChange, VersionCause

FACTS = "facts changed"
MAX_SPLIT = 7
"""Changed functions that are told apart (two to the power of one more mixtures are evaluated)."""
MAX_ROWS = 20_000

Identity = tuple[str, tuple[tuple[str, str], ...]]
"""A quantity, and the roles and slugs of its combination."""
Selection = Callable[[Engine], Mapping[str, frozenset[int]]]
"""The filter of a question in the positions of an engine."""


@dataclass(frozen=True, slots=True)
class _Players:
    """What may be old or new independently of the rest: names of functions, and the facts."""

    groups: tuple[tuple[str, ...], ...]
    """Functions that change together, for each player."""
    facts: tuple[bool, ...]
    """Whether the facts belong to the player, for each player."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one mixture by combination."""

    values: Mapping[Identity, float]
    codes: Mapping[Identity, int]
    keys: Mapping[Identity, EffectKey]


def evaluate(engine: Engine, targets: Sequence[str], selection: Selection, as_of: str | None) -> Numbers:
    """Return the numbers of some targets by combination.

    Raises
    ------
    UserInputError
        If there are more than :data:`MAX_ROWS`.
    """
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
    return Numbers(values, codes, keys)


def split(
    versions: tuple[Engine, Engine],
    ends: tuple[Numbers, ...],
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
        whole: list[bool] = [bool(np.isfinite(row).all()) for row in numbers]
        parts = _shapley(numbers[whole])
        for place, amounts in zip(np.flatnonzero(whole).tolist(), parts, strict=True):
            identity = waiting[place]
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
    ends: tuple[Numbers, ...],
    players: _Players,
    question: tuple[Sequence[str], Selection, str | None],
) -> list[Numbers]:
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
        found.append(evaluate(_mixture(versions, names, facts=facts, players=players), *question))
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
