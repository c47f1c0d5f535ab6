"""What a user names as a store: the bundled knowledge, Turtle, an Oxigraph directory, or an endpoint."""

from __future__ import annotations

from pathlib import Path

from downstack.graph.releases import pick_release, read_history, split_store, up_to
from downstack.graph.stores.adapter import TripleStore
from downstack.graph.stores.oxigraph import OxigraphStore, is_oxigraph
from downstack.graph.stores.versions import read_releases
from downstack.results.releases import Release


def is_url(name: str | Path) -> bool:
    """Return whether a store is named by an address."""
    return str(name).partition("://")[0].lower() in ("http", "https") and "://" in str(name)


def split_name(name: str | Path) -> tuple[str, str | None]:
    """Return the store and the release of ``STORE@RELEASE``, for whatever kind of store."""
    text = str(name)
    before, at, after = text.rpartition("@")
    if is_url(text):
        # In front of the first slash an @ ends the name of a user, which is refused where the address is read.
        if at and "/" not in after and "/" in before.partition("://")[2]:
            return before, after
        return text, None
    if at and before and after and not Path(text).exists() and is_oxigraph(Path(before)):
        return before, after
    path, release = split_store(text)
    return str(path), release


def triple_store(name: str | Path) -> TripleStore | None:
    """Return the store of triples that is named, without a release; None where it is Turtle.

    Raises
    ------
    UserInputError
        If it is an address that nothing may be read from.
    """
    if is_url(name):
        # Only who reads from far away pays for importing it.
        from downstack.graph.stores.remote import RemoteStore

        return RemoteStore.from_environment(str(name))
    return OxigraphStore(Path(name)) if is_oxigraph(Path(name)) else None


def history_of(name: str | Path) -> tuple[Release, ...]:
    """Return the releases of a store, oldest first; a folder that is kept by hand has none."""
    triples = triple_store(name)
    return read_history(Path(name)) if triples is None else read_releases(triples)


def releases_of(store: str | Path | None, wanted: str | None = None) -> tuple[Release, ...]:
    """Return the history of what :meth:`downstack.kg.KnowledgeGraph.open` was given, up to the release that it opens.

    The bundled knowledge and a folder that is kept by hand have none.
    """
    if store is None:
        return ()
    name, named = split_name(store)
    history = history_of(name)
    wanted = named if wanted is None else wanted
    if wanted is None or not history:
        return history
    return up_to(history, pick_release(history, wanted, name))
