"""The Entity interface with one type per main class, and the facts and relations that hang on entities."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack.errors import UnknownNameError
from downstack.graph import model
from downstack.graph.display import in_unit
from downstack.graphql.context import Info, short_id
from downstack.graphql.correlation import CorrelationGroup
from downstack.graphql.enums import Confidence, Date
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.graphql.properties import StatedProperty
from downstack.graphql.terms import Influence, Layer, Node, QuantityKind, Source, date_of

QuantityArgument = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only facts of this quantity (identifier, IRI or CURIE).")
]


@strawberry.interface(description="A thing of the industry: a company, product, technology, model, workload...")
class Entity(Node):
    """An entity; the concrete type is its main class."""

    record: strawberry.Private[model.Entity]
    iri: strawberry.ID = strawberry.field(description="The IRI of the entity.")
    slug: strawberry.ID = strawberry.field(description="The short name used in questions, such as nvidia-h200-sxm.")
    label: str = strawberry.field(description="The name for people.")
    aliases: list[str] = strawberry.field(description="Other names it is known by.")
    type: str = strawberry.field(description="The main class in the vocabulary.")
    classes: list[str] = strawberry.field(description="All classes it belongs to, with superclasses, sorted.")
    description: str | None = strawberry.field(description="What it is.")

    @resolved("The identifier for `node(id:)`: the slug.")
    def id(self) -> strawberry.ID:
        """Return the slug."""
        return self.slug

    @resolved("The layer it belongs to; null for what spans layers.")
    def layer(self, info: Info) -> Layer | None:
        """Look the layer up."""
        number = self.record.layer
        return None if number is None else Layer.of(info.context.served.layers[number])

    @resolved("Cited facts, every source kept, best first within a quantity.")
    def facts(self, info: Info, quantity: QuantityArgument = UNSET) -> list[Fact]:
        """List the facts."""
        return [Fact.of(item) for item in info.context.kg.facts_of(self.slug, given(quantity))]

    @resolved("Dates, words and answers of yes or no that sources state of it, best first within a kind.")
    def properties(
        self,
        info: Info,
        kind: Annotated[
            str | None, strawberry.argument(description="Only properties of this kind, such as `release_date`.")
        ] = UNSET,
    ) -> list[StatedProperty]:
        """List the stated properties."""
        return [StatedProperty.of(item) for item in info.context.kg.properties_of(self.slug, given(kind))]

    @resolved("Cited relations that it takes part in, either way.")
    def relations(
        self,
        info: Info,
        as_of: Annotated[
            Date | None,
            strawberry.argument(
                description="Only what was stated by this date and had not ended; all of them at first."
            ),
        ] = None,
    ) -> list[Relation]:
        """List the relations."""
        return [Relation.of(item) for item in info.context.kg.relations_of(self.slug, as_of)]

    @resolved("Qualitative influences that start or end at it.")
    def influences(self, info: Info) -> list[Influence]:
        """List the influences."""
        return [Influence.of(item) for item in info.context.kg.influences_of(self.slug)]


def entity_of(record: model.Entity) -> Entity:
    """Wrap a record in the type of its main class, or of the nearest class that the schema has."""
    if record.type in ENTITY_TYPES:
        name = record.type
    else:
        name = min((item for item in record.classes if item in ENTITY_TYPES), default="OtherEntity")
    return ENTITY_TYPES[name](
        record=record,
        iri=strawberry.ID(record.iri),
        slug=strawberry.ID(record.id),
        label=record.label,
        aliases=list(record.aliases),
        type=record.type,
        classes=sorted(record.classes),
        description=record.description,
    )


def entity_by_slug(slug: str, info: Info) -> Entity:
    """Wrap the entity of a slug that the graph is known to hold."""
    return entity_of(info.context.kg.entities[slug])


@strawberry.type(description="One cited value of one quantity of one entity.")
class Fact(Node):
    """A fact."""

    record: strawberry.Private[model.Fact]
    iri: strawberry.ID = strawberry.field(description="The IRI of the fact.")
    literal: str = strawberry.field(description="The value exactly as the source prints it.")
    literal_unit: str = strawberry.field(description="The unit as the source prints it.")
    condition: str | None = strawberry.field(description="Under which conditions it holds.")
    as_of: Date | None = strawberry.field(description="The date it was stated for.")
    valid_until: Date | None = strawberry.field(description="The date it ceased to hold.")
    retracted_on: Date | None = strawberry.field(description="The day from which on it no longer counts.")
    retraction_reason: str | None = strawberry.field(description="Why it was withdrawn.")
    confidence: Confidence = strawberry.field(description="What kind of statement it rests on.")
    source: Source = strawberry.field(description="Where it was read.")
    locator: str | None = strawberry.field(description="The place within the source.")
    note: str | None = strawberry.field(description="A remark of the curator.")

    @resolved("The identifier for `node(id:)`.")
    def id(self) -> strawberry.ID:
        """Return the short IRI."""
        return strawberry.ID(short_id(self.record.iri))

    @resolved("The entity it is about.")
    def entity(self, info: Info) -> Entity:
        """Look the entity up."""
        return entity_by_slug(self.record.entity, info)

    @resolved("The quantity it gives.")
    def quantity(self, info: Info) -> QuantityKind:
        """Look the quantity up."""
        return QuantityKind.of(info.context.kg.quantities[self.record.quantity])

    @resolved("The value, in `unit`.")
    def value(self, info: Info) -> float | None:
        """Convert the value."""
        return self._shown(self.record.value, info)

    @resolved("The lower end the source gives, in `unit`.")
    def low(self, info: Info) -> float | None:
        """Convert the lower end."""
        return self._shown(self.record.low, info)

    @resolved("The upper end the source gives, in `unit`.")
    def high(self, info: Info) -> float | None:
        """Convert the upper end."""
        return self._shown(self.record.high, info)

    @resolved("How its values are spread: uniform, triangular, normal, lognormal; null where only a range is said.")
    def distribution(self) -> str | None:
        """Name the distribution."""
        return self.record.distribution

    @resolved("The standard deviation of a normal fact, in `unit`.")
    def standard_deviation(self, info: Info) -> float | None:
        """Convert the standard deviation."""
        return self._shown(self.record.standard_deviation, info)

    @resolved("The standard deviation of the natural logarithm of a lognormal fact.")
    def log_standard_deviation(self) -> float | None:
        """Return the standard deviation."""
        return self.record.log_standard_deviation

    @resolved("The facts whose errors go together with that of this one.")
    def correlation_group(self, info: Info) -> CorrelationGroup | None:
        """Look the group up."""
        group = self.record.correlation_group
        return None if group is None else CorrelationGroup.of(info.context.kg.correlation_groups[group])

    @resolved("The unit of value, low and high: the unit in which answers give the quantity.")
    def unit(self, info: Info) -> str:
        """Name the unit."""
        return info.context.kg.quantities[self.record.quantity].display_unit

    @resolved("The fact that replaced it.")
    def superseded_by(self, info: Info) -> Fact | None:
        """Look the newer fact up."""
        iri = self.record.superseded_by
        found = None if iri is None else info.context.served.nodes.get(iri)
        return Fact.of(found) if isinstance(found, model.Fact) else None

    def _shown(self, value: float | None, info: Info) -> float | None:
        if value is None:
            return None
        return in_unit(info.context.kg.quantities[self.record.quantity], value)

    @classmethod
    def of(cls, record: model.Fact) -> Fact:
        """Wrap a record."""
        return cls(
            record=record,
            iri=strawberry.ID(record.iri),
            literal=record.literal,
            literal_unit=record.unit,
            condition=record.condition,
            as_of=date_of(record.as_of),
            valid_until=date_of(record.valid_until),
            retracted_on=date_of(record.retracted_on),
            retraction_reason=record.retraction_reason,
            confidence=Confidence(record.confidence),
            source=Source.of(record.source),
            locator=record.locator,
            note=record.note,
        )


@strawberry.type(description="A typed, dated, cited link between two entities.")
class Relation(Node):
    """A relation."""

    record: strawberry.Private[model.Relation]
    iri: strawberry.ID = strawberry.field(description="The IRI of the relation.")
    predicate: str = strawberry.field(description="What links them, in the vocabulary's words, such as usesMemory.")
    as_of: Date | None = strawberry.field(description="The date it was stated for.")
    valid_until: Date | None = strawberry.field(description="The last date on which it held; null while it holds.")
    source: Source = strawberry.field(description="Where it was read.")
    note: str | None = strawberry.field(description="A remark of the curator.")

    @resolved("The identifier for `node(id:)`.")
    def id(self) -> strawberry.ID:
        """Return the short IRI."""
        return strawberry.ID(short_id(self.record.iri))

    @resolved("The entity that the relation starts from.")
    def subject(self, info: Info) -> Entity:
        """Look the subject up."""
        return entity_by_slug(self.record.subject, info)

    @resolved("The entity that the relation points to.")
    def object(self, info: Info) -> Entity:
        """Look the object up."""
        return entity_by_slug(self.record.object, info)

    @classmethod
    def of(cls, record: model.Relation) -> Relation:
        """Wrap a record."""
        return cls(
            record=record,
            iri=strawberry.ID(record.iri),
            predicate=record.predicate,
            as_of=date_of(record.as_of),
            valid_until=date_of(record.valid_until),
            source=Source.of(record.source),
            note=record.note,
        )


_DESCRIPTIONS = {
    "Company": "A company, or a named group inside one.",
    "Market": "A set of offers that compete for the same demand.",
    "Regulation": "A rule of a state that bounds what may be made, sold or used.",
    "Technique": "A method of modelling, serving or fabricating that products use.",
    "Calibration": "A class of chips, engines or predictions for which constants were fitted on measurements.",
    "Application": "A product that people use directly.",
    "Workload": "A shape of requests: prompt and answer lengths, latency target, load.",
    "FoundationModel": "A foundation model.",
    "ModelFamily": "A series of models under one name.",
    "Framework": "A software framework; serving frameworks included (see `classes`).",
    "Kernel": "A hand-optimised implementation of one operation.",
    "Compiler": "A compiler for processors of the stack.",
    "Library": "A software library.",
    "CloudProvider": "A provider of cloud computing.",
    "CloudOffering": "Something that a cloud provider rents out: an instance type with accelerators.",
    "ServiceLevelAgreement": "What a cloud provider promises of its service.",
    "Cluster": "A named installation of accelerators.",
    "Accelerator": "A processor for model training and inference.",
    "ProcessorArchitecture": "An architecture that several processors share.",
    "MemoryTechnology": "A generation of memory.",
    "Interconnect": "A link between chips.",
    "SwitchChip": "A chip that routes between links.",
    "Foundry": "A fabrication service.",
    "ProcessNode": "A fabrication process.",
    "PackagingTechnology": "A way to put dies into one package.",
    "Country": "A country or territory whose companies are counted together.",
    "SupplyStage": "A stage into which the making of a chip is divided.",
    "SupplyInput": "A step, tool, material or product on the way to a chip (see `classes`).",
    "Dataset": "A named collection of data that models are trained or judged on.",
    "UnresolvedEntity": "A thing that a source names and nothing describes.",
    "OtherEntity": "An entity whose main class is in the data but not in this schema.",
}


def _entity_type(name: str, description: str) -> type[Entity]:
    made: type[Entity] = strawberry.federation.type(
        type(name, (Entity,), {"__doc__": description, "__module__": __name__}), description=description, keys=["id"]
    )
    return made


# Here, where all that their fields name is there: what cannot be read yet would be tried again for each of them.
ENTITY_TYPES = {name: _entity_type(name, description) for name, description in _DESCRIPTIONS.items()}


def node_of(identifier: str, info: Info) -> Node | None:
    """Return what an identifier names: a fact, relation, influence or entity; None when nothing."""
    record = info.context.served.nodes.get(identifier.strip())
    if isinstance(record, model.Fact):
        return Fact.of(record)
    if isinstance(record, model.Relation):
        return Relation.of(record)
    if isinstance(record, model.Influence):
        return Influence.of(record)
    try:
        return entity_of(info.context.kg.resolve(identifier, field="id"))
    except UnknownNameError:
        # Relay: a node that does not exist is null, `entity(id:)` is the field that explains.
        return None


@strawberry.type(description="An entity found by its label or an alias.")
class SearchHit:
    """A search result."""

    entity: Entity = strawberry.field(description="The entity.")
    matched: str = strawberry.field(description="The name that matched.")
    score: float = strawberry.field(description="0 to 1; 1 is the same name.")
