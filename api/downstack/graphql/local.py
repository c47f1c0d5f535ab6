"""GraphQL without a service: the same schema, limits and errors, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from downstack.graphql.context import Context, GraphHolder, Services
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.schema import build_schema
from downstack.kg import KnowledgeGraph

# Who asks the graph in the own process could as well read it: the signature keeps cursors of one list out of another.
_KEY = b"downstack"


def answer(
    kg: KnowledgeGraph, query: str, variables: Mapping[str, object] | None = None, operation: str | None = None
) -> dict[str, object]:
    """Answer a document as the service would.

    Parameters
    ----------
    kg
        The graph that answers.
    query
        A GraphQL document.
    variables
        The values of its variables.
    operation
        Which of its operations is meant, where there are several.

    Returns
    -------
    ``data`` and, where something is wrong, ``errors``, as they would come over HTTP.
    """
    holder = GraphHolder(kg)
    context = Context(holder.served, CursorSigner(_KEY), Services(holder))
    done = asyncio.run(
        build_schema().execute(
            query, variable_values=dict(variables or {}), context_value=context, operation_name=operation
        )
    )
    found: dict[str, object] = {"data": done.data}
    if done.errors:
        found["errors"] = [error.formatted for error in done.errors]
    return found
