"""From the names in a table of measurements to entities, by alias and never by likeness.

A name is looked up as it stands; then without the organisation before a slash, and without the endings that name a
copy of the same architecture in another number format or tuning. What is still unknown is reported as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from downstack.errors import UserInputError
from downstack.graph.names import NameIndex

_COPY = re.compile(r"[-_ ](?:FP8|FP4|NVFP4|MXFP4|BF16|FP8-KV|AWQ|GPTQ|W8A8|W4A16|Instruct|Chat|hf|it)$", re.IGNORECASE)


def spellings(name: str) -> Iterator[str]:
    """Yield the ways to look a name up, as it stands first."""
    text = name.strip()
    seen: set[str] = set()
    for start in (text, text.rpartition("/")[2]):
        shorter = start
        while shorter and shorter not in seen:
            seen.add(shorter)
            yield shorter
            shorter = _COPY.sub("", shorter)


def find(names: NameIndex, name: str, kind: str) -> str | None:
    """Return the slug of the entity of a class that a name means, or None when there is no such alias."""
    for text in spellings(name):
        try:
            entity = names.resolve(text)
        except UserInputError:
            continue
        if kind in entity.classes:
            return entity.id
    return None
