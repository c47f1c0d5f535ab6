"""Filters on entities: what a client writes, and the conditions that the library reads.

``QuantityFilter`` has one field for every quantity that facts of the bundled vocabulary may state, so that an editor
completes the names and says the unit of each. A quantity or relation of a store of its own is named as a word beside it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from copy import copy
from enum import Enum
from typing import Any, cast

import strawberry
from strawberry import UNSET
from strawberry.types.arguments import InputContext, convert_argument
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from downstack.errors import UserInputError
from downstack.graph import selection
from downstack.graph.bundled import QuantityTerm, relation_terms, stated_quantities
from downstack.graphql.enums import Confidence, Date, LayerName
from downstack.graphql.fields import member
from downstack.graphql.inputs import InputFields

_NAME = re.compile(r"[_A-Za-z]\w*", re.ASCII)


@strawberry.input(description="The two ends of a range; both belong to it.")
class RangeInput:
    """A range."""

    low: float = strawberry.field(description="The lower end.")
    high: float = strawberry.field(description="The upper end.")


@strawberry.input(
    description=(
        "What the value of a quantity must be; all that is given holds together. Of several facts the one that answers "
        "would use counts. An empty condition asks for a fact, whatever it says."
    )
)
class QuantityCondition(InputFields):
    """A condition on a quantity."""

    gt: float | None = strawberry.field(default=UNSET, description="Greater than this.")
    gte: float | None = strawberry.field(default=UNSET, description="This or greater.")
    lt: float | None = strawberry.field(default=UNSET, description="Less than this.")
    lte: float | None = strawberry.field(default=UNSET, description="This or less.")
    eq: float | None = strawberry.field(default=UNSET, description="This, to nine digits.")
    between: RangeInput | None = strawberry.field(default=UNSET, description="Within this range.")
    exists: bool | None = strawberry.field(default=UNSET, description="False: there must be no such fact.")
    unit: str | None = strawberry.field(
        default=UNSET, description="The unit of the numbers, such as TB/s; the unit of answers unless given."
    )
    confidence: list[Confidence] | None = strawberry.field(
        default=UNSET, description="Only facts that rest on such statements are looked at."
    )
    under: str | None = strawberry.field(
        default=UNSET, description="Only facts whose condition holds this text are looked at."
    )

    def read(self, quantity: str) -> selection.QuantityCondition:
        """Return the condition as the library takes it."""
        return selection.QuantityCondition(
            quantity,
            gt=self.gt,
            gte=self.gte,
            lt=self.lt,
            lte=self.lte,
            eq=self.eq,
            between=None if self.between is None else (self.between.low, self.between.high),
            exists=self.exists,
            unit=self.unit,
            confidence=confidences(self.confidence),
            under=self.under,
        )


@strawberry.input(description="A condition on a quantity that is named, also one that only the served store has.")
class NamedQuantityCondition(InputFields):
    """A condition on a quantity of that name."""

    quantity: strawberry.ID = strawberry.field(description="Identifier, IRI or CURIE (dso:...).")
    value: QuantityCondition = strawberry.field(description="What its value must be.")


class ConditionsByQuantity:
    """The conditions of a ``QuantityFilter``: only those that were given, of the hundreds that there could be."""

    def __init__(self, given: Mapping[str, QuantityCondition]) -> None:
        self.given = given


def _given(made: type, value: Mapping[str, Any], context: InputContext) -> ConditionsByQuantity:
    # In place of a data class with a field for every quantity, which would take a millisecond to fill with nothing.
    return ConditionsByQuantity(
        {
            name: cast(
                "QuantityCondition",
                convert_argument(
                    condition,
                    QuantityCondition,
                    context.scalar_registry,
                    context.config,
                    context.info,
                    path=(*context.path, name),
                ),
            )
            for name, condition in value.items()
            if condition is not None
        }
    )


def _quantity_filter() -> type[ConditionsByQuantity]:
    """Return the input type with a field for each quantity.

    One field is made as Strawberry makes it and the others are its copies: hundreds of annotations that all say the same
    take a tenth of a second to resolve.
    """
    body = {
        "__doc__": "One condition for each quantity.",
        "__module__": __name__,
        "first": strawberry.field(default=UNSET),
    }
    made = strawberry.input(
        type("QuantityFilter", (), {**body, "__annotations__": {"first": QuantityCondition | None}}),
        description="What the values of some quantities must be; all conditions hold together.",
    )
    definition = get_object_definition(made, strict=True)
    (first,) = definition.fields
    definition.fields = [_condition_on(kind, first) for kind in stated_quantities()]
    definition.from_input = _given
    return cast("type[ConditionsByQuantity]", made)


def _condition_on(kind: QuantityTerm, like: StrawberryField) -> StrawberryField:
    name = kind.name
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ValueError(f"{kind.iri} cannot be the name of a field")
    unit = "" if kind.display_unit == "1" else f", in {kind.display_unit}"
    field = copy(like)
    field.python_name = field.graphql_name = name
    field.description = f"The {kind.label}{unit}."
    return field


QuantityFilter = _quantity_filter()
_IDENTIFIERS = {kind.name: kind.id for kind in stated_quantities()}


def _relation_names() -> type[Enum]:
    members = {_upper(term.name): term for term in relation_terms()}
    values = {name: member(term.name, term.definition) for name, term in members.items()}
    made = cast("type[Enum]", Enum("RelationName", values, module=__name__))
    return strawberry.enum(made, description="A relation of the bundled vocabulary between two entities.")


def _upper(name: str) -> str:
    """Return ``camelCase`` as the name of an enumeration's value.

    Examples
    --------
    >>> _upper("partnersOnSilicon")
    'PARTNERS_ON_SILICON'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


RelationName = _relation_names()


@strawberry.enum(description="The end of a relation at which the wanted entity stands.")
class RelationEnd(Enum):
    """An end of a relation."""

    SUBJECT = member("subject", description="It is what the relation is said of: TSMC in TSMC fabricates.")
    OBJECT = member("object", description="It is what the relation points to: what TSMC fabricates.")


@strawberry.input(description="A cited relation that the entity must take part in; all that is given holds together.")
class RelationFilter(InputFields):
    """A condition on relations."""

    relation: Enum | None = strawberry.field(
        default=UNSET, description="Which relation; any unless given.", graphql_type=RelationName | None
    )
    predicate: str | None = strawberry.field(
        default=UNSET, description="The relation in the vocabulary's words, for those that only the served store has."
    )
    entity: strawberry.ID | None = strawberry.field(
        default=UNSET, description="What is at the other end: slug, IRI, CURIE or unambiguous alias."
    )
    stands: RelationEnd | None = strawberry.field(
        default=UNSET, description="At which end the wanted entity stands; either unless given."
    )
    other: EntityFilter | None = strawberry.field(
        default=UNSET, description="What must hold for the entity at the other end."
    )

    def read(self) -> selection.RelationCondition:
        """Return the condition as the library takes it."""
        if self.relation is not None and self.predicate is not None:
            raise UserInputError(
                "the relation is named twice", field="filter.relatedTo", hint="give relation or predicate"
            )
        return selection.RelationCondition(
            predicate=self.predicate if self.relation is None else str(self.relation.value),
            entity=self.entity,
            stands=None if self.stands is None else self.stands.value,
            other=None if self.other is None else self.other.read(),
        )


@strawberry.input(
    description=(
        "Which entities to list; all conditions hold together. At most 5 filters inside one another and 100 conditions."
    )
)
class EntityFilter(InputFields):
    """A filter on entities."""

    type: list[str] | None = strawberry.field(
        default=UNSET, description="Classes of the vocabulary, such as Accelerator; subclasses are included."
    )
    layer: list[LayerName] | None = strawberry.field(default=UNSET, description="Layers.")
    text: str | None = strawberry.field(default=UNSET, description="A part of the slug, the label or an alias.")
    with_quantity: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Only entities with a fact of this quantity."
    )
    quantities: ConditionsByQuantity | None = strawberry.field(
        default=UNSET, description="What the values of quantities must be.", graphql_type=QuantityFilter | None
    )
    named_quantities: list[NamedQuantityCondition] | None = strawberry.field(
        default=UNSET, description="The same for quantities that are named, such as those of a store of its own."
    )
    related_to: list[RelationFilter] | None = strawberry.field(
        default=UNSET, description="Relations that the entity takes part in."
    )
    as_of: Date | None = strawberry.field(
        default=UNSET, description="Facts and relations of that date; the newest facts and all relations unless given."
    )
    confidence: list[Confidence] | None = strawberry.field(
        default=UNSET, description="Only facts that rest on such statements count in all conditions on quantities."
    )
    and_: list[EntityFilter] | None = strawberry.field(name="and", default=UNSET, description="All of these hold too.")
    or_: list[EntityFilter] | None = strawberry.field(
        name="or", default=UNSET, description="At least one of these holds too."
    )
    not_: EntityFilter | None = strawberry.field(name="not", default=UNSET, description="This does not hold.")

    def read(self) -> selection.Selection:
        """Return the filter as the library takes it."""
        by_name = [item.value.read(str(item.quantity)) for item in self.named_quantities or ()]
        typed = {} if self.quantities is None else self.quantities.given
        by_field = [item.read(_IDENTIFIERS[name]) for name, item in typed.items()]
        return selection.Selection(
            classes=None if self.type is None else tuple(self.type),
            layers=None if self.layer is None else tuple(item.name for item in self.layer),
            text=self.text,
            with_quantity=self.with_quantity,
            quantities=(*by_field, *by_name),
            relations=tuple(item.read() for item in self.related_to or ()),
            confidence=confidences(self.confidence),
            as_of=self.as_of,
            all_of=tuple(item.read() for item in self.and_ or ()),
            any_of=None if self.or_ is None else tuple(item.read() for item in self.or_),
            none_of=() if self.not_ is None else (self.not_.read(),),
        )


def confidences(given: list[Confidence] | None) -> tuple[str, ...]:
    """Return kinds of statement as the library names them."""
    return tuple(item.value for item in given or ())
