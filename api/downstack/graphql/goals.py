"""Questions that turn an answer round: what matters most, what would be needed, which scenario is better."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET

from downstack import results
from downstack.errors import UserInputError
from downstack.graphql import inputs
from downstack.graphql.arguments import AsOf, Samples, Target, Where, selection_of
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.comparison import ComparisonReport
from downstack.graphql.context import Info
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.graphql.relay import check_first
from downstack.graphql.sensitivity import SensitivityReport
from downstack.graphql.solving import SolveReport


@strawberry.type
class Goals:
    """The root fields of such questions."""

    @resolved("Which inputs matter most for one number: elasticities, and what their stated ranges make of it.")
    async def sensitivity(
        self,
        info: Info,
        target: Target,
        where: Where = UNSET,
        first: Annotated[int | None, strawberry.argument(description="How many inputs, 1 to 100.")] = 10,
        as_of: AsOf = UNSET,
    ) -> SensitivityReport:
        """Ask for a sensitivity."""
        count = check_first(10 if first is None else first)
        selection, when = selection_of(given(where), given(as_of))

        def ask() -> results.SensitivityReport:
            return info.context.kg.sensitivity(target, selection, count, when)

        return SensitivityReport.of(await off_the_loop(ask))

    @resolved("The value of one input at which a quantity meets a goal, or what stands in the way.")
    async def solve(
        self,
        info: Info,
        target: Target,
        goal: Annotated[float, strawberry.argument(description="The value to reach, in `unit`.")],
        vary: Annotated[inputs.QuantityRef, strawberry.argument(description="The input that may change.")],
        unit: Annotated[
            str | None, strawberry.argument(description="The unit of the goal; that of answers unless given.")
        ] = UNSET,
        where: Where = UNSET,
    ) -> SolveReport:
        """Ask what would be needed."""
        selection, when = selection_of(given(where))
        kg = info.context.kg
        # Resolved here, because an IRI has dots of its own and could not be split off from an entity again.
        entity = kg.resolve(vary.entity, field="vary.entity").id
        varied = f"{entity}.{kg.quantity(vary.quantity, field='vary.quantity').id}"

        def ask() -> results.SolveReport:
            return kg.solve(target, goal=goal, unit=given(unit), vary=varied, where=selection, as_of=when)

        return SolveReport.of(await off_the_loop(ask))

    @resolved("Several scenarios side by side, against the same base.")
    async def compare(
        self,
        info: Info,
        scenarios: Annotated[list[inputs.ScenarioInput], strawberry.argument(description="What to compare.")],
        targets: Annotated[list[strawberry.ID], strawberry.argument(description="The quantities to compare in.")],
        where: Where = UNSET,
        samples: Samples = 0,
    ) -> ComparisonReport:
        """Ask for a comparison."""
        selection, when = selection_of(given(where))
        asked = {item.name: [change.change() for change in item.changes] for item in scenarios}
        if len(asked) < len(scenarios):
            raise UserInputError("two scenarios have one name", field="scenarios", hint="give each its own name")
        names = [str(item) for item in targets]

        def ask() -> results.ComparisonReport:
            return info.context.kg.compare(asked, names, selection, when, samples or 0)

        return ComparisonReport.of(await off_the_loop(ask))
