"""What questions ask with: changes and filters."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import strawberry
from strawberry import UNSET

from downstack.engine.changes import Change
from downstack.engine.changes import ChangeOp as Op
from downstack.graphql.enums import ChangeOp, Date, Direction, InfluenceConfidence, LayerName, Strength

Ids = list[strawberry.ID] | None
Given = TypeVar("Given")


def given(value: Given | None) -> Given | None:
    """Return an argument, or None when it was left out.

    Arguments default to UNSET and not to None, because the schema would otherwise print ``= null`` at each of them.
    """
    return None if value is UNSET else value


class InputFields:
    """An input object whose absent fields are None."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):  # type: ignore[arg-type]  # every heir is a dataclass
            if getattr(self, item.name) is UNSET:
                setattr(self, item.name, None)


@strawberry.input(description="One change of one quantity of one entity.")
class ChangeInput(InputFields):
    """A change."""

    entity: strawberry.ID = strawberry.field(description="Slug, IRI, CURIE or unambiguous alias of the entity.")
    quantity: strawberry.ID = strawberry.field(description="Identifier, IRI or CURIE of the quantity.")
    op: ChangeOp = strawberry.field(description="How the value is meant.")
    value: float = strawberry.field(description="The factor, percentage, or amount in `unit`.")
    unit: str | None = strawberry.field(default=UNSET, description="The unit of ADD and SET, such as TB/s.")

    def change(self) -> Change:
        """Return the change as the library takes it."""
        return Change(self.entity, self.quantity, Op[self.op.name], self.value, self.unit)


@strawberry.input(description="One quantity of one entity.")
class QuantityRef:
    """A reference to a quantity."""

    entity: strawberry.ID = strawberry.field(description="Slug, IRI, CURIE or unambiguous alias of the entity.")
    quantity: strawberry.ID = strawberry.field(description="Identifier, IRI or CURIE of the quantity.")


@strawberry.input(description="Changes that belong together, under a name.")
class ScenarioInput:
    """A scenario."""

    name: str = strawberry.field(description="The name under which the answer gives its numbers.")
    changes: list[ChangeInput] = strawberry.field(description="What changes in it.")


@strawberry.input(description="Which combinations to look at: each filter keeps those with one of its entities.")
class WhereInput(InputFields):
    """A filter on combinations."""

    model: Ids = strawberry.field(default=UNSET, description="Foundation models.")
    accelerator: Ids = strawberry.field(default=UNSET, description="Accelerators.")
    offering: Ids = strawberry.field(default=UNSET, description="Cloud offerings.")
    workload: Ids = strawberry.field(default=UNSET, description="Workloads.")
    framework: Ids = strawberry.field(default=UNSET, description="Serving frameworks.")
    layer: list[LayerName] | None = strawberry.field(default=UNSET, description="Layers of the quantities reported.")
    as_of: Date | None = strawberry.field(default=UNSET, description="Answer with the facts of that date.")

    def selection(self) -> dict[str, list[str]]:
        """Return the filter as the library takes it."""
        given = {
            "model": self.model,
            "accelerator": self.accelerator,
            "offering": self.offering,
            "workload": self.workload,
            "framework": self.framework,
        }
        found: dict[str, list[str]] = {key: list(names) for key, names in given.items() if names is not None}
        if self.layer is not None:
            found["layer"] = [layer.name for layer in self.layer]
        return found


@strawberry.input(description="Which influences to list; all conditions hold together.")
class InfluenceFilter(InputFields):
    """A filter on influences."""

    entity: strawberry.ID | None = strawberry.field(default=UNSET, description="Start or end at this entity.")
    source_entity: strawberry.ID | None = strawberry.field(default=UNSET, description="Start at this entity.")
    target_entity: strawberry.ID | None = strawberry.field(default=UNSET, description="End at this entity.")
    direction: Direction | None = strawberry.field(default=UNSET, description="Towards applications or silicon.")
    sign: str | None = strawberry.field(default=UNSET, description="One of +, -, ? and 0.")
    strength: list[Strength] | None = strawberry.field(default=UNSET, description="Strengths.")
    confidence: list[InfluenceConfidence] | None = strawberry.field(default=UNSET, description="Confidences.")


@strawberry.input(description="Which functions to list; all conditions hold together.")
class FunctionFilter(InputFields):
    """A filter on functions."""

    name: list[str] | None = strawberry.field(default=UNSET, description="Names of functions.")
    returns: strawberry.ID | None = strawberry.field(default=UNSET, description="Functions that compute this quantity.")
    reads: strawberry.ID | None = strawberry.field(default=UNSET, description="Functions that read this quantity.")
