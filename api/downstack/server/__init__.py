"""The service: an application of its own, or a router for yours.

::

    from downstack.server import create_app, graphql_router
"""

from downstack.graphql.http import graphql_router
from downstack.server.app import create_app
from downstack.server.run import serve

__all__ = ["create_app", "graphql_router", "serve"]
