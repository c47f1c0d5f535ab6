"""What is understood of configurations of models: what is computed from each beside what was published.

::

    python -m downstack.loaders.architectures FOLDER --out docs/architectures.md

Each ``*.json`` of a folder is read as ``downstack load hf-config`` reads it, apart from the store, and its parameters are
computed by the formulas of the graph. Beside them stands the published count of the model that the store knows by that
name, where it knows one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from downstack.engine.engine import Engine
from downstack.errors import KnowledgeError, UserInputError
from downstack.graph.documents import parse_document
from downstack.graph.loading import build, collect
from downstack.kg import KnowledgeGraph
from downstack.loaders.load import load_configs
from downstack.performance import REGISTRY

TOLERANCE = 0.01
"""A gap up to which nothing has to be explained: publishers round, and count norms and biases."""
COPY = re.compile(r"\.(?:native|unverified|unconfirmed-name)$")
"""What a file's name may say of its copy, not of the model."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One configuration."""

    name: str
    computed: float | None
    """Parameters; None where the architecture is not understood."""
    published: float | None
    """Parameters that its publisher states; None where the graph knows none."""
    doubt: str
    """What is not understood, or why the file was refused."""

    @property
    def gap(self) -> float | None:
        """Computed over published, less one."""
        if self.computed is None or self.published is None:
            return None
        return self.computed / self.published - 1.0


def compare(files: Sequence[Path], graph: KnowledgeGraph) -> list[Compared]:
    """Compare the configurations in some files, in the order of their names; what is wrong with one is said in its row."""
    slugs: dict[str, str] = {}
    doubts: dict[str, str] = {}
    documents: dict[str, str] = {}
    for file in sorted(files):
        try:
            loaded = load_configs([file], {}, f"compared-{file.stem}")
        except KnowledgeError as error:
            doubts[file.stem] = error.findings[0].what
            continue
        doubts[file.stem] = "; ".join(item.what for item in loaded.findings)
        documents |= loaded.documents
        if not loaded.findings:
            slugs[file.stem] = loaded.entities[0]
    added = tuple(parse_document(path, text) for path, text in documents.items())
    knowledge, _ = build((*collect(None)[0], *added), REGISTRY, shacl=False)
    read = KnowledgeGraph(Engine(knowledge, REGISTRY))
    return [
        Compared(
            stem.replace("__", "/"),
            read.value("total_parameters", slugs[stem]).value if stem in slugs else None,
            _published(graph, COPY.sub("", stem).replace("__", "/")),
            doubts[stem],
        )
        for stem in sorted(doubts)
    ]


def _published(graph: KnowledgeGraph, name: str) -> float | None:
    for candidate in (name, name.rpartition("/")[2]):
        try:
            facts = graph.facts_of(candidate, "published_total_parameters")
        except UserInputError:
            continue
        if facts:
            return facts[0].value
    return None


def page(rows: Iterable[Compared]) -> str:
    """Return the page: a row for each configuration."""
    lines = [
        "# What is understood of configurations",
        "",
        "Written by `python -m downstack.loaders.architectures`; do not edit by hand.",
        "",
        "Parameters that the formulas compute from a config.json beside the count that its publisher states. Norms and biases are",
        "not counted; nor are vision towers and modules for multi-token prediction, which some publishers count. Where an",
        "architecture is not understood nothing is computed, and the row says why.",
        "",
        "| configuration | computed (billion) | published (billion) | gap | what to know |",
        "|---|---:|---:|---:|---|",
    ]
    for item in rows:
        computed = "-" if item.computed is None else f"{item.computed / 1e9:.3f}"
        published = "-" if item.published is None else f"{item.published / 1e9:g}"
        gap = "-" if item.gap is None else f"{100 * item.gap:+.2f} %"
        lines.append(f"| {item.name} | {computed} | {published} | {gap} | {item.doubt or _why(item)} |")
    return "\n".join(lines) + "\n"


def _why(item: Compared) -> str:
    if item.gap is None:
        return "the graph knows no published count"
    return EXPLAINED.get(item.name, "not explained") if abs(item.gap) > TOLERANCE else ""


EXPLAINED: Mapping[str, str] = {
    "deepseek-ai/DeepSeek-V2-Lite": "published as a whole number of billions, 16",
    "meta-llama/Llama-2-70b-hf": "published as the name of the model, 70 billion",
    "meta-llama/Llama-2-7b-hf": "published as the name of the model, 7 billion",
}
"""Configuration -> why the gap is larger than a hundredth."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare a folder of configurations and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder of *.json files, each a config.json of a model")
    parser.add_argument("--out", type=Path, help="the page to write; standard output unless given")
    given = parser.parse_args(arguments)
    text = page(compare(list(given.folder.glob("*.json")), KnowledgeGraph.open()))
    if given.out is None:
        sys.stdout.write(text)
    else:
        given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
