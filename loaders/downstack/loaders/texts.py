"""Text that strangers wrote, made fit to be shown: one form, no invisible characters, a bearable length.

What a name looks like must be what it is: characters that turn the direction of text or take no place are left out, and
words that mix alphabets are pointed out, because a look-alike of a known name is never that name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_NAME = 300
MAX_NOTE = 1000
_SPACE = re.compile(r"\s+")
_SLUG = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*")
_BETWEEN = re.compile(r"[\s\-_/()]+")
_BETWEEN_NUMBERS = re.compile(rf"(?<=\d){_BETWEEN.pattern}(?=\d)")
_MIXABLE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Alphabets whose letters are taken for one another."""


def clean(text: str, limit: int = MAX_NOTE) -> str:
    r"""The text in its composed form, on one line, without what cannot be seen, cut at `limit` characters.

    Examples
    --------
    >>> clean("one\n  two \u202etxt.exe\u200b")
    'one two txt.exe'
    """
    composed = unicodedata.normalize("NFC", _SPACE.sub(" ", text))
    seen = "".join(char for char in composed if unicodedata.category(char)[0] != "C").strip()
    return seen if len(seen) <= limit else seen[: limit - 3].rstrip() + "..."


def mixed_word(text: str) -> str | None:
    r"""The first word whose letters come from several look-alike alphabets, or None.

    Examples
    --------
    >>> mixed_word("NVIDI\u0410 H100") is None, mixed_word("NVIDIA H100 \u03b1") is None
    (False, True)
    """
    for match in re.finditer(r"[^\W\d_]+", text):
        word = match[0]
        alphabets = {unicodedata.name(char, "").split(" ", 1)[0] for char in word} & _MIXABLE
        if len(alphabets) > 1:
            return str(word)
    return None


def bare(name: str) -> str:
    """A name as it is compared: hyphens, spaces, brackets and case tell no two apart, but two numbers stay two.

    Examples
    --------
    >>> bare("Peng Cheng Laboratory") == bare("Pengcheng Laboratory"), bare("H100 80 GB") == bare("H100-80GB")
    (True, True)
    >>> bare("Gemma-2-2B") == bare("Gemma-22B")
    False
    """
    apart = _BETWEEN_NUMBERS.sub("\0", clean(name))
    return unicodedata.normalize("NFKC", _BETWEEN.sub("", apart).replace("\0", "-")).casefold()


def entity_slug(name: str, limit: int = 80) -> str:
    r"""The slug of a name: lower-case words joined by hyphens, with the points of version numbers.

    Examples
    --------
    >>> entity_slug("Llama 3.1 70B"), entity_slug("Électricité de France S.A.")
    ('llama-3.1-70b', 'electricite-de-france-s-a')
    >>> entity_slug("\u767e\u5ea6").startswith("name-")
    True
    """
    plain = unicodedata.normalize("NFKD", name).lower()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    slug = "-".join(_SLUG.findall(re.sub(r"[^\x00-\x7f]", "-", plain)))
    if not slug:
        return f"name-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
    if len(slug) <= limit:
        return slug
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return slug[: limit - 9].rstrip("-.") + f"-{digest}"
