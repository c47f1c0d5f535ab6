"""Say which constants of the serving calibration trade off, as a correlation group about their facts.

::

    python -m benchmarks.calibration_correlation OPEN.csv SERVING.csv

It writes `ontology/uncertainty/serving-calibration.ttl`: the correlations of the constants at the fit, from how the error
of each row changes with each of them. The constants themselves are those that `benchmarks/calibrate.py` wrote.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from benchmarks.calibrate import read
from benchmarks.calibration_fit import StageFit, Vector

from downstack.evaluation.answers import Answer, Key, Setting
from downstack.evaluation.constants import FRAMEWORK, constants_of
from downstack.evaluation.kinds.serving import Serving
from downstack.evaluation.predict import predictor_of
from downstack.graph.model import Fact
from downstack.kg import KnowledgeGraph

OUT = Path(__file__).resolve().parent.parent / "ontology" / "uncertainty" / "serving-calibration.ttl"
GROUP = "https://w3id.org/downstack/correlation-group/serving-calibration"
SERVING = "serving"
"""The calibration whose constants the answers of the graph rest on, beside those of a framework itself."""
HEAD = """\
# Which constants of the serving calibration trade off: written by benchmarks/calibration_correlation.py.
# Licence: CC BY 4.0, see ../LICENSE.
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix src: <https://w3id.org/downstack/source/> ."""


def possible(correlation: Vector) -> Vector:
    """Return correlations rounded to two digits, drawn towards zero until they do not contradict each other."""
    for shrink in np.linspace(1.0, 0.0, 101):
        rounded: Vector = np.round(shrink * correlation, 2) + 0.0
        np.fill_diagonal(rounded, 1.0)
        if float(np.linalg.eigvalsh(rounded).min()) >= 0.0:
            return rounded
    return np.eye(len(correlation))


def stated_facts(kg: KnowledgeGraph) -> dict[Key, Fact]:
    """Return the facts that state constants which the answers of the graph rest on."""
    holders = {f"calibration-{SERVING}": SERVING}
    holders |= {slug: slug for slug in kg.engine.knowledge.members(FRAMEWORK)}
    keys = [key for stage in Serving.stages[:1] for key in stage.keys]
    return {
        (name, fact.quantity): fact
        for slug, name in holders.items()
        for fact in kg.engine.knowledge.facts_by_entity.get(slug, ())
        if (name, fact.quantity) in keys
    }


def correlations(kg: KnowledgeGraph, tables: Sequence[Path]) -> tuple[list[Key], Vector, int]:
    """Return the constants of the fit, their correlations at it, and the rows that it rests on."""
    data, serving = read(tables), Serving()
    stage = serving.stages[0]
    places = [
        place
        for place, row in enumerate(data.rows)
        if getattr(predictor_of(row), "name", "") == serving.name and stage.keep(row)
    ]
    rows = [data.rows[place] for place in places]
    constants = constants_of(kg.engine.knowledge)

    def predict(trial: dict[Key, float]) -> list[Answer]:
        return serving.answer(rows, Setting(kg.engine, kg.names, trial))

    fit = StageFit(stage, rows, data.measured[places], {}, predict, constants)
    at = np.log([constants[key] for key in stage.keys])
    covariance = np.linalg.inv(fit.precision(at))
    spread = np.sqrt(np.diag(covariance))
    return list(stage.keys), covariance / np.outer(spread, spread), len(rows)


def turtle(facts: dict[Key, Fact], keys: Sequence[Key], matrix: Vector, rows: int) -> str:
    """Return the correlation group as Turtle."""
    names = [key for key in keys if key in facts]
    places = [keys.index(key) for key in names]
    found = possible(matrix[np.ix_(places, places)])
    pairs = list(combinations(range(len(names)), 2))
    listed = ", ".join(f"<{GROUP}.{number}>" for number in range(1, len(pairs) + 1))
    blocks = [HEAD]
    blocks += [f"<{facts[name].iri}> dso:correlationGroup <{GROUP}> ." for name in names]
    blocks.append(
        f"<{GROUP}> a dso:CorrelationGroup ;\n"
        '    rdfs:label "constants of serving engines that were fitted together"@en ;\n'
        "    dso:confidence dso:estimate ;\n"
        f'    dso:note "correlation of the constants at the fit on {rows} rows, benchmarks/calibration_correlation.py" ;\n'
        f"    dso:hasPairCorrelation {listed} ;\n"
        f"    dcterms:source src:downstack-calibration ;\n"
        '    dso:locator "docs/accuracy.md" .'
    )
    for number, (one, other) in enumerate(pairs, start=1):
        blocks.append(
            f"<{GROUP}.{number}> a dso:PairCorrelation ;\n"
            f"    dso:betweenFact <{facts[names[one]].iri}>, <{facts[names[other]].iri}> ;\n"
            f"    dso:correlation {float(found[one, other])!r}e0 ."
        )
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Read tables, take derivatives at the fit, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "tables", type=Path, nargs="+", help="the tables of measurements that the constants were fitted on"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the group and write nothing")
    arguments = parser.parse_args()
    kg = KnowledgeGraph.open()
    text = turtle(stated_facts(kg), *correlations(kg, arguments.tables))
    if arguments.dry_run:
        sys.stdout.write(text)
        return
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
