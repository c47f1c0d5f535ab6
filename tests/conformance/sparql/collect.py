"""Writes ``suite.zip`` from the source archive of rdflib, which carries the W3C test suite: ``python collect.py ARCHIVE``.

The archive is the one of the lock: its hash must stand in ``requirements.lock``. Get it with
``pip download --no-deps --no-binary rdflib rdflib==VERSION``. Files are taken as they are.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE.parents[2] / "requirements.lock"
SUITES = "/test/data/suites/w3c/"
# Updates, entailment and the protocol of graph stores are not offered, and not in here.
FOLDERS = (
    *(
        f"sparql11/{name}/"
        for name in [
            "aggregates",
            "bind",
            "bindings",
            "construct",
            "csv-tsv-res",
            "exists",
            "functions",
            "grouping",
            "json-res",
            "negation",
            "project-expression",
            "property-path",
            "protocol",
            "service",
            "subquery",
            "syntax-fed",
            "syntax-query",
        ]
    ),
    "dawg-data-r2/",
)
KINDS = (".ttl", ".rdf", ".nt", ".rq", ".srx", ".srj", ".csv", ".tsv", "/LICENSE", "/README")
EPOCH = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    """Write the file."""
    content = Path(sys.argv[1]).read_bytes()
    if hashlib.sha256(content).hexdigest() not in LOCK.read_text(encoding="utf-8"):
        sys.exit("this archive is not the one of the lock")
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            name = member.name.partition(SUITES)[2]
            opened = archive.extractfile(member) if name.startswith(FOLDERS) and name.endswith(KINDS) else None
            if opened is not None:
                found[name] = opened.read()
    with zipfile.ZipFile(HERE / "suite.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
        for name in sorted(found):
            written.writestr(zipfile.ZipInfo(name, EPOCH), found[name], zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()
