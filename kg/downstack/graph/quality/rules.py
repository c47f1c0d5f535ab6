"""All rules in order, and what they find in some documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from downstack.errors import Finding, UnknownNameError
from downstack.graph.checks import Fault
from downstack.graph.knowledge import Knowledge
from downstack.graph.names import nearest_words
from downstack.graph.quality import (
    ages,
    compute,
    contradictions,
    dates,
    memory,
    names,
    orphans,
    silicon,
    sums,
)
from downstack.graph.quality.rule import SEVERITIES, Examined, Rule
from downstack.graph.validation import Document, placed, statements_of

RULES: tuple[Rule, ...] = (
    *memory.RULES,
    *compute.RULES,
    *silicon.RULES,
    *sums.RULES,
    *dates.RULES,
    *names.RULES,
    *orphans.RULES,
    *ages.RULES,
    *contradictions.RULES,
)
"""What is looked at, in the order in which documentation lists it."""


def quality_findings(
    documents: Sequence[Document],
    knowledge: Knowledge,
    *,
    rules: Iterable[Rule] = RULES,
    given: frozenset[str] | None = None,
) -> tuple[Finding, ...]:
    """Return what is doubtful in a graph that is structurally whole.

    Parameters
    ----------
    documents, knowledge
        The graph, as files and as records.
    rules
        Those to run.
    given
        Paths of the documents that somebody wants to know about: what concerns only others is left out, unless it is an
        error. All unless given.
    """
    statements = statements_of(documents)
    examined = Examined(knowledge, statements)
    own = None if given is None else {number for number, item in enumerate(documents) if item.path in given}

    def concerns(fault: Fault) -> bool:
        if own is None or fault.severity == "error":
            return True
        return any(not own.isdisjoint(statements.homes(name)) for name in (fault.subject, *fault.also))

    # The worst first: of very many findings only the first are looked up, and no error may hide behind warnings.
    faults = sorted(
        (fault for rule in rules for fault in rule.check(examined) if concerns(fault)),
        key=lambda fault: SEVERITIES.index(fault.severity),
    )
    return worst_first(placed(documents, statements, faults))


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with errors first; those of one severity stay in order."""
    return tuple(sorted(findings, key=lambda item: SEVERITIES.index(item.severity)))


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that refuse what is loaded."""
    return tuple(item for item in findings if item.is_error)


def rule_named(name: str) -> Rule:
    """Return the rule of an identifier.

    Raises
    ------
    UnknownNameError
        With the nearest identifiers.
    """
    known = {rule.id: rule for rule in RULES}
    if name not in known:
        raise UnknownNameError("rule", name, nearest_words(name, known), field="rule")
    return known[name]
