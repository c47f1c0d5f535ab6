"""From the names in a table of measurements to entities, by alias and never by likeness.

A name is looked up as it stands; then without the organisation before a slash, and without the endings that name a
copy of the same architecture: another number format, another tuning, a release date. Case and separators do not matter,
nor whether the vendor stands before the name of an accelerator. What is still unknown, or could be several entities, is reported as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from downstack.graph.names import NameIndex

_FORMAT = (
    r"(?:NV|MX)?FP[468]|[BF]F?P?16|INT[48]|W\d+A\d+(?:KV\d+)?|AWQ|GPTQ|GGUF|\d-?bit|KV|dynamic|block|static|per[-_]tensor"
    r"|quantized|ModelOpt|TorchAO|MLPerf"
)
_TUNING = r"Instruct|Chat|hf|it|pt|Base|Thinking|SFT|DPO|RLHF"
_DATE = r"(?:2[2-9](?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
"""Year and month (2507), or month and day (0528)."""
_WITHIN = re.compile(r"[-_ ](?:Instruct|Chat)(?=[-_ ])", re.IGNORECASE)
_VENDORS = ("NVIDIA", "AMD", "Intel", "Google", "AWS")
_COPY = re.compile(rf"[-_. ](?:{_FORMAT}|{_TUNING}|{_DATE})$", re.IGNORECASE)


def spellings(name: str) -> Iterator[str]:
    """Yield the ways to look a name up, as it stands first."""
    text = name.strip()
    seen: set[str] = set()
    bare = text.rpartition("/")[2]
    for start in (text, bare, _WITHIN.sub("", bare)):
        shorter = start
        while shorter and shorter not in seen:
            seen.add(shorter)
            yield shorter
            shorter = _COPY.sub("", shorter)


def find(names: NameIndex, name: str, kind: str) -> str | None:
    """Return the slug of the entity of a class that a name means, or None when no alias means exactly one."""
    vendors = _VENDORS if kind == "Accelerator" else ()
    for text in spellings(name):
        slugs = names.spelled(text, kind)
        for vendor in vendors:
            slugs |= names.spelled(f"{vendor} {text}", kind) | names.spelled(text.removeprefix(f"{vendor} "), kind)
        if slugs:
            return next(iter(slugs)) if len(slugs) == 1 else None
    return None
