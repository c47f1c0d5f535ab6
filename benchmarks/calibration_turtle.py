"""Write fitted constants as facts in Turtle."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HEAD = """\
# Constants of the predictions of measurements, and the bands of these: written by benchmarks/calibrate.py.
# Licence: CC BY 4.0, see ../LICENSE.
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rel: <https://w3id.org/downstack/relation/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix src: <https://w3id.org/downstack/source/> .

src:downstack-calibration a dso:Source ;
    dcterms:title "downstack calibration on published measurements" ;
    dso:reference "urn:downstack:source:calibration" ;
    dso:retrieved "{month}" .
"""


SERVING = "serving"
"""The calibration of all serving engines."""


@dataclass(frozen=True)
class Constant:
    """One constant of one calibration, in its base unit."""

    calibration: str
    quantity: str
    value: float
    low: float | None
    high: float | None
    rows: int
    stage: str


def turtle(constants: Iterable[Constant], as_of: str, units: Mapping[str, str], frameworks: Iterable[str] = ()) -> str:
    """Return the constants as entities and facts; what is named like one of the `frameworks` of the graph is
    stated of it."""
    known = frozenset(frameworks)
    by_name: dict[str, list[Constant]] = {}
    for item in constants:
        by_name.setdefault(item.calibration, []).append(item)
    parts = [HEAD.format(month=as_of[:7])]
    for name, items in by_name.items():
        slug = _slug(name)
        if name in known:
            slug = name
            parts.append(f"ds:{slug} dso:calibratedBy ds:{_slug(SERVING)} .\n")
            parts.append(_relation(slug, "calibratedBy", _slug(SERVING)))
        else:
            parts.append(
                f"ds:{slug} a dso:{'ServingCalibration' if name == SERVING else 'Calibration'} ;\n"
                f'    rdfs:label "{name}"@en ;\n'
                f'    skos:definition "{_definition(items[0])}"@en ;\n'
                f"    dso:inLayer dso:layer3 .\n"
            )
        parts.extend(_fact(slug, item, as_of, units[item.quantity]) for item in items)
    return "\n".join(parts)


def _relation(subject: str, predicate: str, target: str) -> str:
    digest = hashlib.sha256(f"{subject}|{predicate}|{target}".encode()).hexdigest()[:8]
    return (
        f"rel:{subject}.{predicate}.{target}.{digest} a dso:Relation ;\n"
        f"    rdf:subject ds:{subject} ;\n"
        f"    rdf:predicate dso:{predicate} ;\n"
        f"    rdf:object ds:{target} ;\n"
        f"    dcterms:source src:downstack-calibration .\n"
    )


def _slug(name: str) -> str:
    return "calibration-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _definition(item: Constant) -> str:
    if item.quantity.startswith("band_"):
        return "How far measured values lie from predictions of this kind."
    return "Constants fitted on published measurements that hold for this class of chips, engines or operations."


def _fact(slug: str, item: Constant, as_of: str, unit: str) -> str:
    first, *rest = item.quantity.split("_")
    quantity = first + "".join(word.capitalize() for word in rest)
    digest = hashlib.sha256(f"{slug}|{item.quantity}".encode()).hexdigest()[:8]
    value = float(f"{item.value:.4g}")
    lines = [
        f"fact:{slug}.{item.quantity}.{digest} a dso:Fact ;",
        f"    dso:subject ds:{slug} ;",
        f"    dso:quantity dso:{quantity} ;",
        f"    dso:value {value!r}e0 ;" if "e" not in repr(value) else f"    dso:value {value!r} ;",
        f'    dso:literal "{value:.4g}" ;',
        f'    dso:unit "{unit}" ;',
    ]
    if item.low is not None and item.high is not None:
        low, high = min(item.low, value), max(item.high, value)
        lines += [f"    dso:low {_double(low)} ;", f"    dso:high {_double(high)} ;"]
    lines += [
        f'    dso:asOf "{as_of}" ;',
        "    dso:confidence dso:estimate ;",
        f'    dso:note "fit of {item.stage} on {item.rows} rows; the range is that of the fits that leave out one model, '
        f'chip or engine" ;'
        if item.low is not None
        else f'    dso:note "percentile of measured over predicted on {item.rows} predictions, with and without the '
        f"row's model, chip and engine in the fit\" ;",
        "    dcterms:source src:downstack-calibration ;",
        '    dso:locator "docs/accuracy.md" .',
    ]
    return "\n".join(lines) + "\n"


def _double(value: float) -> str:
    text = repr(float(f"{value:.4g}"))
    return text if "e" in text else f"{text}e0"
