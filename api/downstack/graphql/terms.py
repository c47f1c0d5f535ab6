"""The leaves of the type graph: layers, sources, quantities, functions, influences, and what is loaded."""

from __future__ import annotations

import math

import strawberry

from downstack.access import Role
from downstack.graph import model
from downstack.graphql.context import Info, short_id
from downstack.graphql.enums import Date, Direction, InfluenceConfidence, LayerName, Strength
from downstack.graphql.fields import resolved
from downstack.performance.declare import FunctionDeclaration
from downstack.results import GraphInfo as InfoRecord
from downstack.results import Release as ReleaseRecord

MAX_RELEASES = 100
"""Releases that an answer lists; ``downstack releases`` lists all."""


@strawberry.interface(description="Anything that `node(id:)` finds by its identifier.")
class Node:
    """Relay's node."""

    @resolved("The identifier for `node(id:)`: the slug of an entity, else a short IRI (fact:, rel:, inf:).")
    def id(self) -> strawberry.ID:
        """Each type names its own identifier."""
        raise TypeError(f"{type(self).__name__} names no identifier of its own")


@strawberry.type(description="One of the seven layers.")
class Layer:
    """A layer."""

    number: int = strawberry.field(description="1 (applications) to 7 (silicon fabrication).")
    name: LayerName = strawberry.field(description="The name used in filters.")
    label: str = strawberry.field(description="The name for people.")
    definition: str = strawberry.field(description="What belongs to the layer.")

    @classmethod
    def of(cls, record: model.Layer) -> Layer:
        """Wrap a record."""
        return cls(number=record.number, name=LayerName[record.name], label=record.label, definition=record.definition)


@strawberry.type(description="Where something was read.")
class Source:
    """A source."""

    iri: strawberry.ID = strawberry.field(description="The IRI of the source.")
    title: str = strawberry.field(description="Its title.")
    locator: str = strawberry.field(description="A URL, or a repository with the commit that was read.")
    licence: str | None = strawberry.field(description="The licence, where it is stated.")
    retrieved: Date | None = strawberry.field(description="When it was read.")

    @classmethod
    def of(cls, record: model.Source) -> Source:
        """Wrap a record."""
        return cls(
            iri=strawberry.ID(record.iri),
            title=record.title,
            locator=record.locator,
            licence=record.licence,
            retrieved=date_of(record.retrieved),
        )


def date_of(text: str | None) -> Date | None:
    """Return a stored date as the scalar."""
    return None if text is None else Date(text)


@strawberry.type(description="A kind of quantity: what its numbers mean and in which units they are given.")
class QuantityKind:
    """A kind of quantity."""

    id: strawberry.ID = strawberry.field(description="The identifier used in questions, such as memory_bandwidth.")
    iri: strawberry.ID = strawberry.field(description="The IRI in the vocabulary.")
    label: str = strawberry.field(description="The name for people.")
    definition: str = strawberry.field(description="What its numbers mean.")
    unit: str = strawberry.field(description="The unit of answers.")
    base_unit: str = strawberry.field(description="The unit that formulas use.")
    subject_class: str | None = strawberry.field(
        description="The class whose entities carry facts of it; null when it is only computed."
    )
    age_budget: str | None = strawberry.field(
        description="How old a fact may be before a number is STALE, as an ISO 8601 duration; null for no limit."
    )
    layer_number: strawberry.Private[int | None]

    @resolved("The layer it belongs to.")
    def layer(self, info: Info) -> Layer | None:
        """Look the layer up."""
        number = self.layer_number
        return None if number is None else Layer.of(info.context.served.layers[number])

    @classmethod
    def of(cls, record: model.QuantityKind) -> QuantityKind:
        """Wrap a record."""
        return cls(
            id=strawberry.ID(record.id),
            iri=strawberry.ID(record.iri),
            label=record.label,
            definition=record.definition,
            unit=record.display_unit,
            base_unit=record.unit,
            subject_class=record.subject_class,
            age_budget=record.age_budget,
            layer_number=record.layer,
        )


@strawberry.type(description="One parameter of a performance function.")
class FunctionInput:
    """A parameter."""

    quantity: strawberry.ID = strawberry.field(description="The quantity that it reads.")
    unit: str = strawberry.field(description="The base unit that it expects.")
    optional: bool = strawberry.field(description="True when the function copes without it.")
    lag_months: int = strawberry.field(description="How many months late it acts; 0 when at once.")


@strawberry.type(description="A number inside a formula, with its source.")
class FunctionConstant:
    """A constant."""

    name: str = strawberry.field(description="Its name in the formula.")
    value: float = strawberry.field(description="Its value.")
    unit: str = strawberry.field(description="Its unit.")
    source: str = strawberry.field(description="Where it was published.")


@strawberry.type(description="A range of one input outside which a result is an extrapolation.")
class ValidityRange:
    """A range."""

    input: strawberry.ID = strawberry.field(description="The quantity that is bounded.")
    low: float | None = strawberry.field(description="The lower end in the input's base unit; null when open.")
    high: float | None = strawberry.field(description="The upper end in the input's base unit; null when open.")
    reason: str = strawberry.field(description="Why the formula holds only there.")


@strawberry.type(description="The entities that a formula holds for.")
class Applicability:
    """A restriction of a formula to one class."""

    role: str = strawberry.field(description="The role in the combination.")
    entity_class: str = strawberry.field(description="The class that the entity in it must belong to.")


@strawberry.type(description="How wrong a function is by itself, with all its inputs known.")
class RelativeError:
    """The own error of a function."""

    value: float = strawberry.field(
        description="The standard deviation of the natural logarithm of measured over computed."
    )
    source: str = strawberry.field(description="The calibration that it comes from.")


@strawberry.type(description="An analytical function: the formula of a quantity.")
class PerformanceFunction:
    """An analytical function."""

    record: strawberry.Private[FunctionDeclaration]
    iri: strawberry.ID = strawberry.field(description="The IRI of the function.")
    name: str = strawberry.field(description="Its name.")
    formula: str = strawberry.field(description="The formula as a reader would write it.")
    citation: str = strawberry.field(description="Where it was published.")
    digest: str = strawberry.field(description="A hash of the code that decides the number.")
    unit: str = strawberry.field(description="The base unit of the result.")
    assumes: list[str] = strawberry.field(description="What the formula leaves out.")
    regimes: list[str] = strawberry.field(description="What can bind; empty when nothing is a minimum or maximum.")
    increasing: list[strawberry.ID] = strawberry.field(description="Inputs in which the result never falls.")
    decreasing: list[strawberry.ID] = strawberry.field(description="Inputs in which the result never rises.")
    infeasible_reason: str | None = strawberry.field(description="What it means when there is no result.")

    @resolved("The quantity that it computes.")
    def returns(self, info: Info) -> QuantityKind:
        """Look the quantity up."""
        return QuantityKind.of(info.context.kg.quantity(self.record.returns))

    @resolved("Its parameters.")
    def inputs(self) -> list[FunctionInput]:
        """List the parameters."""
        return [
            FunctionInput(
                quantity=strawberry.ID(item.name),
                unit=item.unit,
                optional=item.optional,
                lag_months=self.record.lags.get(item.name, 0),
            )
            for item in self.record.inputs
        ]

    @resolved("The numbers inside it.")
    def constants(self) -> list[FunctionConstant]:
        """List the constants."""
        return [
            FunctionConstant(name=name, value=item.value, unit=item.unit, source=item.source)
            for name, item in self.record.constants.items()
        ]

    @resolved("How wrong it is by itself; null where no calibration says.")
    def relative_error(self) -> RelativeError | None:
        """Wrap the error."""
        error = self.record.relative_error
        return None if error is None else RelativeError(value=error.value, source=error.source)

    @resolved("Where it holds.")
    def validity(self) -> list[ValidityRange]:
        """List the ranges."""
        return [
            ValidityRange(
                input=strawberry.ID(item.input), low=finite(item.low), high=finite(item.high), reason=item.reason
            )
            for item in self.record.validity
        ]

    @resolved("The entities that it holds for; empty when for all.")
    def applies_to(self) -> list[Applicability]:
        """List the restrictions."""
        return [Applicability(role=role, entity_class=name) for role, name in self.record.applies_to.items()]

    @classmethod
    def of(cls, record: FunctionDeclaration) -> PerformanceFunction:
        """Wrap a declaration."""
        return cls(
            record=record,
            iri=strawberry.ID(record.iri),
            name=record.name,
            formula=record.formula,
            citation=record.citation,
            digest=record.digest,
            unit=record.unit,
            assumes=list(record.assumes),
            regimes=[] if record.regimes is None else list(record.regimes.names),
            increasing=[strawberry.ID(name) for name in record.increasing],
            decreasing=[strawberry.ID(name) for name in record.decreasing],
            infeasible_reason=record.infeasible_reason or None,
        )


def finite(value: float | None) -> float | None:
    """Return a number that JSON can carry, or None."""
    return value if value is not None and math.isfinite(value) else None


@strawberry.type(
    description=(
        "A cross-layer influence: a sign and a mechanism, never a number. Entities are named by slug and label, so "
        "nothing below this type leads to a number."
    )
)
class Influence(Node):
    """A qualitative influence."""

    record: strawberry.Private[model.Influence]
    iri: strawberry.ID = strawberry.field(description="The IRI of the influence.")
    source_entity: strawberry.ID = strawberry.field(description="The slug of the entity that influences.")
    target_entity: strawberry.ID = strawberry.field(description="The slug of the entity that is influenced.")
    sign: str = strawberry.field(description="+ (more of one, more of the other), -, ? (either) or 0.")
    strength: Strength = strawberry.field(description="How strong it is said to be.")
    confidence: InfluenceConfidence = strawberry.field(description="How well the source supports it.")
    direction: Direction = strawberry.field(description="Towards applications or towards silicon.")
    mechanism: str = strawberry.field(description="How the influence works.")
    quantity_affected: str | None = strawberry.field(description="What of the target it affects, in words.")
    changed_kind: strawberry.ID | None = strawberry.field(
        description="The quantity whose rise the sign is said of, where formulas know it."
    )
    affected_kind: strawberry.ID | None = strawberry.field(
        description="The quantity that it raises or lowers, where formulas know it."
    )
    published_effect: str | None = strawberry.field(
        description="The source's own sentence on the size of the effect, as text that nothing is computed from."
    )
    source: Source = strawberry.field(description="Where it was read.")
    locator: str | None = strawberry.field(description="The place within the source.")

    @resolved("The identifier for `node(id:)`.")
    def id(self) -> strawberry.ID:
        """Return the short IRI."""
        return strawberry.ID(short_id(self.record.iri))

    @resolved("The label of the entity that influences.")
    def source_label(self, info: Info) -> str:
        """Look the label up."""
        return label_of(self.record.source_entity, info)

    @resolved("The label of the entity that is influenced.")
    def target_label(self, info: Info) -> str:
        """Look the label up."""
        return label_of(self.record.target_entity, info)

    @classmethod
    def of(cls, record: model.Influence) -> Influence:
        """Wrap a record."""
        return cls(
            record=record,
            iri=strawberry.ID(record.iri),
            source_entity=strawberry.ID(record.source_entity),
            target_entity=strawberry.ID(record.target_entity),
            sign=record.sign,
            strength=Strength(record.strength),
            confidence=InfluenceConfidence(record.confidence),
            direction=Direction(record.direction),
            mechanism=record.mechanism,
            quantity_affected=record.quantity_affected,
            changed_kind=None if record.changed_kind is None else strawberry.ID(record.changed_kind),
            affected_kind=None if record.affected_kind is None else strawberry.ID(record.affected_kind),
            published_effect=record.published_effect,
            source=Source.of(record.source),
            locator=record.locator,
        )


def label_of(slug: str, info: Info) -> str:
    """Return the label of an entity."""
    return info.context.kg.entities[slug].label


@strawberry.type(description="How much of everything is loaded.")
class GraphCounts:
    """Counts."""

    entities: int = strawberry.field(description="Entities.")
    facts: int = strawberry.field(description="Facts, every source counted.")
    relations: int = strawberry.field(description="Cited relations.")
    influences: int = strawberry.field(description="Qualitative influences.")
    functions: int = strawberry.field(description="Performance functions.")
    quantities: int = strawberry.field(description="Kinds of quantity.")
    sources: int = strawberry.field(description="Sources.")
    triples: int = strawberry.field(description="RDF triples.")


@strawberry.type(description="A load into the store that succeeded, and what the store held afterwards.")
class Release:
    """One version of a store."""

    id: str = strawberry.field(description="The graph version that it made: a content hash.")
    created: str = strawberry.field(description="When it was made: ISO 8601 in UTC.")
    loader: str = strawberry.field(description="What was loaded with; bundled or by-hand for the start of a store.")
    sources: list[str] = strawberry.field(description="The files that were read, as they were named.")
    entities: int = strawberry.field(description="Entities.")
    facts: int = strawberry.field(description="Facts, every source counted.")
    relations: int = strawberry.field(description="Cited relations.")
    influences: int = strawberry.field(description="Qualitative influences.")
    triples: int = strawberry.field(description="RDF triples.")
    added: int = strawberry.field(description="Entities, facts, relations and influences that it added.")
    changed: int = strawberry.field(description="Those that it changed.")
    removed: int = strawberry.field(description="Those that it removed.")
    author: strawberry.Private[str]

    @resolved("Who asked for it: the name of a token. Null where it is not known, and for all who are no admin.")
    def by(self, info: Info) -> str | None:
        """Name the author to those who may know."""
        principal = info.context.principal
        return (self.author or None) if principal is not None and principal.may(Role.ADMIN) else None

    @classmethod
    def of(cls, record: ReleaseRecord) -> Release:
        """Wrap a record."""
        return cls(
            id=record.id,
            created=record.created,
            loader=record.loader,
            sources=list(record.sources),
            entities=record.entities,
            facts=record.facts,
            relations=record.relations,
            influences=record.influences,
            triples=record.triples,
            added=record.added,
            changed=record.changed,
            removed=record.removed,
            author=record.by,
        )


@strawberry.type(description="The graph version that answers.")
class GraphInfo:
    """What is loaded."""

    version: str = strawberry.field(description="The content hash that every answer names.")
    loaded_at: str = strawberry.field(description="When it was loaded: ISO 8601 with the offset.")
    counts: GraphCounts = strawberry.field(description="How much of everything is loaded.")
    releases: list[Release] = strawberry.field(
        description="The newest hundred releases of the store, oldest first; the last one answers. None of the bundled knowledge."
    )

    @classmethod
    def of(cls, record: InfoRecord) -> GraphInfo:
        """Wrap a record."""
        return cls(
            version=record.version,
            loaded_at=record.loaded_at,
            counts=GraphCounts(
                entities=record.entities,
                facts=record.facts,
                relations=record.relations,
                influences=record.influences,
                functions=record.functions,
                quantities=record.quantities,
                sources=record.sources,
                triples=record.triples,
            ),
            releases=[Release.of(item) for item in record.releases[-MAX_RELEASES:]],
        )
