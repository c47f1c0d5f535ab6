"""Where the endpoint differs from the suite: what it refuses, and what Oxigraph answers otherwise."""

from __future__ import annotations

_R2, _11 = "dawg-data-r2/", "sparql11/"


def _tests(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


_FROM = (
    *_tests(
        f"{_R2}dataset",
        *(
            f"dawg-dataset-{name}"
            for name in ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "09b", "10b", "12b"]
        ),
    ),
    *_tests(f"{_R2}syntax-sparql2", *(f"syntax-dataset-{number:02}" for number in range(1, 5))),
    *_tests(_11.rstrip("/"), "construct/constructwhere04", "syntax-query/test_42"),
)
_SERVICE = (
    *_tests(f"{_11}service", *(f"service{name}" for name in ["1", "2", "3", "4a", "5", "6", "7"])),
    *_tests(f"{_11}syntax-fed", "test_1", "test_2", "test_3"),
)
_FUNCTIONS = (
    *_tests(f"{_R2}syntax-sparql1", "syntax-expr-05", "syntax-order-05", "syntax-order-06"),
    *_tests(f"{_R2}syntax-sparql2", *(f"syntax-function-{number:02}" for number in range(1, 5))),
    f"{_11}syntax-query/test_4",
)
_ESCAPES = _tests(f"{_R2}syntax-sparql2", "syntax-esc-04", "syntax-esc-05")

REFUSED: dict[str, str] = {
    **dict.fromkeys(_FROM, "FROM: there is one graph"),
    **dict.fromkeys(_SERVICE, "SERVICE: this endpoint asks no other endpoint"),
    **dict.fromkeys(_FUNCTIONS, "custom function .* is not supported"),
    # An escape that stands for a keyword or a bracket is how queries hide from whoever reads them; Oxigraph has none either.
    **dict.fromkeys(_ESCAPES, "begins nothing that SPARQL knows"),
}
"""Tests whose query is refused on purpose, and what the refusal says."""

_BY_VALUE = (
    "Oxigraph keeps numbers and dates by their value: 01 comes back as 1, +00:00 as Z, a negativeInteger as an integer"
)
_OLD_DOT = "SPARQL 1.0: `456.` was a decimal then; in SPARQL 1.1 the dot ends the triple"
_OLD_TEXT = "RDF 1.0: texts had no datatype then; in RDF 1.1 they are of xsd:string"

OTHERWISE: dict[str, str] = {
    **dict.fromkeys(
        (
            *_tests(f"{_R2}distinct", "distinct-1", "distinct-2", "distinct-9"),
            *_tests(
                f"{_R2}expr-builtin", "dawg-str-1", "dawg-str-2", "sameTerm-simple", "sameTerm-eq", "sameTerm-not-eq"
            ),
            *_tests(f"{_R2}expr-equals", "eq-graph-1", "eq-graph-2"),
            *_tests(f"{_R2}open-world", "open-eq-01", "date-3"),
            *_tests(f"{_11}csv-tsv-res", "csv03", "tsv03"),
        ),
        _BY_VALUE,
    ),
    **dict.fromkeys((*_tests(f"{_R2}basic", "term-6", "term-7"), f"{_R2}syntax-sparql1/syntax-lit-08"), _OLD_DOT),
    **dict.fromkeys(
        (f"{_R2}expr-builtin/dawg-datatype-2", *_tests(f"{_11}functions", "strdt03", "strlang03")), _OLD_TEXT
    ),
    f"{_R2}open-world/date-2": "XSD 1.1: a date without a time zone can differ from one with a time zone",
    f"{_R2}optional-filter/dawg-optional-filter-005-simplified": "not approved: the other reading of nested groups is the standard's",
    f"{_R2}syntax-sparql3/syn-bad-26": "Oxigraph reads `?x<?a&&?b>?y` as comparisons, where the longest token is an IRI",
    f"{_11}aggregates/agg-empty-group": "corrected in later versions of the suite: what groups nothing has no group",
    f"{_11}functions/bnode01": "Oxigraph gives the same node for the same text in all rows",
}
"""Tests that Oxigraph answers otherwise, also without this endpoint around it, and why."""

ANY_ORDER = _tests(f"{_11}functions", "plus-1", "plus-2")
"""Tests that order values of unlike types, for which the standard defines no order."""
