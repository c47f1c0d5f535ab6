"""Every relation of the vocabulary says which way it carries dependence, and data that does not is refused."""

from __future__ import annotations

import pytest

from downstack.graph.dependence.rules import BONDS
from downstack.graph.validation import Document, parse_document, read_documents, shacl_findings, structural_findings
from downstack.kg import KnowledgeGraph
from downstack.vocabulary import folder

TERMS = read_documents(folder("terms"))
NONE = {
    "ownsStakeIn", "competesWith", "investsIn", "grantsWarrantsTo", "fundedBy", "constructedBy", "headquarteredIn",
    "secondSourceFor", "supersedes", "possibleDuplicateOf", "trainedOn", "trainedIn", "trainedWithData",
    "calibratedBy",
}  # fmt: skip
"""Who owns a part of another, or competes with it, does not need it to go on; nor does a model need what trained it."""


def changed(old: str, new: str) -> tuple[Document, ...]:
    found = []
    for document in TERMS:
        text = document.text
        if document.path.endswith("relations.ttl"):
            assert old in text
            text = text.replace(old, new, 1)
        found.append(parse_document(document.path, text))
    return tuple(found)


def test_every_relation_in_use_carries_dependence_or_says_that_it_does_not(bundled: KnowledgeGraph) -> None:
    used = {relation.predicate for relation in bundled.relations}
    rules = bundled.engine.knowledge.dependence
    assert used - set(rules) <= NONE
    assert NONE.isdisjoint(rules)
    assert {rule.bond for rule in rules.values()} == set(BONDS)


@pytest.mark.parametrize(
    ("relation", "dependent", "provider"),
    [
        ("fabricates", "nvidia-h200-sxm", "tsmc"),
        ("suppliesMemoryTo", "nvidia-b200", "sk-hynix"),
        ("packagedWith", "nvidia-b200", "tsmc-cowos-l"),
        ("hasAccelerator", "aws-p5en-48xlarge", "nvidia-h200-sxm"),
        ("offeredBy", "aws-p5en-48xlarge", "aws"),
        ("builtOn", "claude-code", "claude"),
        ("designs", "nvidia-h200-sxm", "nvidia"),
        ("runsOn", "cuda", "nvidia-gpu"),
        ("partnersOnSilicon", "google-tpu-v7", "broadcom"),
    ],
)
def test_the_one_that_needs_the_other_is_the_right_one(
    bundled: KnowledgeGraph, relation: str, dependent: str, provider: str
) -> None:
    steps = bundled.dependencies(dependent, "down", 1).steps
    assert (dependent, provider, relation) in {(step.dependent, step.provider, step.relation) for step in steps}


def test_a_cloud_depends_on_its_offerings_and_an_offering_on_its_cloud(bundled: KnowledgeGraph) -> None:
    assert bundled.dependencies("aws", "down", 1).node("aws-p5en-48xlarge") is not None
    assert bundled.dependencies("aws-p5en-48xlarge", "down", 1).node("aws") is not None
    assert bundled.dependencies("aws-p5en-48xlarge", "down", 64).node("aws-p4d-24xlarge") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('    dso:dependenceDirection "object-on-subject" ;\n', "", "dependenceDirection"),
        ('dso:dependenceDirection "object-on-subject"', 'dso:dependenceDirection "sideways"', "sideways"),
        ('dso:dependenceBond "output"', 'dso:dependenceBond "glue"', "glue"),
    ],
)
def test_a_relation_that_does_not_say_it_in_the_words_of_the_vocabulary_is_refused_with_its_line(
    old: str, new: str, said: str
) -> None:
    findings = structural_findings(changed(old, new))
    assert len(findings) == 1
    assert said in findings[0].what and findings[0].file.endswith("relations.ttl") and findings[0].line


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    dso:dependenceDirection "object-on-subject" ;\n', ""),
        ('dso:dependenceBond "output"', 'dso:dependenceBond "glue"'),
        ('    dso:dependenceBond "output" ;\n', ""),
        ("    dso:dependenceAlternatives true ;\n", ""),
    ],
)
def test_the_shapes_refuse_it_too(old: str, new: str) -> None:
    assert [str(item) for item in shacl_findings(changed(old, new))] != []
    assert shacl_findings(TERMS) == ()
