r"""How far the fitted serving constants can be trusted: their spread, their correlation, and the error of the formula.

Run ``python benchmarks/fit_serving_errors.py MEASUREMENTS.csv`` with the table of ``fit_serving_constants.py``. It prints
what docs/calibration.md tabulates, and with ``--out FILE.ttl`` writes the same as Turtle, for a person to read and commit.

* The spread of a constant is its jackknife standard error over models: with the fits :math:`\theta_{(i)}` that leave one
  of g models out, :math:`\sigma^2 = \frac{g-1}{g} \sum_i (\theta_{(i)} - \bar\theta)^2`, of the logarithm where the
  constant is well above zero. A model and not a row is left out, because the rows of a model err together.
* The correlation of two constants is that of the fits on resampled rows, by ranks, as the correlation
  :math:`2 \sin(\pi \rho_S / 6)` of normal scores. Rows are resampled within each model: with four models, resampled
  models too often leave nothing that tells the overheads apart. It says which constants trade off on the same data.
* The error of the formula is the root mean square of log(measured / predicted), each row predicted with constants that
  were fitted without its model.

References
----------
B. Efron, C. Stein, "The jackknife estimate of variance", Annals of Statistics 9 (1981); W. H. Kruskal, "Ordinal measures
of association", Journal of the American Statistical Association 53 (1958).
"""

from __future__ import annotations

import argparse
import csv
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr

try:
    from fit_serving_constants import NAMES, Table, Terms, fit, predict
except ImportError:  # imported as a module of the checkout
    from benchmarks.fit_serving_constants import NAMES, Table, Terms, fit, predict

from downstack.graph.model import Fact
from downstack.kg import KnowledgeGraph
from downstack.performance import Array

SOURCE = "downstack-serving-fit"
P90 = 1.2815515655446004
"""The 90th percentile of the standard normal distribution."""
GROUP = "https://w3id.org/downstack/correlation-group/vllm-serving-fit"
NORMAL = ("tensor_parallel_layer_overhead_time",)
"""Constants that a fit may put to zero, where a logarithm has no spread."""
ONE_MODEL = ("moe_layer_overhead_time",)
"""Constants that only one model shows, so that their spread over models is not known."""
UNSEEN = ("decode_compute_efficiency",)
"""Constants that these rows do not determine."""


class Errors(NamedTuple):
    """What one calibration says of errors; constants in the order of ``NAMES``."""

    fitted: Array
    log_deviation: Array
    deviation: Array
    """Jackknife standard errors of the logarithm, and of the constant itself in base units."""
    correlation: Array
    formula: float
    """Root mean square of log(measured / predicted) on models that took no part."""
    inside: dict[str, float]
    """Per model: the share of its rows within the p10 and p90 of an error of that size, 0.8 if it were normal."""
    rows: int


def errors(rows: list[Terms], resamples: int, seed: int) -> Errors:
    """Return the errors of the constants and of the formula."""
    models = sorted({row.model for row in rows})
    without = np.array([fit([row for row in rows if row.model != model]) for model in models])
    residuals = []
    for constants, model in zip(without, models, strict=True):
        inside = [row for row in rows if row.model == model]
        residuals.append(np.log([row.measured for row in inside]) - np.log(predict(constants, inside)))
    formula = float(np.sqrt((np.concatenate(residuals) ** 2).mean()))
    inside = {
        model: float((np.abs(part) <= P90 * formula).mean()) for model, part in zip(models, residuals, strict=True)
    }
    return Errors(
        fitted=fit(rows),
        log_deviation=jackknife(np.log(without)),
        deviation=jackknife(without),
        correlation=possible(correlations(resampled(rows, models, resamples, seed))),
        formula=formula,
        inside=inside,
        rows=len(rows),
    )


def jackknife(without: Array) -> Array:
    """Return the standard errors of some numbers, each line of which was found without one of the groups."""
    groups = len(without)
    squares = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    result: Array = np.sqrt((groups - 1) / groups * squares)
    return result


def resampled(rows: list[Terms], models: list[str], resamples: int, seed: int) -> Array:
    """Return the constants of fits on resampled rows, of each model as many as it has."""
    generator = np.random.default_rng(seed)
    groups = [[row for row in rows if row.model == model] for model in models]
    return np.array(
        [
            fit([group[place] for group in groups for place in generator.integers(0, len(group), len(group))])
            for _ in range(resamples)
        ]
    )


def correlations(fits: Array) -> Array:
    """Return the correlations of the normal scores of the constants over some fits."""
    result = np.eye(len(NAMES))
    for first, second in combinations(range(len(NAMES)), 2):
        if NAMES[first] in UNSEEN or NAMES[second] in UNSEEN:
            continue
        ranks = float(np.asarray(spearmanr(fits[:, first], fits[:, second]))[0])
        result[first, second] = result[second, first] = 2.0 * np.sin(np.pi * ranks / 6.0)
    return result


def possible(correlation: Array) -> Array:
    """Return correlations rounded to two digits, drawn towards zero until they do not contradict each other."""
    for shrink in np.linspace(1.0, 0.0, 101):
        rounded: Array = np.round(shrink * correlation, 2)
        np.fill_diagonal(rounded, 1.0)
        if float(np.linalg.eigvalsh(rounded).min()) >= 0.0:
            return rounded
    return np.eye(len(correlation))


def turtle(found: Errors, facts: dict[str, Fact]) -> str:
    """Return the spread of the constants and their correlations as Turtle, about the facts that state the constants."""
    names = [name for name in NAMES if name in facts]
    blocks = [_header()]
    for name in names:
        lines = []
        index, fact = NAMES.index(name), facts[name]
        if name in NORMAL:
            # The fact is in its source's own unit: the standard error is scaled like its value.
            shown = float(fact.literal) / fact.value * found.deviation[index]
            lines = ["dso:distribution dso:normal", f"dso:standardDeviation {_double(shown)}"]
        elif name not in ONE_MODEL:
            lines = [
                "dso:distribution dso:lognormal",
                f"dso:logStandardDeviation {_double(found.log_deviation[index])}",
            ]
        lines.append("dso:correlationGroup <" + GROUP + ">")
        blocks.append(f"<{fact.iri}> " + " ;\n    ".join(lines) + " .")
    pairs = list(combinations(names, 2))
    listed = ", ".join(f"<{GROUP}.{place}>" for place in range(1, len(pairs) + 1))
    blocks.append(
        f"<{GROUP}> a dso:CorrelationGroup ;\n"
        '    rdfs:label "constants of vLLM that were fitted together"@en ;\n'
        "    dso:confidence dso:estimate ;\n"
        f'    dso:note "correlation of the fits on resampled rows, {found.rows} published TPOT rows of vLLM, '
        'benchmarks/fit_serving_errors.py" ;\n'
        f"    dso:hasPairCorrelation {listed} ;\n"
        f"    dcterms:source src:{SOURCE} ;\n"
        '    dso:locator "docs/calibration.md" .'
    )
    for place, (first, second) in enumerate(pairs, start=1):
        value = found.correlation[NAMES.index(first), NAMES.index(second)]
        blocks.append(
            f"<{GROUP}.{place}> a dso:PairCorrelation ;\n"
            f"    dso:betweenFact <{facts[first].iri}>, <{facts[second].iri}> ;\n"
            f"    dso:correlation {_double(value)} ."
        )
    return "\n\n".join(blocks) + "\n"


def _header() -> str:
    return (
        "# How far the fitted constants of vLLM can be trusted, and which of them trade off: written by\n"
        "# benchmarks/fit_serving_errors.py, see docs/calibration.md.\n"
        "# Licence: CC BY 4.0, see ../LICENSE.\n"
        "@prefix dcterms: <http://purl.org/dc/terms/> .\n"
        "@prefix dso: <https://w3id.org/downstack/ontology#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix src: <https://w3id.org/downstack/source/> ."
    )


def _double(value: float) -> str:
    return f"{float(f'{value:.3g}')!r}e0" if abs(value) >= 1e-4 or value == 0.0 else f"{value:.2e}"


def fitted_facts(kg: KnowledgeGraph) -> dict[str, Fact]:
    """Return the facts of vLLM that state the fitted constants, by quantity."""
    return {
        name: fact
        for name in NAMES
        for fact in kg.facts_of("vllm", name)
        if fact.source.iri.endswith(f"/{SOURCE}") and name not in UNSEEN
    }


def main() -> None:
    """Fit again and again, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("--engine", default="vllm", help="rows of this engine only")
    parser.add_argument("--resamples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write Turtle here")
    arguments = parser.parse_args()
    kg = KnowledgeGraph.open()
    table = Table(kg)
    with arguments.measurements.open(encoding="utf-8", newline="") as stream:
        read = [row for row in csv.DictReader(stream) if row["engine"].split(" ")[0] == arguments.engine]
    rows = [terms for row in read if (terms := table.terms(row)) is not None]
    found = errors(rows, arguments.resamples, arguments.seed)
    print(f"{found.rows} rows; error of the formula on models that took no part: {found.formula:.3f}")
    for model, share in found.inside.items():
        print(f"within p10 to p90 of it: {100.0 * share:.0f} % of {model}")
    for index, name in enumerate(NAMES):
        print(f"{name}: {found.fitted[index]:.4g}, log {found.log_deviation[index]:.3f}, {found.deviation[index]:.3g}")
    print("correlation of normal scores")
    for index, name in enumerate(NAMES):
        print(name, " ".join(f"{value:+.2f}" for value in found.correlation[index]))
    if arguments.out is not None:
        arguments.out.write_text(turtle(found, fitted_facts(kg)), encoding="utf-8")


if __name__ == "__main__":
    main()
