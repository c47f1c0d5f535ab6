"""What answers are written in: names, media types, and which of them a form of query may have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an answer."""

    name: str
    media_type: str
    also: tuple[str, ...] = ()
    """Media types that ask for it as well."""
    charset: bool = False
    """Whether the media type needs to be told that this is UTF-8."""

    @property
    def content_type(self) -> str:
        """The media type as an answer states it."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type


SOLUTIONS = (
    Format("json", "application/sparql-results+json", ("application/json",)),
    Format("xml", "application/sparql-results+xml", ("application/xml", "text/xml")),
    Format("csv", "text/csv", charset=True),
    Format("tsv", "text/tab-separated-values", charset=True),
)
"""Of SELECT and ASK; the first unless something else is asked for."""

GRAPHS = (
    Format("turtle", "text/turtle", charset=True),
    Format("ntriples", "application/n-triples", ("text/plain",)),
    Format("jsonld", "application/ld+json", ("application/json",)),
    Format("rdfxml", "application/rdf+xml", ("application/xml", "text/xml")),
)
"""Of CONSTRUCT and DESCRIBE."""


def formats_of(form: str) -> tuple[Format, ...]:
    """Return how answers of a form of query are written."""
    return SOLUTIONS if form in ("SELECT", "ASK") else GRAPHS
