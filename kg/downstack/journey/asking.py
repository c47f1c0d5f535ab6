"""From the names of a question to what is known of how they hang together with the application."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from downstack.errors import UserInputError
from downstack.graph.knowledge import Knowledge
from downstack.graph.model import Entity, Relation
from downstack.graph.names import NameIndex
from downstack.results import JourneyChoice, JourneyQuestion

CLASSES = {"model": "FoundationModel", "accelerator": "Accelerator", "workload": "Workload"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question whose names are resolved, with what the sources say about the way from the application."""

    application: Entity
    companies: tuple[str, ...]
    """Who develops the application."""
    families: tuple[str, ...]
    """What it is built on, as far as a source says."""
    members: tuple[str, ...]
    """The models of those families, or the models themselves."""
    model: str | None
    accelerator: str | None
    workload: str | None
    choices: tuple[JourneyChoice, ...]
    questions: tuple[JourneyQuestion, ...]

    @property
    def stand_in(self) -> str | None:
        """The model that stands in for one that no source names or describes."""
        return next((item.entity for item in self.choices if item.stand_in), None)


def read_journey(
    knowledge: Knowledge,
    names: NameIndex,
    application: str,
    model: str | None,
    accelerator: str | None,
    workload: str | None,
) -> Asked:
    """Resolve the names of a question, and say what is linked, what stands in, and what is left to be named.

    Raises
    ------
    UserInputError
        If a name is unknown, ambiguous or of another kind.
    """
    found = names.resolve(application, field="application")
    if "Application" not in found.classes:
        raise UserInputError(
            f"{found.id} is a {found.type}, not an Application",
            field="application",
            hint=f"name one of {', '.join(knowledge.members('Application'))}",
        )
    given = {"model": model, "accelerator": accelerator, "workload": workload}
    named = {role: None if name is None else _of_class(knowledge, names, role, name) for role, name in given.items()}
    companies = tuple(sorted({item.subject for item in relations(knowledge, found.id, "develops", towards=True)}))
    built = tuple(dict.fromkeys(item.object for item in relations(knowledge, found.id, "builtOn")))
    members = tuple(
        dict.fromkeys(
            slug
            for name in built
            for slug in (
                sorted(item.subject for item in relations(knowledge, name, "memberOf", towards=True))
                if "FoundationModel" not in knowledge.entities[name].classes
                else (name,)
            )
        )
    )
    chips = _reachable(knowledge, companies)
    choices, questions = [], []
    for role, slug in named.items():
        known = {"model": members, "accelerator": tuple(chips), "workload": ()}[role]
        missing = _missing(role, found.id, built, known)
        if slug is None:
            questions.append(JourneyQuestion(role, missing, known or _all(knowledge, role)))
            continue
        linked = slug in known
        reason = _linked(role, slug, found.id, built, chips) if linked else missing
        choices.append(JourneyChoice(role, slug, linked, role == "model" and not linked, reason))
    return Asked(
        application=found,
        companies=companies,
        families=built,
        members=members,
        model=named["model"],
        accelerator=named["accelerator"],
        workload=named["workload"],
        choices=tuple(choices),
        questions=tuple(questions),
    )


def relations(knowledge: Knowledge, slug: str, predicate: str, *, towards: bool = False) -> tuple[Relation, ...]:
    """Return the relations of a kind that start at an entity, or that lead to it; those of several sources once."""
    seen: dict[tuple[str, str], Relation] = {}
    for item in knowledge.relations_by_entity.get(slug, ()):
        if item.predicate == predicate and (item.object if towards else item.subject) == slug:
            seen.setdefault((item.subject, item.object), item)
    return tuple(seen.values())


def clouds_of(knowledge: Knowledge, companies: Iterable[str]) -> tuple[str, ...]:
    """Return the clouds that companies operate."""
    operated = (item.subject for name in companies for item in relations(knowledge, name, "operatedBy", towards=True))
    return tuple(dict.fromkeys(operated))


def _of_class(knowledge: Knowledge, names: NameIndex, role: str, name: str) -> str:
    found = names.resolve(name, field=role)
    if CLASSES[role] not in found.classes:
        raise UserInputError(
            f"{found.id} is a {found.type}, not a {CLASSES[role]}",
            field=role,
            hint=f"name a {CLASSES[role]}, for example {', '.join(knowledge.members(CLASSES[role])[:3])}",
        )
    return found.id


def _reachable(knowledge: Knowledge, companies: tuple[str, ...]) -> dict[str, str]:
    """Return the accelerators that the developer's own cloud rents out, and how each is reached."""
    found: dict[str, str] = {}
    for cloud in clouds_of(knowledge, companies):
        (company,) = [item.object for item in relations(knowledge, cloud, "operatedBy")][:1]
        said = f"{company} operates {cloud}, which offers it"
        for item in relations(knowledge, cloud, "offeredBy", towards=True):
            for hung in relations(knowledge, item.subject, "hasAccelerator"):
                found.setdefault(hung.object, said)
        for item in relations(knowledge, cloud, "offers"):
            if "Accelerator" in knowledge.entities[item.object].classes:
                found.setdefault(item.object, said)
    return dict(sorted(found.items()))


def _all(knowledge: Knowledge, role: str) -> tuple[str, ...]:
    if role == "accelerator":
        rented = {item.object for item in knowledge.relations if item.predicate == "hasAccelerator"}
        return tuple(sorted(rented))
    return knowledge.members(CLASSES[role])


def _missing(role: str, application: str, built: tuple[str, ...], known: tuple[str, ...]) -> str:
    if role == "workload":
        return f"no source states how many tokens a request of {application} has"
    if role == "model":
        if not built:
            return f"no source says which model {application} is built on"
        return f"{application} is built on {', '.join(built)}; no source says which model of it answers a request"
    if known:
        return (
            f"no source says which chip answers a request of {application}; its developer's own cloud offers "
            f"{len(known)} kinds"
        )
    return f"no source links {application} to a chip"


def _linked(role: str, slug: str, application: str, built: tuple[str, ...], chips: dict[str, str]) -> str:
    if role == "model":
        return f"a model of {', '.join(built)}, which {application} is built on; which of them answers is not public"
    return f"{chips[slug]}; that it answers requests of {application} is what the question supposes"
