"""Knowledge in: source tables to cited Turtle.

===================  =============================================================================
records              entities, facts, relations, influences and sources between a table and Turtle
sources              one module per kind of source: parse keeps its words, to_... maps them
vocabulary           the quantity kinds, read from the ontology's terms
units, dates         spellings of units and dates in sources
citations            from a citation to one source
curation             the curated tables: what a person decided, with reasons
writer               deterministic Turtle
report               read, kept, rejected, and why
harvest              the command that regenerates the committed knowledge
===================  =============================================================================
"""

from __future__ import annotations

from downstack.loaders.citations import Citations
from downstack.loaders.curation import Curation, read_curation
from downstack.loaders.records import EntityRecord, FactRecord, InfluenceRecord, RelationRecord, SourceRecord
from downstack.loaders.report import Rejection, Report
from downstack.loaders.vocabulary import QuantityTerm, Vocabulary, read_vocabulary

__all__ = [
    "Citations",
    "Curation",
    "EntityRecord",
    "FactRecord",
    "InfluenceRecord",
    "QuantityTerm",
    "Rejection",
    "RelationRecord",
    "Report",
    "SourceRecord",
    "Vocabulary",
    "read_curation",
    "read_vocabulary",
]
