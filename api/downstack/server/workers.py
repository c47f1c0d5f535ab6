"""Several processes behind one address, each with a graph of its own; uvicorn starts them, and again when one dies.

Settings reach a worker by the environment. The numbers of all are added up by whichever is asked for ``/metrics``: each
writes them to files in a folder that only this user can read, and that goes with the service. There they also count together what
clients ask and keep open (:mod:`downstack.server.shared`).
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from downstack.editing import Writer
from downstack.errors import DownstackError, UserInputError
from downstack.server.metrics import SHARED_FOLDER
from downstack.server.settings import Settings

_log = logging.getLogger("downstack.server")


def check_workers(settings: Settings) -> None:
    """Refuse several processes whose clients would be told that their cursors are forged.

    Raises
    ------
    UserInputError
        If there are several workers and no key that they share.
    """
    if settings.workers > 1 and settings.cursor_key is None:
        raise UserInputError(
            f"{settings.workers} workers would not take each other's page cursors",
            field="workers",
            hint="set DOWNSTACK_CURSOR_KEY to a long random text, the same for all replicas",
        )


def run_workers(settings: Settings, config: uvicorn.Config) -> None:
    """Run the workers until the service is told to stop.

    Raises
    ------
    DownstackError
        If they cannot start.
    """
    os.environ.update(settings.to_environment())
    with tempfile.TemporaryDirectory(prefix="downstack-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        supervisor = Multiprocess(config, sockets=[config.bind_socket()])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise DownstackError("the workers could not start", hint="the log above says why")


def worker(writer_of: Callable[[str | None], Writer | None] | None = None) -> FastAPI:
    """Return the application of one worker; called in the new process.

    Parameters
    ----------
    writer_of
        Gives what changes a store; nothing can be changed unless given.
    """
    # The command line would import this module; the application is only needed here.
    from downstack.server.run import application

    _forget_the_dead()
    threading.Thread(target=_follow_the_parent, name="downstack-parent", daemon=True).start()
    try:
        settings = Settings.from_environment()
        writer = None if writer_of is None else writer_of(settings.store)
        return application(settings, writer, Path(os.environ[SHARED_FOLDER]))
    except DownstackError as error:
        _log.error("the worker cannot start: %s", error)
        sys.exit(STARTUP_FAILURE)


def _follow_the_parent() -> None:
    """Stop when the process that started this one is gone: nobody would stop it, and the address would stay taken."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _forget_the_dead() -> None:
    """Remove what workers that died have left of numbers that only hold while a process lives."""
    folder = Path(os.environ[SHARED_FOLDER])
    for file in folder.glob("gauge_live*_*.db"):
        number = file.stem.rpartition("_")[2]
        if number.isdigit() and not _lives(int(number)):
            file.unlink(missing_ok=True)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
