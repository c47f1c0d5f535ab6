"""The application of one of several worker processes, which changes the store as a single process would."""

from __future__ import annotations

from fastapi import FastAPI

from downstack.cli.writing import store_writer
from downstack.server import workers


def worker() -> FastAPI:
    """Return the application; called in the new process."""
    return workers.worker(store_writer)
