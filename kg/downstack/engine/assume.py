"""Changes as assumed facts: another version of the graph in which what a question asks for holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.engine import Engine
from downstack.errors import UserInputError
from downstack.graph.model import Fact, Source

QUESTION = Source(
    iri="https://w3id.org/downstack/source/question",
    title="The question",
    locator="assumed by the question that made this version of the graph",
    licence=None,
    retrieved=None,
)


def assumed_facts(
    engine: Engine, changes: Sequence[Intervention], written: Sequence[str], as_of: str | None = None
) -> Mapping[tuple[str, str], tuple[Fact, ...]]:
    """Return what takes the place of the facts that some changes are of; each is marked as an assumption.

    Raises
    ------
    UserInputError
        If a quantity is not stated for the entity and the change is relative, or is never stated for any.
    """
    columns = engine.columns(as_of)
    found: dict[tuple[str, str], tuple[Fact, ...]] = {}
    for item, text in zip(changes, written, strict=True):
        reference = f"{item.entity}.{item.quantity.id}"
        column = columns.facts.get(item.quantity.id)
        place = None if column is None else columns.tables[column.role].position.get(item.entity)
        if column is None or place is None:
            raise UserInputError(
                f"{reference} is computed and never stated, so that no fact can stand for it",
                field="changes",
                hint="change what it is computed from, or ask for the impact of the change",
            )
        stated = column.facts[place]
        if not stated and item.op is not ChangeOp.SET:
            raise UserInputError(
                f"there is no fact for {reference} that could be changed", field="changes", hint="set it to a value"
            )
        value = item.scenario(stated[0].value if stated else 0.0)
        if value < 0.0:
            raise UserInputError(f"{reference} would become negative", field="changes", hint="make the change smaller")
        found[item.entity, item.quantity.id] = (_assumption(item, value, text, stated[0] if stated else None),)
    return found


def _assumption(item: Intervention, value: float, text: str, before: Fact | None) -> Fact:
    note = "nothing was stated" if before is None else f"in place of {before.literal} {before.unit} ({before.iri})"
    assumed = Fact(
        iri=f"https://w3id.org/downstack/fact/{item.entity}.{item.quantity.id}.assumed",
        entity=item.entity,
        quantity=item.quantity.id,
        literal=f"{value:g}",
        unit=item.quantity.unit,
        value=value,
        low=None,
        high=None,
        condition=None,
        as_of=None,
        valid_until=None,
        confidence="assumption",
        source=QUESTION,
        locator=text,
        note=note,
        superseded_by=None,
        file="",
    )
    return assumed if before is None else replace(assumed, condition=before.condition)
