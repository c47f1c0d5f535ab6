"""Write what is generated, or check that it is up to date.

Every kind of truth has one owner; what repeats it in another form is generated here and committed, so that a reader
finds it and a diff shows it. ``python -m downstack.generate`` writes the files, ``--check`` only compares and fails when
one differs. A new target is one line in :data:`TARGETS` and a function without arguments that returns the text.
"""

from __future__ import annotations

import argparse
import json
import keyword
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from downstack.engine.describe import functions_turtle
from downstack.errors import KnowledgeError
from downstack.evaluation.effects_page import effects_page
from downstack.graph.documents import content_hash
from downstack.graph.exports.context import context_text
from downstack.graph.loading import END_OF_TIME, collect, load
from downstack.graph.quality.coverage import coverage_page
from downstack.graph.statements import Statements
from downstack.graph.store import read_quantities
from downstack.graph.validation import read_documents, statements_of, structural_findings
from downstack.graphql.question import question_body, question_query
from downstack.graphql.schema import schema_text
from downstack.kg import KnowledgeGraph
from downstack.mcp.reference import tools_page
from downstack.performance import REGISTRY
from downstack.server.settings_page import settings_page
from downstack.units.conversion import look_up, spoken_names
from downstack.vocabulary import DSO, SKOS, folder, locate


@dataclass(frozen=True, slots=True)
class Target:
    """A generated file: where it lies in a checkout, and what writes it."""

    path: str
    render: Callable[[], str]


def terms_module() -> str:
    """Return the closed namespace of the vocabulary: one constant for every term that ``ontology/terms`` declares."""
    names = sorted(
        {
            quad.subject.value.removeprefix(DSO)
            for document in read_documents(folder("terms"))
            for quad in document.triples
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(DSO)
        }
    )
    head = (
        "# GENERATED from ontology/terms by `make generate`: do not edit.\n"
        '"""Every term of the vocabulary as a constant, in the vocabulary\'s own spelling.\n'
        "\n"
        "The namespace is closed: a misspelt term is an error of the program, not an empty answer.\n"
        '"""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        "from typing import Final\n"
        "\n"
        f'NAMESPACE: Final = "{DSO}"\n'
        "\n"
    )
    lines = [f'{name}{"_" if keyword.iskeyword(name) else ""}: Final = NAMESPACE + "{name}"' for name in names]
    return head + "\n".join(lines) + "\n"


def known_units_module() -> str:
    """Return the units that people write, looked up once in the registry of units."""
    head = (
        "# GENERATED from registry.txt by `make generate`: do not edit.\n"
        '"""Units that people write: the factor to base units, and the dimension. Other names are looked up in the registry."""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        "from typing import Final\n"
        "\n"
        "KNOWN: Final[dict[str, tuple[float, dict[str, float]]]] = {\n"
    )
    rows = ((name, look_up(name)) for name in sorted(spoken_names()))
    lines = [
        f"    {_quoted(name)}: ({_plain(factor)}, {_dictionary(dimension)}),\n" for name, (factor, dimension) in rows
    ]
    return head + "".join(lines) + "}\n"


def bundled_terms_module() -> str:
    """Return the quantities that facts may state and the relations, as the schema of the service names them."""
    terms = Statements(read_documents(folder("terms")))
    kinds = sorted(
        (kind for kind in read_quantities(terms).values() if kind.subject_class is not None), key=lambda kind: kind.id
    )
    relations = sorted(set(terms.by_type.get(DSO + "RelationPredicate", ())))
    definitions = {
        iri: [value if isinstance(value, str) else value.value for value in terms.values(iri, SKOS + "definition")]
        for iri in relations
    }
    head = (
        "# GENERATED from ontology/terms by `make generate`: do not edit.\n"
        '"""Terms of the vocabulary that the schema of the service names."""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        "from typing import Final\n"
        "\n"
    )
    rows = [(kind.id, kind.iri.removeprefix(DSO), kind.label, kind.display_unit) for kind in kinds]
    links = [(iri.removeprefix(DSO), next(iter(definitions[iri]), "")) for iri in relations]
    return (
        head
        + _table("QUANTITIES", ("identifier", "name", "label", "unit that answers use"), rows)
        + "\n"
        + _table("RELATIONS", ("name", "definition"), links)
    )


def checked_module() -> str:
    """Return the hash of the bundled knowledge, which has no fault.

    Raises
    ------
    KnowledgeError
        If it has one.
    """
    documents, _ = collect(None)
    if findings := structural_findings(documents, today=END_OF_TIME):
        raise KnowledgeError(findings)
    return (
        "# GENERATED from ontology by `make generate`: do not edit.\n"
        '"""The bundled knowledge in which every check found nothing."""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        "from typing import Final\n"
        "\n"
        f'FAULTLESS: Final = "{content_hash(documents)}"\n'
        '"""The hash of its files: where they have it, they are not checked again on every start."""\n'
    )


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    kinds = ", ".join(["str"] * len(columns))
    lines = "".join(f"    ({', '.join(json.dumps(cell, ensure_ascii=False) for cell in row)}),\n" for row in rows)
    return (
        f"# fmt: off\n{name}: Final[tuple[tuple[{kinds}], ...]] = (\n{lines})\n# fmt: on\n"
        f'"""Each with {", ".join(columns)}."""\n'
    )


def _dictionary(values: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{_quoted(name)}: {_plain(value)}" for name, value in values.items()) + "}"


def _plain(number: float) -> str:
    # As the formatter writes it.
    return repr(number).replace("e+", "e")


def _quoted(name: str) -> str:
    return f'"{name}"'


def functions_description() -> str:
    """Return the registered functions in the Function Ontology."""
    return functions_turtle(REGISTRY, read_quantities(Statements(read_documents(folder("terms")))))


def jsonld_context() -> str:
    """Return the JSON-LD context of the vocabulary, which stands inside every JSON-LD export."""
    return context_text(read_documents(folder("terms")))


def coverage() -> str:
    """Return the page that says what the graph holds and what it lacks."""
    documents, _ = collect(None)
    return coverage_page(load(None, REGISTRY), statements_of(documents), REGISTRY)


def influences() -> str:
    """Return the page that shows published effects of influences beside the same computed."""
    graph = KnowledgeGraph.open()
    return effects_page(graph.influences, graph.published_effects())


TARGETS: tuple[Target, ...] = (
    Target("ontology/downstack/terms.py", terms_module),
    Target("ontology/downstack/context.jsonld", jsonld_context),
    Target("kg/downstack/units/known.py", known_units_module),
    Target("kg/downstack/graph/bundled_terms.py", bundled_terms_module),
    Target("ontology/functions/functions.ttl", functions_description),
    Target("kg/downstack/graph/bundled_hash.py", checked_module),
    Target("schema.graphql", schema_text),
    Target("docs/examples/first-question.graphql", question_query),
    Target("docs/examples/first-question.json", question_body),
    Target("docs/coverage.md", coverage),
    Target("docs/influences.md", influences),
    Target("docs/settings.md", settings_page),
    Target("docs/mcp-tools.md", tools_page),
)
"""All generated files, in the order in which they are written: later ones may read earlier ones."""


def stale(targets: Sequence[Target], root: Path) -> tuple[str, ...]:
    """Return the paths of the targets whose file is missing or differs from what would be written."""
    return tuple(target.path for target in targets if _content(root / target.path) != target.render())


def write(targets: Sequence[Target], root: Path) -> tuple[str, ...]:
    """Write the targets that are stale; return their paths."""
    written: list[str] = []
    for target in targets:
        text = target.render()
        if _content(root / target.path) != text:
            (root / target.path).parent.mkdir(parents=True, exist_ok=True)
            (root / target.path).write_text(text, encoding="utf-8")
            written.append(target.path)
    return tuple(written)


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; return 0, or 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m downstack.generate", description="Write the generated files.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file would change")
    root = locate().parent
    if not (root / "pyproject.toml").is_file():
        sys.stderr.write("generated files are written in a checkout, not in an installation\n")
        return 1
    if parser.parse_args(arguments).check:
        paths = stale(TARGETS, root)
        for path in paths:
            sys.stderr.write(f"{path} is not up to date: run `make generate` and commit the result\n")
        return 1 if paths else 0
    written = write(TARGETS, root)
    for path in written:
        sys.stdout.write(f"{path}\n")
    sys.stdout.flush()
    if any(path.endswith(".py") for path in written):
        # This process has the modules as they were, and the schema is made from them: it is written by a new one.
        return subprocess.run([sys.executable, "-m", "downstack.generate"], check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
