"""Links and influences: turned the right way round, cited, and never a number inside a link."""

from __future__ import annotations

from downstack.loaders import Citations, EntityRecord, FactRecord, QuantityTerm, Rejection, RelationRecord, Vocabulary
from downstack.loaders.sources import influences_csv, relations_csv
from downstack.loaders.sources.facts_csv import Selection
from downstack.loaders.sources.influences_csv import Reading
from downstack.loaders.writer import influence_document

ENTITIES = {
    "maker": EntityRecord("maker", "Maker", ("Company",), 5),
    "fab": EntityRecord("fab", "Fab", ("Foundry", "Company"), 7),
    "pack": EntityRecord("pack", "Pack", ("PackagingTechnology",), 7),
    "chip": EntityRecord("chip", "Chip", ("Accelerator",), 5),
    "cloud": EntityRecord("cloud", "Cloud", ("CloudProvider",), 4),
    "box": EntityRecord("box", "Box", ("CloudOffering",), 4),
}
VOCABULARY = Vocabulary(
    {
        name: QuantityTerm(name, name, frozenset({owner}), "1", frozenset())
        for name, owner in (("accelerators_per_instance", "CloudOffering"), ("cowos_capacity_share", "Company"))
    }
)
TABLE = """\
subject_id,predicate,object_id,value,unit,as_of,source,note
pack,packages,chip,,,2025,https://example.org/p,
fab,operates,pack,,,2025,https://example.org/p,
pack,allocates_capacity_to,maker,63,%,2025,https://example.org/p,
cloud,offers,box,55.04,USD/h,2026,https://example.org/p,on-demand price
box,has_accelerator,chip,8,chips,,https://example.org/p,
maker,buys,chip,100,GPUs,2026,https://example.org/p,
maker,admires,chip,,,2026,https://example.org/p,
maker,designs,chip,,,2026,a rumour,
maker,designs,other,,,2026,https://example.org/p,
"""


def test_links_are_turned_and_their_sizes_become_facts() -> None:
    found = list(
        relations_csv.to_records(relations_csv.parse(TABLE.encode()), VOCABULARY, Selection(ENTITIES, {}), Citations())
    )
    links = {(item.subject, item.predicate, item.object) for item in found if isinstance(item, RelationRecord)}
    assert links == {
        ("chip", "packagedWith", "pack"),
        ("fab", "offers", "pack"),
        ("fab", "allocatesCapacityTo", "maker"),
        ("box", "offeredBy", "cloud"),
        ("box", "hasAccelerator", "chip"),
        ("maker", "buys", "chip"),
    }
    sizes = {
        (item.subject, item.quantity, item.value, item.condition) for item in found if isinstance(item, FactRecord)
    }
    assert sizes == {
        ("maker", "cowos_capacity_share", 63.0, "of CoWoS"),
        ("box", "accelerators_per_instance", 8.0, None),
    }
    assert [item.reason for item in found if isinstance(item, Rejection)] == [
        "the vocabulary has no such predicate",
        "the citation has no locator",
        "an end of the link is not selected",
    ]


def test_a_published_effect_stays_text() -> None:
    header = ",".join(influences_csv.COLUMNS)
    row = 'I-1,A,L3,B,L5,down,tiles,memory,"10x at 2K",x less,10*y,github.com/o/r,README.md,high,'
    reading = Reading("a-to-b", "maker", "chip", "down", "-", "strong", "", "less is written")
    records = influences_csv.to_influences(
        influences_csv.parse(f"{header}\n{row}\n".encode()), {"I-1": reading}, Citations()
    )
    (record,) = records
    assert not isinstance(record, Rejection)
    document = influence_document(record)
    assert 'dso:publishedEffect "10x at 2K x less"' in document
    assert 'dso:mechanism "tiles. Sign: less is written"' in document
    assert "10*y" not in document
    assert "dso:influenceConfidence dso:highConfidence" in document
