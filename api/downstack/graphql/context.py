"""The graph version that a request is answered from.

A request takes the reference once and keeps it, so a swap in between cannot mix two versions in one answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property

import strawberry
from strawberry.fastapi import BaseContext

from downstack.access import Access, Principal
from downstack.errors import UnauthenticatedError
from downstack.graph.model import Fact, Influence, Layer, Relation
from downstack.graphql.cursors import CursorSigner
from downstack.graphql.edits import Edits
from downstack.graphql.streams import Streams
from downstack.kg import KnowledgeGraph

ID_SPACE = "https://w3id.org/downstack/"


def short_id(iri: str) -> str:
    """Return the identifier of a node that is no entity: ``fact:...``, ``rel:...`` or ``inf:...``."""
    for prefix, folder in (("fact", "fact/"), ("rel", "relation/"), ("inf", "influence/")):
        if iri.startswith(ID_SPACE + folder):
            return f"{prefix}:{iri.removeprefix(ID_SPACE + folder)}"
    return iri


class Served:
    """One graph version with the look-ups that the type graph needs and the library door does not offer."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self.kg = kg

    @cached_property
    def layers(self) -> dict[int, Layer]:
        """The layers by number."""
        return {layer.number: layer for layer in self.kg.layers}

    @cached_property
    def nodes(self) -> dict[str, Fact | Relation | Influence]:
        """Facts, relations and influences by IRI and by short identifier."""
        found: dict[str, Fact | Relation | Influence] = {}
        for records in (self.kg.facts, self.kg.relations, self.kg.influences):
            for item in records:
                found[item.iri] = item
                found[short_id(item.iri)] = item
        return found


class GraphHolder:
    """Holds the graph that new requests see; :meth:`swap` replaces it in one assignment."""

    def __init__(self, kg: KnowledgeGraph) -> None:
        self._served = Served(kg)
        self._listeners: set[Callable[[], None]] = set()
        self._preparing: list[Callable[[KnowledgeGraph], None]] = []
        self._lock = threading.Lock()
        self.look: Callable[[], None] = lambda: None
        """Looks whether there is a newer version to swap in, and returns at once."""

    @property
    def served(self) -> Served:
        """The version that a request starting now is answered from."""
        return self._served

    def before_swap(self, prepare: Callable[[KnowledgeGraph], None]) -> None:
        """Call a function with every version that :meth:`prepare` is told of."""
        with self._lock:
            self._preparing.append(prepare)

    def prepare(self, kg: KnowledgeGraph) -> None:
        """Have everything that answers beside the graph read a version that will be swapped in; returns when it has."""
        with self._lock:
            preparing = tuple(self._preparing)
        for prepare in preparing:
            prepare(kg)

    def swap(self, kg: KnowledgeGraph) -> None:
        """Serve another version from the next request on; from any thread."""
        self._served = Served(kg)
        with self._lock:
            listeners = tuple(self._listeners)
        for tell in listeners:
            tell()

    def after_swap(self, tell: Callable[[], None]) -> None:
        """Call a function after every swap, in the thread that swaps."""
        with self._lock:
            self._listeners.add(tell)

    @contextmanager
    def changes(self) -> Generator[asyncio.Event]:
        """Yield an event of this event loop that every swap sets."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            # The loop may have ended since.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

        with self._lock:
            self._listeners.add(tell)
        try:
            yield event
        finally:
            with self._lock:
                self._listeners.discard(tell)


FOLLOWED = 2
"""Questions with progress that are computed at a time; others wait for their turn, and queries for none of them."""


@dataclass(frozen=True)
class Services:
    """What all requests share besides the graph."""

    holder: GraphHolder
    access: Access = field(default_factory=Access)
    edits: Edits = field(default_factory=Edits)
    streams: Streams = field(default_factory=Streams)
    draining: Callable[[], bool] = bool
    """Whether the service is about to stop, so that what would go on for ever ends; never unless given."""
    deadline_seconds: float = 10.0
    """How long one answer on a stream may take."""
    response_bytes: int = 2_000_000
    """How large one message of a stream may be, as it is for an answer of its own."""

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """Where questions with progress are computed."""
        return ThreadPoolExecutor(FOLLOWED, thread_name_prefix="downstack-followed")


class Context(BaseContext):
    """What every resolver of one request shares."""

    def __init__(self, served: Served, signer: CursorSigner, services: Services) -> None:
        super().__init__()
        self.served = served
        self.kg = served.kg
        self.signer = signer
        self.services = services

    @property
    def principal(self) -> Principal | None:
        """Who asks; None for nobody known."""
        state = None if self.request is None else self.request.scope.get("state")
        return None if state is None else state.get("principal")

    def check_still(self) -> None:
        """Refuse to go on for somebody whose token was withdrawn or has expired since.

        Raises
        ------
        UnauthenticatedError, ForbiddenError
            If they would not be let in now.
        """
        access, principal = self.services.access, self.principal
        if principal is not None and not access.still_holds(principal):
            raise UnauthenticatedError("the token does not hold any more", hint="it was withdrawn, or has expired")
        access.check_read(principal)

    def writing(self) -> tuple[Edits, str]:
        """Return the way to the store, and the name of who asks.

        Raises
        ------
        UnauthenticatedError, ForbiddenError
            If they may not change anything.
        """
        principal = self.principal
        if principal is not None:
            self.check_still()
        self.services.access.check_write(principal)
        return self.services.edits, "" if principal is None else principal.name

    def renewed(self) -> Context:
        """Return the context of the next operation on the same connection: it is answered from the graph as it is then."""
        other = Context(self.services.holder.served, self.signer, self.services)
        other.request, other.connection_params = self.request, self.connection_params
        return other


Info = strawberry.Info[Context, None]
