"""The commands that turn an answer round: what matters most, and what would be needed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from downstack.cli.goal_tables import print_sensitivity, print_solve
from downstack.cli.options import AsJson, AsOf, Store, Where, errors
from downstack.cli.reading import read_goal, read_reference, read_where
from downstack.wire.answers import dump
from downstack.wire.goals import sensitivity_json, solve_json


def sensitivity(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="QUANTITY or ENTITY.QUANTITY; one combination with --where.", show_default=False
        ),
    ],
    where: Where = None,
    first: Annotated[int, typer.Option("--first", min=1, max=100, help="How many inputs.")] = 10,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say which inputs matter most for one number: elasticities, and stated ranges."""
    selection = read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).sensitivity(target, selection, first, as_of)
        if as_json:
            sys.stdout.write(dump(sensitivity_json(report)) + "\n")
        else:
            print_sensitivity(Console(), report)


def solve(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET=VALUE",
            help="The goal: QUANTITY=VALUE, with a unit when it is another one than that of answers.",
            show_default=False,
        ),
    ],
    vary: Annotated[
        str, typer.Option("--vary", metavar="ENTITY.QUANTITY", help="The input that may change.", show_default=False)
    ],
    where: Where = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    store: Store = None,
) -> None:
    """Say which value of one input meets a goal, or what caps it."""
    goal, varied, selection = read_goal(target), read_reference(vary), read_where(where or [])
    with errors(as_json):
        from downstack.kg import KnowledgeGraph

        report = KnowledgeGraph.open(store).solve(goal, vary=varied, where=selection, as_of=as_of)
        if as_json:
            sys.stdout.write(dump(solve_json(report)) + "\n")
        else:
            print_solve(Console(), report)
