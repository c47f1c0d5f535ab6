"""Each fault in a small Turtle file is found, with its line, and the message says what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from downstack.errors import Finding, KnowledgeError
from downstack.graph.validation import (
    MAX_FILE_BYTES,
    Document,
    parse_document,
    read_documents,
    shacl_findings,
    structural_findings,
    validate,
)
from downstack.vocabulary import folder

TODAY = date(2026, 11, 1)

PREFIXES = """\
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ds: <https://w3id.org/downstack/id/> .
@prefix dso: <https://w3id.org/downstack/ontology#> .
@prefix fact: <https://w3id.org/downstack/fact/> .
@prefix inf: <https://w3id.org/downstack/influence/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rel: <https://w3id.org/downstack/relation/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix src: <https://w3id.org/downstack/source/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

QUANTITIES = """\
dso:memoryBandwidth a dso:QuantityKind ;
    rdfs:label "memory bandwidth"@en ;
    skos:definition "Bytes that the memory moves in a second."@en ;
    dso:identifier "memory_bandwidth" ;
    dso:appliesTo dso:Accelerator ;
    dso:baseUnit "byte/s/chip" ;
    dso:displayUnit "GB/s" ;
    dso:impliedDenominator "chip" ;
    dso:inLayer dso:layer6 ;
    dso:nonNegative true ;
    dcterms:source <https://w3id.org/downstack/ontology> ;
    rdfs:isDefinedBy <https://w3id.org/downstack/ontology> .

dso:decodeBandwidth a dso:QuantityKind ;
    rdfs:label "decode bandwidth"@en ;
    skos:definition "Bytes that decoding moves in a second."@en ;
    dso:identifier "decode_bandwidth" ;
    dso:baseUnit "byte/s" ;
    dso:displayUnit "GB/s" ;
    dcterms:source <https://w3id.org/downstack/ontology> ;
    rdfs:isDefinedBy <https://w3id.org/downstack/ontology> .
"""

CHIP = """\
ds:chip-one a dso:Accelerator ;
    rdfs:label "Chip One"@en ;
    skos:altLabel "One" ;
    dso:inLayer dso:layer5 ;
    dso:usesMemory ds:hbm .

rel:chip-one.usesMemory.hbm.1 a dso:Relation ;
    rdf:subject ds:chip-one ;
    rdf:predicate dso:usesMemory ;
    rdf:object ds:hbm ;
    dso:asOf "2026-08" ;
    dcterms:source src:table .

fact:chip-one.memory_bandwidth.1 a dso:Fact ;
    dso:subject ds:chip-one ;
    dso:quantity dso:memoryBandwidth ;
    dso:value 4800.0e0 ;
    dso:literal "4800" ;
    dso:unit "GB/s" ;
    dso:low 4700.0e0 ;
    dso:high 4900.0e0 ;
    dso:condition "decimal units" ;
    dso:asOf "2026-08" ;
    dso:validUntil "2027" ;
    dso:confidence dso:datasheet ;
    dcterms:source src:table ;
    dso:locator "table 2" .
"""

OTHERS = """\
ds:hbm a dso:MemoryTechnology ;
    rdfs:label "HBM"@en ;
    dso:inLayer dso:layer6 .

ds:maker a dso:Company ;
    rdfs:label "Maker"@en .

src:table a dso:Source ;
    dcterms:title "A table" ;
    dso:reference "owner/name@744d01e18b79512572f64a6bbd8b5f4a725203a7" ;
    dso:retrieved "2026-08" .
"""

INFLUENCE = """\
inf:bandwidth a dso:QualitativeInfluence ;
    dso:influenceSource ds:hbm ;
    dso:influenceTarget ds:chip-one ;
    dso:sign "+" ;
    dso:strength dso:moderate ;
    dso:influenceConfidence dso:highConfidence ;
    dso:direction "up" ;
    dso:mechanism "Decoding reads all weights once a step." ;
    dso:publishedEffect "up to 4x" ;
    dcterms:source src:table .
"""

VOCABULARY = tuple(item for item in read_documents(folder("terms")) if "quantities" not in item.path)


def graph(
    chip: str = CHIP, others: str = OTHERS, quantities: str = QUANTITIES, influence: str = INFLUENCE
) -> list[Document]:
    return [
        *VOCABULARY,
        parse_document("quantities.ttl", PREFIXES + quantities),
        parse_document("chip-one.ttl", PREFIXES + chip),
        parse_document("others.ttl", PREFIXES + others),
        parse_document("influence.ttl", PREFIXES + influence),
    ]


def findings(**parts: str) -> tuple[Finding, ...]:
    return structural_findings(graph(**parts), today=TODAY)


def line(text: str, part: str) -> int:
    """The line of a part of a sample in its file, below the prefixes."""
    return PREFIXES.count("\n") + text[: text.index(part)].count("\n") + 1


def only(found: tuple[Finding, ...]) -> Finding:
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def test_a_graph_without_faults_has_no_findings() -> None:
    assert findings() == ()
    assert shacl_findings(graph()) == ()


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ('dso:unit "GB/s"', 'dso:unit "GBps"', "unknown unit 'GBps'", "write GB/s"),
        ('dso:unit "GB/s"', 'dso:unit "parsec"', "unknown unit 'parsec'", ""),
        (
            'dso:unit "GB/s"',
            'dso:unit "GB"',
            "the unit 'GB' measures byte, but dso:memoryBandwidth is byte per chip per second",
            "give it in a unit of byte/s/chip",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "NaN"^^xsd:double',
            'dso:value "NaN" is not finite',
            "leave a missing value out",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "-INF"^^xsd:double',
            'dso:value "-INF" is not finite',
            "leave a missing value out",
        ),
        (
            "dso:value 4800.0e0",
            "dso:value 1e400",
            'dso:value "1e400" is not finite',
            "leave a missing value out",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "4,800"',
            'dso:value "4,800" is not a number of type xsd:double',
            "write it as 4800.0e0, without quotes",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "12 %"^^xsd:double',
            'dso:value "12 %" is not a number of type xsd:double',
            "write it as 4800.0e0, without quotes",
        ),
        ("dso:value 4800.0e0", "dso:value 4800", "is not a number of type xsd:double", "write it as 4800.0e0"),
        (
            "dso:value 4800.0e0",
            "dso:value 5000.0e0",
            "the value 5000 lies outside its own range, 4700 to 4900",
            "correct the value or the range",
        ),
        (
            "dso:quantity dso:memoryBandwidth",
            "dso:quantity dso:memoryBandwith",
            "unknown quantity dso:memoryBandwith",
            "nearest: dso:memoryBandwidth",
        ),
        (
            "dso:quantity dso:memoryBandwidth",
            "dso:quantity dso:decodeBandwidth",
            "dso:decodeBandwidth is only ever computed",
            "choose another quantity kind",
        ),
        ("dso:subject ds:chip-one", "dso:subject ds:chip-won", "unknown entity ds:chip-won", "nearest: ds:chip-one"),
        (
            "dso:confidence dso:datasheet",
            "dso:confidence dso:rumour",
            "unknown confidence dso:rumour",
            "say how the source knows",
        ),
        (
            'dso:asOf "2026-08" ;\n    dso:validUntil',
            'dso:asOf "2026-13" ;\n    dso:validUntil',
            'dso:asOf "2026-13" is not a date',
            "write YYYY, YYYY-MM or YYYY-MM-DD",
        ),
        (
            'dso:asOf "2026-08" ;\n    dso:validUntil',
            'dso:asOf "2026-12" ;\n    dso:validUntil',
            "dso:asOf 2026-12 is in the future",
            "write the date on which it was stated",
        ),
        (
            'dso:validUntil "2027"',
            'dso:validUntil "2026-05"',
            "is valid until 2026-05, before the 2026-08 that it is stated for",
            "correct one of the dates",
        ),
        (
            "dso:high 4900.0e0",
            "dso:high 4900.0e0, 5000.0e0",
            "has 2 values of dso:high",
            "keep one",
        ),
        (
            "dcterms:source src:table ;\n    dso:locator",
            "dcterms:source src:tabel ;\n    dso:locator",
            "unknown source src:tabel",
            "nearest: src:table",
        ),
    ],
)
def test_a_wrong_statement_of_a_fact_is_found_on_its_line(old: str, new: str, what: str, remedy: str) -> None:
    changed = CHIP.replace(old, new)
    assert changed != CHIP
    found = only(findings(chip=changed))
    assert found.file == "chip-one.ttl"
    assert found.line == line(changed, new)
    assert what in found.what
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("removed", "what", "remedy"),
    [
        ("    dcterms:source src:table ;\n", "has no dcterms:source", "name where it was read"),
        ("    dso:value 4800.0e0 ;\n", "has no dso:value", "missing stays missing"),
        ('    dso:unit "GB/s" ;\n', "has no dso:unit", 'a pure number has "1"'),
        ('    dso:literal "4800" ;\n', "has no dso:literal", "exactly as the source prints it"),
        ("    dso:confidence dso:datasheet ;\n", "has no dso:confidence", "say how the source knows"),
        ("    dso:quantity dso:memoryBandwidth ;\n", "has no dso:quantity", "name the quantity kind"),
    ],
)
def test_a_fact_that_lacks_something_is_found_where_it_begins(removed: str, what: str, remedy: str) -> None:
    changed = CHIP.replace(removed, "")
    found = only(findings(chip=changed))
    assert (found.file, found.line) == ("chip-one.ttl", line(changed, "fact:chip-one"))
    assert "fact:chip-one.memory_bandwidth.1" in found.what
    assert what in found.what
    assert remedy in found.remedy


def test_a_negative_value_of_a_quantity_that_cannot_be_negative_is_found() -> None:
    changed = CHIP.replace("dso:value 4800.0e0", "dso:value -4800.0e0").replace("dso:low 4700.0e0", "dso:low -5000.0e0")
    assert [(item.line, item.rule) for item in findings(chip=changed)] == [
        (line(changed, "dso:value"), "negative"),
        (line(changed, "dso:low"), "negative"),
    ]


def test_a_fact_that_is_stated_twice_in_one_file_is_found() -> None:
    start = CHIP.index("fact:chip-one")
    found = only(findings(chip=CHIP + "\n" + CHIP[start:]))
    assert found.rule == "duplicate-fact"
    assert "fact:chip-one.memory_bandwidth.1 is stated more than once" in found.what


def test_two_facts_of_one_name_in_two_files_are_found_in_the_second() -> None:
    again = CHIP[CHIP.index("fact:chip-one") :].replace("4800.0e0", "4850.0e0")
    found = findings(others=OTHERS + "\n" + again)
    assert {item.file for item in found} == {"others.ttl"}
    assert {item.rule for item in found} == {"duplicate-fact", "repeated"}


def test_a_quantity_of_another_class_is_found() -> None:
    changed = CHIP.replace("dso:subject ds:chip-one", "dso:subject ds:hbm")
    found = only(findings(chip=changed))
    assert found.line == line(changed, "dso:quantity")
    assert "dso:memoryBandwidth is a quantity of an accelerator, which ds:hbm is not" in found.what


def test_a_relation_to_nothing_is_found_at_the_link_and_at_the_node() -> None:
    changed = CHIP.replace("ds:hbm", "ds:hbn")
    found = findings(chip=changed)
    assert [(item.line, item.rule) for item in found] == [
        (line(changed, "dso:usesMemory ds:hbn"), "dangling"),
        (line(changed, "rdf:object ds:hbn"), "unknown-entity"),
    ]
    assert all("nearest: ds:hbm" in item.remedy for item in found)


def test_a_relation_node_without_its_direct_triple_is_found() -> None:
    changed = CHIP.replace("dso:layer5 ;\n    dso:usesMemory ds:hbm .", "dso:layer5 .")
    found = only(findings(chip=changed))
    assert found.line == line(changed, "rdf:object")
    assert found.what == "the relation is cited but not stated: ds:chip-one dso:usesMemory ds:hbm"


def test_a_direct_triple_without_a_citation_is_found() -> None:
    start, end = CHIP.index("rel:chip-one"), CHIP.index("fact:chip-one")
    changed = CHIP[:start] + CHIP[end:]
    found = only(findings(chip=changed))
    assert found.line == line(changed, "dso:usesMemory")
    assert found.what == "no dso:Relation cites ds:chip-one dso:usesMemory ds:hbm"


def test_two_objects_of_a_functional_relation_are_found() -> None:
    second = OTHERS + (
        'ds:hbm-two a dso:MemoryTechnology ;\n    rdfs:label "HBM 2"@en ;\n    dso:inLayer dso:layer6 .\n\n'
        "ds:chip-one dso:usesMemory ds:hbm-two .\n\n"
        "rel:2 a dso:Relation ;\n    rdf:subject ds:chip-one ;\n    rdf:predicate dso:usesMemory ;\n"
        "    rdf:object ds:hbm-two ;\n    dcterms:source src:table .\n"
    )
    found = only(findings(others=second))
    assert (found.file, found.line) == ("others.ttl", line(second, "ds:chip-one dso:usesMemory"))
    assert found.what == "dso:usesMemory has at most one object, ds:chip-one has ds:hbm, ds:hbm-two"


def test_a_relation_between_the_wrong_classes_is_found() -> None:
    changed = CHIP.replace("dso:usesMemory ds:hbm .", "dso:usesMemory ds:maker .").replace(
        "rdf:object ds:hbm", "rdf:object ds:maker"
    )
    found = only(findings(chip=changed))
    assert found.line == line(changed, "dso:usesMemory")
    assert found.what == "dso:usesMemory leads to a memory technology, which ds:maker is not"


@pytest.mark.parametrize(
    "reference",
    [
        "javascript:alert(1)",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "a book",
        "owner/name",
        "http://",
        "//example.org",
    ],
)
def test_a_reference_that_cannot_be_followed_is_found(reference: str) -> None:
    changed = OTHERS.replace("owner/name@744d01e18b79512572f64a6bbd8b5f4a725203a7", reference)
    found = only(findings(others=changed))
    assert (found.file, found.line, found.rule) == ("others.ttl", line(changed, "dso:reference"), "reference")
    assert "owner/name@commit" in found.remedy


@pytest.mark.parametrize("reference", ["https://example.org/a?b=c#d", "http://example.org", "urn:isbn:9780262033848"])
def test_a_reference_that_can_be_followed_passes(reference: str) -> None:
    assert findings(others=OTHERS.replace("owner/name@744d01e18b79512572f64a6bbd8b5f4a725203a7", reference)) == ()


def test_a_retrieval_in_the_future_is_found() -> None:
    changed = OTHERS.replace('dso:retrieved "2026-08"', 'dso:retrieved "2027-01-01"')
    assert only(findings(others=changed)).what == "dso:retrieved 2027-01-01 is in the future"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('dso:publishedEffect "up to 4x"', "dso:publishedEffect 4.0e0", 'dso:publishedEffect "4.0e0" does not belong'),
        ('dso:publishedEffect "up to 4x"', 'dso:literal "4"', 'dso:literal "4" does not belong'),
        ('dso:sign "+"', 'dso:sign "++"', 'dso:sign "++" is not one of +, -, ?, 0'),
        ('dso:direction "up"', 'dso:direction "sideways"', 'dso:direction "sideways" is not one of up, down'),
        ("dso:strength dso:moderate", "dso:strength dso:huge", "unknown strength dso:huge"),
        ("dso:influenceTarget ds:chip-one", "dso:influenceTarget ds:nobody", "unknown entity ds:nobody"),
    ],
)
def test_an_influence_that_says_too_much_or_too_little_is_found(old: str, new: str, what: str) -> None:
    changed = INFLUENCE.replace(old, new)
    found = only(findings(influence=changed))
    assert (found.file, found.line) == ("influence.ttl", line(changed, new))
    assert what in found.what


def test_a_misspelt_term_is_found_once_with_its_nearest_name() -> None:
    changed = CHIP.replace("dso:condition", "dso:conditoin")
    found = only(findings(chip=changed))
    assert found.line == line(changed, "dso:conditoin")
    assert found.what == "the vocabulary has no term dso:conditoin"
    assert "dso:condition" in found.remedy


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('rdfs:label "Chip One"@en', 'rdfs:label "Chip\u202eenO"@en', "name"),
        ('skos:altLabel "One"', 'skos:altLabel ""', "name"),
        ('skos:altLabel "One"', f'skos:altLabel "{"x" * 301}"', "name"),
        ("dso:inLayer dso:layer5", "dso:inLayer dso:layer8", "unknown-layer"),
    ],
)
def test_a_name_or_layer_that_misleads_is_found(old: str, new: str, rule: str) -> None:
    changed = CHIP.replace(old, new)
    found = only(findings(chip=changed))
    assert (found.line, found.rule) == (line(changed, new[:12]), rule)


def test_an_entity_of_two_disjoint_classes_is_found() -> None:
    model = (
        "ds:model a dso:FoundationModel, dso:DenseModel, dso:MixtureOfExpertsModel ;\n"
        '    rdfs:label "Model"@en ;\n    dso:inLayer dso:layer2 .\n'
    )
    found = only(findings(others=OTHERS + model))
    assert found.line == line(OTHERS + model, "ds:model")
    assert found.what == "ds:model is both a dense model and a mixture of experts model"


def test_an_entity_without_a_class_is_found() -> None:
    extra = 'ds:ghost rdfs:label "Ghost"@en .\n'
    found = only(findings(others=OTHERS + extra))
    assert (found.line, found.what) == (line(OTHERS + extra, "ds:ghost"), "ds:ghost has no class of entities")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('dso:displayUnit "GB/s"', 'dso:displayUnit "GiBps"', "unknown unit 'GiBps'"),
        ('dso:displayUnit "GB/s"', 'dso:displayUnit "W"', "the display unit 'W' measures"),
        ('dso:baseUnit "byte/s/chip"', 'dso:baseUnit "GB/s/chip"', "the base unit 'GB/s/chip' is 1e+09 base units"),
        ('dso:identifier "memory_bandwidth"', 'dso:identifier "bandwidth"', "does not belong to dso:memoryBandwidth"),
        ("dso:appliesTo dso:Accelerator", "dso:appliesTo dso:Fact", "unknown entity class dso:Fact"),
    ],
)
def test_a_quantity_kind_that_cannot_work_is_found(old: str, new: str, what: str) -> None:
    changed = QUANTITIES.replace(old, new, 1)
    found = [item for item in findings(quantities=changed) if item.file == "quantities.ttl"]
    assert len(found) == 1
    assert found[0].line == line(changed, new)
    assert what in found[0].what


def test_a_syntax_error_names_file_and_line() -> None:
    broken = PREFIXES + CHIP.replace("dso:inLayer dso:layer5 ;", "dso:inLayer dso:layer5 ; ;;; ]")
    with pytest.raises(KnowledgeError) as caught:
        parse_document("facts/chip-one.ttl", broken)
    found = only(caught.value.findings)
    assert (found.file, found.line) == ("facts/chip-one.ttl", line(CHIP, "dso:inLayer"))
    assert found.what.startswith("not Turtle")


def test_relative_names_and_unknown_prefixes_are_no_turtle_here() -> None:
    for text in ("<a> <b> <c> .", "unknown:a unknown:b 1 ."):
        with pytest.raises(KnowledgeError, match="not Turtle"):
            parse_document("a.ttl", text)


def test_all_broken_files_of_a_folder_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.ttl").write_text("broken", encoding="utf-8")
    (tmp_path / "b.ttl").write_bytes(b"# good line\n# bad: \xff\n")
    (tmp_path / "c.ttl").write_text(PREFIXES, encoding="utf-8")
    (tmp_path / "sub" / "d.ttl").write_text(PREFIXES + "\nds:a ds:b", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not read", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        read_documents(tmp_path)
    name = tmp_path.name
    assert [item.file for item in caught.value.findings] == [f"{name}/a.ttl", f"{name}/b.ttl", f"{name}/sub/d.ttl"]
    not_text = next(item for item in caught.value.findings if item.file.endswith("b.ttl"))
    assert not_text.line == 2
    assert "not UTF-8" in not_text.what


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.ttl").write_text(PREFIXES, encoding="utf-8")
    (tmp_path / "inside" / "link.ttl").symlink_to(tmp_path / "secret.ttl")
    with pytest.raises(KnowledgeError, match="a link that leads out of the folder"):
        read_documents(tmp_path / "inside")


def test_a_linked_folder_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.ttl").write_text("broken", encoding="utf-8")
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "other")
    assert read_documents(tmp_path / "inside") == ()


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large.ttl").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(KnowledgeError, match="larger than 64 MiB"):
        read_documents(tmp_path)


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be read"):
        read_documents(tmp_path / "missing.ttl")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_bytes(b"\xef\xbb\xbf" + PREFIXES.encode())
    assert read_documents(tmp_path)[0].text == PREFIXES


def test_an_import_is_read_as_a_statement_and_never_followed() -> None:
    text = "<https://example.org/a> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/x> .\n"
    documents = [*graph(), parse_document("import.ttl", text)]
    assert structural_findings(documents, today=TODAY) == ()
    assert shacl_findings(documents) == ()


def test_many_faults_are_cut_off_with_a_note() -> None:
    many = "".join(f'ds:ghost-{number} rdfs:label "Ghost"@en .\n' for number in range(1200))
    found = findings(others=OTHERS + many)
    assert len(found) == 1001
    assert found[-1].what == "more than 1000 findings"


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        (
            "dso:confidence dso:datasheet",
            "dso:confidence dso:rumour",
            "the confidence is not one of the list",
            "use dso:measured, dso:datasheet",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "NaN"^^xsd:double',
            "the value is not exactly one finite number",
            "leave the",
        ),
        (
            "dso:value 4800.0e0",
            'dso:value "INF"^^xsd:double',
            "the value is not exactly one finite number",
            "leave the",
        ),
        (
            'dso:asOf "2026-08" ;\n    dso:validUntil',
            'dso:asOf "August" ;\n    dso:validUntil',
            "the date is not one",
            "",
        ),
        ("dso:subject ds:chip-one", "dso:subject src:table", "the fact is not about exactly one entity", "name it"),
        ("dso:inLayer dso:layer5", "dso:inLayer dso:layer2", "it does not stand in its layer, 5", "dso:layer5"),
    ],
)
def test_the_shapes_find_faults_on_their_lines_too(old: str, new: str, what: str, remedy: str) -> None:
    changed = CHIP.replace(old, new)
    found = [item for item in shacl_findings(graph(chip=changed)) if what in item.what]
    assert found
    assert found[0].file == "chip-one.ttl"
    assert found[0].line in (line(changed, new), line(changed, "ds:chip-one"))
    assert remedy in found[0].remedy


def test_the_shape_of_influences_is_closed() -> None:
    changed = INFLUENCE.replace('dso:publishedEffect "up to 4x"', "dso:value 4.0e0")
    found = only(shacl_findings(graph(influence=changed)))
    assert (found.file, found.line) == ("influence.ttl", line(changed, "dso:value"))
    assert "does not belong to it" in found.what


def test_shapes_are_not_asked_when_the_structure_is_broken() -> None:
    found = validate(graph(chip=CHIP.replace("dso:confidence dso:datasheet", "dso:confidence dso:rumour")), today=TODAY)
    assert {item.rule for item in found} == {"unknown-confidence"}


def test_the_fast_checks_take_thirty_thousand_triples() -> None:
    fact = CHIP[CHIP.index("fact:chip-one") :]
    files = [
        parse_document(
            f"facts/{number}.ttl",
            PREFIXES + "\n".join(fact.replace("bandwidth.1 ", f"bandwidth.{number}-{item} ") for item in range(6)),
        )
        for number in range(400)
    ]
    documents = [*graph(), *files]
    assert sum(len(document.triples) for document in documents) > 30_000
    assert structural_findings(documents, today=TODAY) == ()
