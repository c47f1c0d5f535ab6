"""One service for ``benchmarks/service.py`` to load, as a process of its own.

``all`` is the service as ``downstack serve`` runs it, with a rate limit that is never reached; ``none`` the same without the
bounds of documents, answers and time; ``router`` and ``limited`` are Strawberry's own router for FastAPI with the same types,
as its documentation has it, without and with its limiters of depth, aliases and tokens.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from downstack.kg import KnowledgeGraph

ENDLESS = 1e9


def guarded(kg: KnowledgeGraph) -> FastAPI:
    from downstack.server import create_app
    from downstack.server.rate import RateLimit

    return create_app(kg, hosts=["127.0.0.1"], rate_limit=RateLimit(ENDLESS, ENDLESS))


def unguarded(kg: KnowledgeGraph) -> FastAPI:
    """Leave out what guards one request: limits, estimate, deadline, cap of the answer, host, rate."""
    from downstack.graphql import documents, endpoint
    from downstack.graphql.cost import Size
    from downstack.server import create_app

    free = Size(), None
    # The guards are taken out on purpose, to be compared with: what stands in for them has other types.
    documents.text_error = documents.document_error = documents.operation_error = lambda *_: None  # type: ignore[assignment]
    documents.Operation.size = lambda self, variables: free  # type: ignore[method-assign]
    endpoint.variables_error = lambda *_: None  # type: ignore[assignment]
    endpoint.written = partial(_written, endpoint.written)  # type: ignore[assignment]
    return create_app(kg)


def _written(write: Any, result: Any, most: int) -> Any:
    return write(result, sys.maxsize)


def stock(kg: KnowledgeGraph, *, limited: bool) -> FastAPI:
    import strawberry
    from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
    from strawberry.fastapi import GraphQLRouter
    from strawberry.schema.config import StrawberryConfig

    from downstack.graphql.context import Context, GraphHolder, Services
    from downstack.graphql.cursors import CursorSigner
    from downstack.graphql.enums import DATE_SCALAR, Date
    from downstack.graphql.query import Query
    from downstack.graphql.schema import TYPES

    limiters = [
        lambda: QueryDepthLimiter(max_depth=10),
        lambda: MaxAliasesLimiter(max_alias_count=15),
        lambda: MaxTokensLimiter(max_token_count=1_000),
    ]
    # The keys of federation are meant to be left out.
    warnings.filterwarnings("ignore", message="Federation directive found", category=UserWarning)
    schema = strawberry.Schema(
        query=Query,
        types=TYPES,
        extensions=limiters if limited else [],
        config=StrawberryConfig(scalar_map={Date: DATE_SCALAR}),
    )
    holder = GraphHolder(kg)
    services = Services(holder)
    signer = CursorSigner(None)

    async def context() -> Context:
        return Context(holder.served, signer, services)

    app = FastAPI()
    app.include_router(GraphQLRouter(schema, path="/graphql", context_getter=context))
    return app


def main() -> None:
    """Serve until the process is ended."""
    what, port = sys.argv[1], int(sys.argv[2])
    kg = KnowledgeGraph.open()
    made = {
        "all": guarded,
        "none": unguarded,
        "router": partial(stock, limited=False),
        "limited": partial(stock, limited=True),
    }[what](kg)
    uvicorn.run(made, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
