"""What changes of the store answer: what is served now, what differs, or why nothing was changed."""

from __future__ import annotations

import strawberry

from downstack.editing import Edit
from downstack.errors import Finding, KnowledgeError
from downstack.graph import model
from downstack.graphql.context import Info
from downstack.graphql.entities import Fact
from downstack.graphql.fields import resolved
from downstack.graphql.scenarios import Scenario
from downstack.graphql.terms import Release
from downstack.results.diff import Difference as DifferenceRecord

MAX_DIFFERENCES = 100
MAX_ERRORS = 50


@strawberry.type(description="Why a change was refused, or what was left out of it.")
class UserError:
    """Something wrong in what was sent."""

    place: str = strawberry.field(description="The file or the field that it is in.")
    row: int | None = strawberry.field(description="The line of the file.")
    what: str = strawberry.field(description="What is wrong.")
    remedy: str = strawberry.field(description="What to do.")
    rule: str = strawberry.field(description="The rule that it breaks, in a word.")

    @classmethod
    def of(cls, record: Finding) -> UserError:
        """Wrap a finding."""
        return cls(place=record.file, row=record.line, what=record.what, remedy=record.remedy, rule=record.rule)


@strawberry.type(description="Something that the store states differently after a change.")
class StoreDifference:
    """A difference."""

    kind: str = strawberry.field(description="entity, fact, relation or influence.")
    change: str = strawberry.field(description="added, removed, changed or superseded.")
    name: str = strawberry.field(description="What it is about.")
    iri: strawberry.ID = strawberry.field(description="Its IRI.")
    before: str | None = strawberry.field(description="What was stated; null where nothing was.")
    after: str | None = strawberry.field(description="What is stated; null where nothing is.")

    @classmethod
    def of(cls, record: DifferenceRecord) -> StoreDifference:
        """Wrap a record."""
        return cls(
            kind=record.kind,
            change=record.change,
            name=record.name,
            iri=strawberry.ID(record.iri),
            before=record.before,
            after=record.after,
        )


@strawberry.interface(description="What a change of the store answers.")
class EditResult:
    """The answer to a change."""

    graph_version: str = strawberry.field(description="The version that is served now.")
    changed: bool = strawberry.field(
        description="Whether the store is another one than before; with dryRun, whether it would be."
    )
    release: Release | None = strawberry.field(description="The release that was made; null where none was.")
    differences: list[StoreDifference] = strawberry.field(description="The first hundred differences.")
    difference_count: int = strawberry.field(description="How many there are.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was changed; empty where the change was made, or would be."
    )


@strawberry.type(description="What became of a fact.")
class FactEdit(EditResult):
    """The answer to a change of one fact."""

    iri: strawberry.Private[str]

    @resolved("The fact as it stands now; null where nothing was changed.")
    def fact(self, info: Info) -> Fact | None:
        """Look the fact up in the version that is served now."""
        found = info.context.services.holder.served.nodes.get(self.iri)
        return Fact.of(found) if isinstance(found, model.Fact) and not self.user_errors else None


@strawberry.type(description="What became of a dataset.")
class DatasetEdit(EditResult):
    """The answer to a load."""

    read: int = strawberry.field(description="Rows read.")
    kept: int = strawberry.field(description="Rows that became something.")
    rejected: int = strawberry.field(description="Rows that were left out.")
    notes: list[UserError] = strawberry.field(description="What was left out, or is doubtful: the first hundred.")


@strawberry.type(description="What became of a scenario.")
class ScenarioEdit(EditResult):
    """The answer to a scenario that was to be kept."""

    iri: strawberry.Private[str]

    @resolved("The scenario; null where it was not kept.")
    def scenario(self, info: Info) -> Scenario | None:
        """Look the scenario up in the version that is served now."""
        scenarios = info.context.services.holder.served.kg.scenarios
        found = next((item for item in scenarios if item.iri == self.iri), None)
        return None if found is None or self.user_errors else Scenario.of(found)


def shared(info: Info, outcome: Edit | KnowledgeError) -> dict[str, object]:
    """Return the fields that all answers have in common."""
    kg = info.context.services.holder.served.kg
    if isinstance(outcome, KnowledgeError):
        errors = [UserError.of(item) for item in outcome.findings if item.is_error][:MAX_ERRORS]
        return {
            "graph_version": kg.version,
            "changed": False,
            "release": None,
            "differences": [],
            "difference_count": 0,
            "user_errors": errors,
        }
    found = outcome.diff.differences
    return {
        "graph_version": kg.version,
        "changed": outcome.release is not None or bool(found),
        "release": None if outcome.release is None else Release.of(outcome.release),
        "differences": [StoreDifference.of(item) for item in found[:MAX_DIFFERENCES]],
        "difference_count": len(found),
        "user_errors": [],
    }
