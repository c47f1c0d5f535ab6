"""Sources: from the citation columns of a table to one record per source.

A citation is a title and where it was read. Its locator must be honest: an http(s) URL, a repository with the commit
that was read, or a ``urn:`` for a document that has neither. A citation with none of these cites nothing, and its row
is rejected.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from downstack.loaders.records import SourceRecord

_URL = re.compile(r"https?://[^\s,;]+")
_COMMIT = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{7,40})")
_GITHUB = re.compile(r"github\.com/([\w.-]+/[\w.-]+)")
_ATTACHED = re.compile(r"\s*\(\w+\.txt\)$")
_PLAIN = re.compile(r"[^a-z0-9]+")
_REPOSITORY = re.compile(r"(?:https://github\.com/)?([\w.-]+/[\w.-]+)")
GENERIC_TITLES = frozenset({"config.json copy"})
"""Titles that many sources share: the repository tells them apart."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source named by hand; `titles` and `locators` are the citations that mean it."""

    record: SourceRecord
    titles: frozenset[str] = frozenset()
    locators: frozenset[str] = frozenset()


def locate(text: str) -> str | None:
    """The locator in a citation, if there is one.

    Examples
    --------
    >>> locate("skypilot-org/skypilot-catalog@00148f2af3 (aws), commit date not shown")
    'skypilot-org/skypilot-catalog@00148f2af3'
    >>> locate("TrendForce https://www.trendforce.com/news/2023/11/13/")
    'https://www.trendforce.com/news/2023/11/13/'
    >>> locate("github.com/openai/gpt-oss")
    'https://github.com/openai/gpt-oss'
    >>> locate("somebody said so") is None
    True
    """
    if match := _URL.search(text):
        return match[0].rstrip(").")
    if match := _COMMIT.search(text):
        return f"{match[1]}@{match[2]}"
    if match := _GITHUB.search(text):
        return f"https://github.com/{match[1]}"
    return text if text.startswith("urn:") else None


def slugify(text: str, limit: int = 48) -> str:
    """A kebab-case slug, cut at a word.

    Examples
    --------
    >>> slugify("Tom's Hardware: H20, L20, L2")
    'tom-s-hardware-h20-l20-l2'
    """
    words = [word for word in _PLAIN.split(text.lower()) if word]
    kept: list[str] = []
    for word in words:
        if kept and len("-".join([*kept, word])) > limit:
            break
        kept.append(word)
    return "-".join(kept)[:limit].strip("-")


@dataclass(slots=True)
class Citations:
    """The sources met so far; the same citation always gives the same slug."""

    known: tuple[KnownSource, ...] = ()
    commits: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(repository, path) -> commit that was read, where an index of copies gives it."""
    found: dict[str, SourceRecord] = field(default_factory=dict)

    def cite(self, title: str, where: str, path: str = "") -> str | None:
        """The slug of a citation's source, or None when the citation has no locator.

        Parameters
        ----------
        title, where, path
            The citation's title, its URL or repository, and the path inside it. Without a title, a source that
            was already met at the same place is meant.
        """
        where = _ATTACHED.sub("", where)
        for item in self.known:
            if title in item.titles or where in item.locators:
                return self._keep(item.record)
        reference = locate(where)
        if reference is None:
            return None
        if match := _GITHUB.fullmatch(reference.removeprefix("https://")):
            commit = self.commits.get((match[1], path))
            reference = f"{match[1]}@{commit}" if commit else reference
        if title in GENERIC_TITLES and (match := _REPOSITORY.match(reference)):
            title = f"{title} ({match[1]})"
        if not title:
            same = [record.slug for record in self.found.values() if record.reference == reference]
            if same:
                return min(same)
        digest = hashlib.sha256(f"{title}|{reference}".encode()).hexdigest()[:6]
        words = title or reference.removeprefix("https://").removeprefix("http://").removeprefix("www.")
        return self._keep(SourceRecord(f"{slugify(words)}-{digest}", title or words, reference))

    def named(self, slug: str) -> str:
        """The slug of a source that was named by hand.

        Raises
        ------
        KeyError
            When no such source is in the curated table.
        """
        for item in self.known:
            if item.record.slug == slug:
                return self._keep(item.record)
        raise KeyError(slug)

    def records(self) -> Iterable[SourceRecord]:
        """Every source that something cites, in the order of their slugs."""
        return [self.found[slug] for slug in sorted(self.found)]

    def _keep(self, record: SourceRecord) -> str:
        self.found.setdefault(record.slug, record)
        return record.slug
