"""A real Virtuoso, small, on free ports of this machine, in a folder of its own."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

BINARY = shutil.which("virtuoso-t")
USER, PASSWORD = "dba", "dba"
DEADLINE = 60.0
READY = b"Server online"

CONFIGURATION = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
Striping = 0
TempStorage = TempDatabase

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
MaxCheckpointRemap = 2000
Striping = 0

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 10
CheckpointInterval = 60
NumberOfBuffers = 8000
MaxDirtyBuffers = 4000
CaseMode = 2
DirsAllowed = .
SchedulerInterval = 10
ThreadsPerQuery = 1
AsyncQueueMaxThreads = 2

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
MaxClientConnections = 10
ServerThreads = 10
MaintenancePage = none
EnabledGzipContent = 0

[SPARQL]
ResultSetMaxRows = 10000
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 60
"""


class Virtuoso:
    """A server that can be stopped and started again with what it holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sql, self._http = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "virtuoso.ini").write_text(CONFIGURATION.format(sql=self._sql, http=self._http), encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it is read without a name."""
        return f"http://127.0.0.1:{self._http}/sparql"

    @property
    def update_url(self) -> str:
        """Where it is written to, with name and password."""
        return f"http://127.0.0.1:{self._http}/sparql-auth"

    def start(self) -> None:
        """Start it and wait until it says that it answers."""
        assert BINARY is not None
        self._process = subprocess.Popen(
            [BINARY, "+foreground", "+configfile", "virtuoso.ini"],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said = b""
        until = time.monotonic() + DEADLINE
        output = self._process.stdout
        assert output is not None
        while READY not in said:
            assert self._process.poll() is None and time.monotonic() < until, said.decode()
            if select.select([output], [], [], 1.0)[0]:
                said += os.read(output.fileno(), 65_536)
        assert httpx.get(self.url, params={"query": "ASK {}"}, trust_env=False).status_code == httpx.codes.OK

    def stop(self) -> None:
        """Stop it as an administrator would."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports
