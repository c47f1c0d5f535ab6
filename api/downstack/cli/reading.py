"""From the words of a command line to a question."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from downstack.engine.changes import Change
from downstack.errors import UserInputError
from downstack.supply.disruption import Disruption


def read_changes(words: Sequence[str]) -> list[Change]:
    """Read ``ENTITY.QUANTITY=VALUE`` for every change.

    Raises
    ------
    typer.BadParameter
        If one cannot be read: the command was used wrongly.
    """
    changes = []
    for word in words:
        reference, sign, value = word.partition("=")
        if not sign:
            raise typer.BadParameter(
                f"{word!r} is not a change: write ENTITY.QUANTITY=VALUE, for example "
                "nvidia-h200-sxm.memory_bandwidth=x1.4"
            )
        try:
            changes.append(Change.parse(reference, value))
        except UserInputError as error:
            raise typer.BadParameter(str(error)) from error
    return changes


def read_scenarios(words: Sequence[str]) -> dict[str, list[Change]]:
    """Read ``NAME=CHANGE[,CHANGE...]`` for every scenario.

    Raises
    ------
    typer.BadParameter
        If one cannot be read, or two have one name.
    """
    scenarios: dict[str, list[Change]] = {}
    for word in words:
        name, sign, changes = word.partition("=")
        name = name.strip()
        if not (name and sign and changes.strip()):
            raise typer.BadParameter(
                f"{word!r} is not a scenario: write NAME=CHANGE[,CHANGE...], for example "
                "faster=nvidia-h200-sxm.memory_bandwidth=x1.4"
            )
        if name in scenarios:
            raise typer.BadParameter(f"two scenarios are called {name!r}: give each a name of its own")
        scenarios[name] = read_changes([item.strip() for item in changes.split(",")])
    return scenarios


def read_where(words: Sequence[str]) -> dict[str, list[str]]:
    """Read ``KEY=ID`` for every filter; one key may be given several times.

    Raises
    ------
    typer.BadParameter
        If one cannot be read.
    """
    where: dict[str, list[str]] = {}
    for word in words:
        key, sign, name = word.partition("=")
        if not (key and sign and name):
            raise typer.BadParameter(f"{word!r} is not a filter: write KEY=ID, for example model=llama-3.1-70b")
        where.setdefault(key, []).append(name)
    return where


def read_goal(word: str) -> str:
    """Check that a goal is written ``TARGET=VALUE``.

    Raises
    ------
    typer.BadParameter
        If it is not.
    """
    target, sign, value = word.partition("=")
    if not (target.strip() and sign and value.strip()):
        raise typer.BadParameter(
            f"{word!r} is not a goal: write TARGET=VALUE, for example cost_per_million_output_tokens=0.5"
        )
    return word


def read_reference(word: str) -> str:
    """Check that one quantity of one entity is written ``ENTITY.QUANTITY``.

    Raises
    ------
    typer.BadParameter
        If it is not.
    """
    entity, dot, quantity = word.rpartition(".")
    if not (entity and dot and quantity):
        raise typer.BadParameter(
            f"{word!r} names no quantity of an entity: write ENTITY.QUANTITY, for example "
            "nvidia-h200-sxm.memory_bandwidth"
        )
    return word


def read_disruptions(words: Sequence[str], months: int) -> list[Disruption]:
    """Read ``ENTITY=-30%`` for every disruption.

    Raises
    ------
    typer.BadParameter
        If one cannot be read.
    """
    found = []
    for word in words:
        entity, sign, text = word.rpartition("=")
        if not (entity and sign and text):
            raise typer.BadParameter(f"{word!r} is not a disruption: write ENTITY=-30%, for example tsmc-cowos=-30%")
        try:
            found.append(Disruption.parse(entity, text, months))
        except UserInputError as error:
            raise typer.BadParameter(str(error)) from error
    return found
