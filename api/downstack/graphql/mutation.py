"""Changes of the store: each is one transaction, checked as a whole, and served at once.

Nothing is overwritten: a fact is withdrawn or corrected by saying so, and stays. What a change is refused for comes back as
``userErrors``; who may not change anything gets an error instead of an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypedDict, TypeVar

import strawberry
from strawberry import UNSET

from downstack.editing import Dataset, Edit, NewScenario, Writer
from downstack.engine.changes import Change
from downstack.errors import KnowledgeError, UnknownNameError, UserInputError
from downstack.graph import model
from downstack.graphql import inputs
from downstack.graphql.arguments import Where, selection_of
from downstack.graphql.combinations import off_the_loop
from downstack.graphql.context import Info
from downstack.graphql.edit_inputs import FactInput, bounded, optional
from downstack.graphql.edit_types import DatasetEdit, FactEdit, ScenarioEdit, UserError, shared
from downstack.graphql.fields import resolved
from downstack.graphql.inputs import given
from downstack.kg import KnowledgeGraph

MAX_CONTENT = 800_000
"""Characters of a dataset; larger ones are loaded with ``downstack load``."""

Result = TypeVar("Result")
DryRun = Annotated[bool, strawberry.argument(description="Check, say what would change, and write nothing.")]


@strawberry.type(description="Changes of the store; they need a token with the role write.")
class Mutation:
    """The root of all changes."""

    @resolved("State a fact. What it corrects stays, and names it.")
    async def assert_fact(
        self,
        info: Info,
        input: Annotated[FactInput, strawberry.argument(description="The fact.")],
        dry_run: DryRun = False,
    ) -> FactEdit:
        """State a fact."""
        info.context.writing()
        kg = info.context.kg
        old = None if input.supersedes is None else _fact(info, input.supersedes, "input.supersedes").iri
        fact = input.fact(kg, old)
        outcome = await _run(info, lambda writer, who: writer.assert_fact(fact, **who, dry_run=dry_run))
        return _made(FactEdit, info, outcome, iri=_subject(outcome))

    @resolved("Say that a fact no longer counts. It stays, and questions for earlier dates are still answered with it.")
    async def retract_fact(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The `id` or the IRI of the fact.")],
        reason: Annotated[str, strawberry.argument(description="Why, in a sentence.")],
        dry_run: DryRun = False,
    ) -> FactEdit:
        """Withdraw a fact."""
        info.context.writing()
        iri, why = _fact(info, id, "id").iri, bounded(reason, "reason")
        outcome = await _run(info, lambda writer, who: writer.retract_fact(iri, why, **who, dry_run=dry_run))
        return _made(FactEdit, info, outcome, iri=iri)

    @resolved("Load the content of a file as `downstack load` loads the file.")
    async def load_dataset(
        self,
        info: Info,
        loader: Annotated[str, strawberry.argument(description="The loader, such as facts-csv, hf-config, rdf.")],
        name: Annotated[
            str, strawberry.argument(description="What the file is called; its ending says what is in it.")
        ],
        content: Annotated[str, strawberry.argument(description="What is in it, at most 800,000 characters.")],
        entity: Annotated[
            str | None,
            strawberry.argument(description="The name of the one thing that is loaded, for loaders that take one."),
        ] = UNSET,
        dry_run: DryRun = False,
    ) -> DatasetEdit:
        """Load a dataset."""
        info.context.writing()
        if len(content) > MAX_CONTENT:
            raise UserInputError(
                f"the content has {len(content):,} characters",
                field="content",
                hint=f"send at most {MAX_CONTENT:,}; `downstack load` takes larger files",
            )
        dataset = Dataset(loader, name, content, optional(given(entity), "entity", 200))
        outcome = await _run(info, lambda writer, who: writer.load_dataset(dataset, **who, dry_run=dry_run))
        rows = None if isinstance(outcome, KnowledgeError) else outcome.rows
        notes = () if isinstance(outcome, KnowledgeError) else outcome.notes
        return _made(
            DatasetEdit,
            info,
            outcome,
            read=0 if rows is None else rows.read,
            kept=0 if rows is None else rows.kept,
            rejected=0 if rows is None else rows.rejected,
            notes=[UserError.of(item) for item in notes],
        )

    @resolved("Keep a question under a name; `scenarios` lists what is kept.")
    async def save_scenario(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="A name that no other scenario has.")],
        changes: Annotated[list[inputs.ChangeInput], strawberry.argument(description="What changes.")],
        targets: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Quantities that are asked for; all that are reached unless given."),
        ] = UNSET,
        where: Where = UNSET,
        description: Annotated[str | None, strawberry.argument(description="What it is about.")] = UNSET,
        dry_run: DryRun = False,
    ) -> ScenarioEdit:
        """Keep a scenario."""
        info.context.writing()
        kg = info.context.kg
        selection, when = selection_of(given(where))
        asked = [item.change() for item in changes]
        wanted = [str(item) for item in given(targets) or ()]
        # What cannot be asked is not kept: every name, unit and number of it is checked by asking.
        await off_the_loop(lambda: kg.impact(asked, wanted or None, selection, as_of=when))
        scenario = NewScenario(
            name=bounded(name, "name", 200),
            changes=tuple(_named(kg, item) for item in asked),
            targets=tuple(dict.fromkeys(kg.quantity(item).id for item in wanted)),
            where=_where(kg, selection),
            as_of=when,
            description=optional(given(description), "description"),
        )
        outcome = await _run(info, lambda writer, who: writer.save_scenario(scenario, **who, dry_run=dry_run))
        return _made(ScenarioEdit, info, outcome, iri=_subject(outcome))


class _Asked(TypedDict):
    """What every change is told besides itself."""

    graph: KnowledgeGraph
    by: str


async def _run(info: Info, work: Callable[[Writer, _Asked], Edit]) -> Edit | KnowledgeError:
    """Change the store; what is wrong with what was sent is an answer too."""
    edits, by = info.context.writing()
    holder = info.context.services.holder

    def change(writer: Writer) -> Edit:
        # Only now, because changes that waited longer may have made another version.
        return work(writer, {"graph": holder.served.kg, "by": by})

    try:
        return await off_the_loop(lambda: edits.run(change))
    except KnowledgeError as error:
        return error


def _made(kind: Callable[..., Result], info: Info, outcome: Edit | KnowledgeError, **own: object) -> Result:
    return kind(**shared(info, outcome), **own)


def _subject(outcome: Edit | KnowledgeError) -> str:
    return "" if isinstance(outcome, KnowledgeError) else outcome.subject


def _fact(info: Info, name: str, field: str) -> model.Fact:
    """Return the fact of an identifier or an IRI."""
    found = info.context.served.nodes.get(name)
    if not isinstance(found, model.Fact):
        raise UnknownNameError("fact", name[:200], (), field=field)
    return found


def _named(kg: KnowledgeGraph, change: Change) -> Change:
    """Return a change with the slug and the identifier instead of whatever names were given."""
    entity, quantity = kg.resolve(change.entity).id, kg.quantity(change.quantity).id
    return Change(entity, quantity, change.op, change.value, change.unit)


def _where(kg: KnowledgeGraph, selection: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        role: sorted(names if role == "layer" else {kg.resolve(name).id for name in names})
        for role, names in selection.items()
        if names
    }
