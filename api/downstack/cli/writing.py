"""Who may change a store while it is served."""

from __future__ import annotations

from pathlib import Path

from downstack.editing import Writer


def store_writer(store: str | None) -> Writer | None:
    """Return what changes a store while it is served; None for what a load does not write."""
    if store is None:
        return None
    from downstack.graph.releases import is_store
    from downstack.graph.stores.places import split_name, triple_store

    name, release = split_name(store)
    if release is not None or not (is_store(Path(name)) or triple_store(name) is not None):
        return None
    from downstack.loaders.aside import AsideWriter

    return AsideWriter(name)
