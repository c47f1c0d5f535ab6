"""From what a person writes to an entity: slug, IRI, CURIE, alias; and search that forgives typos."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from downstack.errors import AmbiguousNameError, UnknownNameError
from downstack.graph.model import Entity, QuantityKind
from downstack.graph.name_search import Match, NameSearch
from downstack.results import SearchHit
from downstack.vocabulary import DS, DSO

MAX_NAME = 300
"""Longer names are cut before they are compared: no real name is that long."""
BEHIND = "Calibration"
"""The class of what stands behind the names of others."""

_TURNED = re.compile("\u202e([^\u202c]*)\u202c?")
"""What is shown from right to left, whatever its letters are."""
_LOOKS_LIKE = dict(
    zip(
        # Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables).
        "АВЕКМНОРСТУХІЈЅаеорсухіјѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναΙ",
        "ABEKMHOPCTYXIJSaeopcyxijsdhqwABEZHIKMNOPTYXovaI",
        strict=True,
    )
)


def normalise(name: str) -> str:
    """Fold case, width and punctuation, so that ``Llama 3.1 70B`` and ``llama-3.1-70b`` are one name."""
    folded = unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold()
    return re.sub(r"[\s_\-/]+", " ", folded).strip()


def visible(text: str) -> str:
    """Return a text as it looks: without marks that cannot be seen, in the letters that it seems to be written in.

    Examples
    --------
    >>> visible("N\u0412\u200b") == "NB"
    True
    >>> visible("\u202eCMST\u202c")
    'TSMC'
    """
    turned = _TURNED.sub(lambda match: match.group(1)[::-1], text[:MAX_NAME])
    return "".join(
        _LOOKS_LIKE.get(character, character) for character in turned if unicodedata.category(character) != "Cf"
    )


def spell(name: str) -> tuple[str, ...]:
    """Return the words of a name: cut at separators and where digits follow letters, whatever the case.

    Examples
    --------
    >>> spell("Llama3.1-70B") == spell("llama-3.1-70b") == spell("LLAMA 3.1_70B")
    True
    >>> spell("Gemma-22B") == spell("Gemma-2-2B")
    False
    """
    folded = unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold()
    return tuple(re.findall(r"[^\W\d_]+(?=\d)|[^\s_\-/()\[\],]+", folded))


class NameIndex:
    """Names of all entities of one graph version."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities
        owners: dict[str, set[str]] = defaultdict(set)
        texts: dict[tuple[str, str], str] = {}
        for slug, entity in entities.items():
            for text in (slug, entity.label, *entity.aliases):
                name = normalise(text)
                owners[name].add(slug)
                texts.setdefault((name, slug), text)
        # Constants of a maker's chips go by its name; whoever writes the name means the maker.
        self._behind = frozenset(slug for slug, entity in entities.items() if BEHIND in entity.classes)
        self._owners = {name: tuple(sorted(slugs - self._behind or slugs)) for name, slugs in owners.items()}
        self._texts = texts
        self._search = NameSearch(sorted(self._owners))
        self._spelled: dict[str, dict[tuple[str, ...], frozenset[str]]] = {}

    def resolve(self, name: str, *, field: str = "entity") -> Entity:
        """Return the entity of that name, or raise with the three nearest names."""
        text = name.strip()
        for prefix in ("ds:", DS):
            if text.startswith(prefix):
                text = text.removeprefix(prefix)
                break
        if text in self._entities:
            return self._entities[text]
        owners = self._owners.get(normalise(text), ())
        if len(owners) == 1:
            return self._entities[owners[0]]
        if owners:
            raise AmbiguousNameError(name[:MAX_NAME], owners, field=field)
        raise UnknownNameError("entity", name[:MAX_NAME], self.nearest(text), field=field)

    def spelled(self, name: str, kind: str) -> frozenset[str]:
        """Return the slugs of the entities of a class one of whose names has the same words; see :func:`spell`."""
        if kind not in self._spelled:
            found: dict[tuple[str, ...], set[str]] = defaultdict(set)
            for slug, entity in self._entities.items():
                if kind in entity.classes:
                    for text in (slug, entity.label, *entity.aliases):
                        found[spell(text)].add(slug)
            self._spelled[kind] = {words: frozenset(slugs) for words, slugs in found.items()}
        return self._spelled[kind].get(spell(name), frozenset())

    def nearest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Return the slugs whose names are nearest to a text, best first."""
        return tuple(hit.entity.id for hit in self.search(name, count))

    def search(self, text: str, first: int = 10) -> tuple[SearchHit, ...]:
        """Find entities by label or alias, typo tolerant, best first; one hit an entity.

        A name with letters of another alphabet that look the same, or with marks that cannot be seen, finds what it
        looks like; :meth:`resolve` does not take it for that name.
        """
        wanted = normalise(visible(text))
        if not wanted:
            return ()
        best: dict[str, Match] = {}
        for match in self._search.nearest(wanted, 5 * first):
            for slug in self._owners[match.name]:
                if slug not in best or match > best[slug]:
                    best[slug] = match
        ranked = sorted(
            best.items(), key=lambda item: (-item[1].score, item[0] in self._behind, -item[1].whole, item[0])
        )
        return tuple(
            SearchHit(self._entities[slug], self._texts[match.name, slug], round(match.score / 100.0, 4))
            for slug, match in ranked[:first]
        )


def resolve_quantity(name: str, quantities: Mapping[str, QuantityKind], *, field: str = "quantity") -> QuantityKind:
    """Return the quantity of that identifier, IRI or CURIE, or raise with the three nearest identifiers."""
    text = name.strip()
    if text in quantities:
        return quantities[text]
    iri = DSO + text.removeprefix("dso:") if text.startswith("dso:") else text
    for kind in quantities.values():
        if kind.iri == iri or kind.label == text:
            return kind
    raise UnknownNameError("quantity", name[:MAX_NAME], nearest_words(text, quantities), field=field)


def nearest_words(word: str, words: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return the identifiers nearest to a misspelt one."""
    return tuple(get_close_matches(word[:MAX_NAME], list(words), n=count, cutoff=0.4))
