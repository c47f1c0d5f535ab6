"""What dependencies and paths answer: who depends on whom, without numbers but for stated shares."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.graphql import relay
from downstack.graphql.arguments import After, AsOf, Before, Last, Name
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.cursors import Sorted
from downstack.graphql.dependency_shares import Exposure
from downstack.graphql.dependency_steps import DependencyNode, DependencyStep, Reliance
from downstack.graphql.entities import Entity, entity_of
from downstack.graphql.enums import Date, Direction
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given

__all__ = ["Dependencies", "DependencyReport", "Path", "Reliance", "SinglePoint"]

PAGE = 50
MOST_STEPS, MOST_LISTED = 500, 100
"""Steps, and single points or shares, of one answer."""
_BY_DEPTH: Sorted[results.DependencyNode] = Sorted(lambda item: (item.depth, item.entity.id))
Influences = Annotated[bool | None, strawberry.argument(description="Follow qualitative influences too.")]


@strawberry.type(description="An entity that every known way from the asked one to some others leads through.")
class SinglePoint:
    """A single point."""

    record: strawberry.Private[results.SinglePoint]
    behind: list[strawberry.ID] = strawberry.field(description="Slugs of what is reached through it only.")
    all_ends: bool = strawberry.field(description="True when every end of the cone is behind it, or is it.")

    @resolved("The entity.")
    def entity(self) -> Entity:
        """Wrap the entity."""
        return entity_of(self.record.entity)

    @classmethod
    def of(cls, record: results.SinglePoint) -> SinglePoint:
        """Wrap a record."""
        return cls(record=record, behind=[strawberry.ID(item) for item in record.behind], all_ends=record.all_ends)


@strawberry.type(description="The answer to who depends on an entity (UP), or what it depends on (DOWN).")
class DependencyReport:
    """An answer."""

    record: strawberry.Private[results.DependencyReport]
    page: strawberry.Private[relay.Page]
    scope: strawberry.Private[str]
    graph_version: str = strawberry.field(description="The graph version that answered.")
    direction: Direction = strawberry.field(description="Which way was followed.")
    max_depth: int = strawberry.field(description="How many steps were followed.")
    as_of: Date | None = strawberry.field(description="Statements for a later date are left out.")
    hidden: list[str] = strawberry.field(description="Classes that are passed through without being shown.")
    influences: bool = strawberry.field(description="Whether qualitative influences were followed.")
    reached: int = strawberry.field(description="How many there are at any depth.")
    unknown_shares: int = strawberry.field(description="How many of them have no stated share.")
    assumptions: list[str] = strawberry.field(description="What a reader must know beside the answer.")
    elapsed_ms: float = strawberry.field(description="How long it took.")

    @resolved("True when a list of the answer is cut off.")
    def partial(self) -> bool:
        """Compare the lists with their bounds."""
        return self.partial_reason() is not None

    @resolved("Which lists are cut off, and how long they are.")
    def partial_reason(self) -> str | None:
        """Name the lists that are cut off."""
        lists = (
            ("steps", len(self.record.steps), MOST_STEPS),
            ("singlePoints", len(self.record.single_points), MOST_LISTED),
            ("exposures", len(self.record.exposures), MOST_LISTED),
        )
        cut = [f"{most} of {found:,} {name}" for name, found, most in lists if found > most]
        return f"the answer holds {', '.join(cut)}" if cut else None

    @resolved("The entity that was asked about.")
    def entity(self) -> Entity:
        """Wrap the entity."""
        return entity_of(self.record.entity)

    @resolved(
        "Within the depth, nearest first, then by slug; page by page as `first`, `after`, `last` and `before` of the question say."
    )
    def nodes(self, info: Info) -> relay.Connection[DependencyNode]:
        """Cut the page."""
        return relay.paginate(
            self.record.nodes,
            DependencyNode.of,
            places=_BY_DEPTH,
            scope=self.scope,
            signer=info.context.signer,
            page=self.page,
        )

    @resolved("Steps between the asked entity and those within the depth, up to 500.")
    def steps(self) -> list[DependencyStep]:
        """Wrap the steps."""
        return [DependencyStep.of(item) for item in self.record.steps[:MOST_STEPS]]

    @resolved("At any depth, those with most behind them first, up to 100.")
    def single_points(self) -> list[SinglePoint]:
        """Wrap the single points."""
        return [SinglePoint.of(item) for item in self.record.single_points[:MOST_LISTED]]

    @resolved("Shares where they are stated, at any depth, the largest first, up to 100.")
    def exposures(self) -> list[Exposure]:
        """Wrap the shares."""
        return [Exposure.of(item) for item in self.record.exposures[:MOST_LISTED]]

    @classmethod
    def of(cls, record: results.DependencyReport, page: relay.Page) -> DependencyReport:
        """Wrap a record."""
        asked = (record.entity.id, record.direction, record.max_depth, record.as_of, record.hidden, record.influences)
        return cls(
            record=record,
            page=page,
            scope=relay.scope_of("dependencies", asked),
            graph_version=record.graph_version,
            direction=Direction(str(record.direction)),
            max_depth=record.max_depth,
            as_of=None if record.as_of is None else Date(record.as_of),
            hidden=list(record.hidden),
            influences=record.influences,
            reached=record.reached,
            unknown_shares=record.unknown_shares,
            assumptions=list(record.assumptions),
            elapsed_ms=record.elapsed_ms,
        )


@strawberry.type(description="One way between two entities along dependence.")
class Path:
    """A way."""

    direction: Direction = strawberry.field(
        description="DOWN when the first depends on the second, UP when the second depends on the first."
    )
    length: int = strawberry.field(description="The number of steps.")
    steps: list[DependencyStep] = strawberry.field(description="From the first to the second.")

    @classmethod
    def of(cls, record: results.DependencyPath) -> Path:
        """Wrap a record."""
        return cls(
            direction=Direction(str(record.direction)),
            length=record.length,
            steps=[DependencyStep.of(item) for item in record.steps],
        )


@strawberry.type(description="Questions about dependence.")
class Dependencies:
    """A part of the root of all questions."""

    @resolved("Who depends on an entity (UP, towards applications), or what it depends on (DOWN, towards silicon).")
    async def dependencies(
        self,
        info: Info,
        of: Name,
        direction: Annotated[
            Direction, strawberry.argument(description="UP: who depends on it; DOWN: what it depends on.")
        ],
        max_depth: Annotated[int | None, strawberry.argument(description="How many steps to go, 1 to 64.")] = 3,
        first: Annotated[int | None, strawberry.argument(description="The page size of `nodes`, 1 to 100.")] = PAGE,
        after: After = UNSET,
        as_of: AsOf = UNSET,
        hide: Annotated[
            list[str] | None,
            strawberry.argument(description="Classes to pass through without showing them, such as Interconnect."),
        ] = UNSET,
        influences: Influences = False,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> DependencyReport:
        """Ask for dependencies."""
        page = relay.page_of(info, first, after, last, before, PAGE)
        hidden, depth = given(hide) or [], 3 if max_depth is None else max_depth

        def ask() -> results.DependencyReport:
            kg = info.context.kg
            return kg.dependencies(of, direction.value, depth, given(as_of), hidden, bool(influences))

        return DependencyReport.of(await off_the_loop(ask), page)

    @resolved(
        "The shortest ways between two entities, whichever depends on the other; an empty list when there is none."
    )
    async def paths(
        self,
        info: Info,
        from_: Annotated[
            strawberry.ID,
            strawberry.argument(name="from", description="Slug, IRI, CURIE (ds:...) or unambiguous alias."),
        ],
        to: Name,
        first: Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")] = 5,
        as_of: AsOf = UNSET,
        influences: Influences = False,
    ) -> list[Path]:
        """Ask for paths."""
        count = relay.check_first(5 if first is None else first)

        def ask() -> tuple[results.DependencyPath, ...]:
            return info.context.kg.paths(from_, to, count, given(as_of), bool(influences))

        return [Path.of(item) for item in await off_the_loop(ask)]
