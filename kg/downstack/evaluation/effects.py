"""Published effects of influences beside the same computed: checks of formulas, to which nothing is fitted.

A case is a question in one line: a quantity, behind ``@`` the combination, behind ``|`` what is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from downstack.errors import DownstackError
from downstack.graph.knowledge import Knowledge
from downstack.results.published import EffectCheck
from downstack.units import to_base


@dataclass(frozen=True, slots=True)
class Case:
    """One question: a quantity of a combination, with changes."""

    quantity: str
    where: Mapping[str, str]
    changes: Mapping[str, str]


Ask = Callable[[Case], tuple[float | None, str, str]]
"""Answers a case with the value in its display unit, the unit, and the status in words."""


def read_case(text: str) -> Case:
    """Read a case.

    Examples
    --------
    >>> read_case("weight_bytes @ model=llama-3.1-8b | llama-3.1-8b.bytes_per_parameter=1 byte")
    Case(quantity='weight_bytes', where={'model': 'llama-3.1-8b'}, changes={'llama-3.1-8b.bytes_per_parameter': '1 byte'})
    """
    asked, _, changed = text.partition("|")
    quantity, _, combination = asked.partition("@")
    return Case(quantity.strip(), _pairs(combination), _pairs(changed))


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def check_effects(knowledge: Knowledge, ask: Ask) -> tuple[EffectCheck, ...]:
    """Compute what every published effect can be compared with, in the order of the influences' names.

    Parameters
    ----------
    knowledge
        The graph version that holds the effects.
    ask
        Answers one case.
    """
    influences = {item.iri: item for item in knowledge.influences}
    found = []
    for effect in sorted(knowledge.effects, key=lambda item: item.iri):
        computed, reason = None, effect.not_computed
        if effect.changed_case is not None:
            computed, reason = _computed(knowledge, ask, effect.changed_case, effect.base_case, effect.unit)
        found.append(EffectCheck(influences[effect.influence], effect, computed, reason))
    return tuple(found)


def _computed(
    knowledge: Knowledge, ask: Ask, changed_case: str, base_case: str | None, unit: str
) -> tuple[float | None, str | None]:
    changed, reason = _answer(knowledge, ask, changed_case)
    if changed is None:
        return None, reason
    if base_case is None:
        kind = knowledge.quantities[read_case(changed_case).quantity]
        one = to_base(1.0, unit, base_unit=kind.unit, implied_denominator=kind.implied_denominator)
        return changed / one, None
    base, reason = _answer(knowledge, ask, base_case)
    return (None, reason) if base is None else (changed / base, None)


def _answer(knowledge: Knowledge, ask: Ask, text: str) -> tuple[float | None, str | None]:
    """The answer of a case in the base unit of its quantity, or why there is none."""
    case = read_case(text)
    try:
        value, unit, status = ask(case)
    except DownstackError as error:
        return None, str(error)
    if value is None:
        return None, f"{case.quantity}: {status}"
    kind = knowledge.quantities[case.quantity]
    return to_base(value, unit, base_unit=kind.unit, implied_denominator=kind.implied_denominator), None
