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

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from downstack.engine.engine import Engine
from downstack.engine.trace import STATUS
from downstack.engine.versions_split import Identity, Numbers, Selection, evaluate, split
from downstack.errors import UserInputError
from downstack.graph.display import shown
from downstack.results import FactChange, FunctionChange, VersionCause, VersionEffect, VersionReport

METHOD = "Shapley value over the facts and each changed function: every mixture of old and new is evaluated"


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
    ends = tuple(evaluate(engine, targets, selection, as_of) for engine in versions)
    both = [identity for identity in ends[0].values if identity in ends[1].values]
    moved = [identity for identity in both if _differs(ends, identity)]
    causes, reasons = split(versions, ends, moved, functions, _same_knowledge(versions), (targets, selection, as_of))
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


def _differs(ends: tuple[Numbers, ...], identity: Identity) -> bool:
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


def _effect(
    versions: tuple[Engine, Engine],
    ends: tuple[Numbers, ...],
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
