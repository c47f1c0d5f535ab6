"""The assets of Ecosystem Graphs in their own words: one row a model, data set or application.

A value is a text, or a mapping with ``value`` and ``explanation``; of the latter the value is what counts. Nothing is read
into any text here: ``2023-11-02`` and ``NO`` are texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from downstack.loaders.inputs import NamedBytes
from downstack.loaders.report import Rejection
from downstack.loaders.safe_yaml import Value, read_list
from downstack.loaders.texts import MAX_NAME, clean

USED = (
    "name", "type", "organization", "dependencies", "created_date", "license", "access", "size", "training_hardware",
    "training_time", "monthly_active_users", "description",
)  # fmt: skip
DROPPED = (
    "adaptation", "analysis", "datasheet", "excluded", "failures", "feedback", "included", "intended_uses", "modality",
    "model_card", "monitoring", "nationality", "output_space", "prohibited_uses", "quality_control", "sample",
    "terms_of_service", "training_emissions", "url", "user_distribution",
)  # fmt: skip
"""Keys that the catalogue defines and that become nothing: prose, links, and a nationality that is not the maker's."""
TYPES = ("model", "dataset", "application")
MAX_DEPENDENCIES = 500
"""Of one asset."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset; texts are as in the file, but for characters that cannot be seen."""

    file: str
    line: int
    name: str
    type: str
    texts: dict[str, str]
    """Key -> value, of the keys that are used and have one."""
    dependencies: tuple[str, ...]
    unread: tuple[Rejection, ...]
    """Parts that are not what the catalogue defines."""


def parse(files: Iterable[NamedBytes]) -> Iterator[Asset | Rejection]:
    """The assets of some files, and a rejection for every element that is none.

    Raises
    ------
    KnowledgeError
        If a file is not YAML that holds a list, or uses more of YAML than data needs.
    """
    for file in files:
        for item in read_list(file.data, file.name):
            yield _asset(file.name, item.line, item.value)


def _asset(file: str, line: int, value: Value) -> Asset | Rejection:
    if not isinstance(value, dict):
        return Rejection(line, "", "", clean(str(value), 80), "not a mapping", file)
    texts = {key: _text(value[key]) for key in value}
    name, kind = texts.get("name") or "", (texts.get("type") or "").casefold()
    unseen = clean(name, MAX_NAME + 1)
    if not unseen or len(unseen) > MAX_NAME:
        reason = "no name" if not unseen else f"a name longer than {MAX_NAME} characters"
        return Rejection(line, clean(name, 80), "name", clean(name, 80), reason, file)
    if kind not in TYPES:
        return Rejection(line, unseen, "type", clean(kind, 80), f"not one of {', '.join(TYPES)}", file)
    unread = [
        Rejection(
            line, unseen, clean(key, 80), clean(str(value[key]), 80), "a key that the catalogue does not define", file
        )
        for key in value
        if key not in USED and key not in DROPPED
    ]
    unread += [
        Rejection(line, unseen, key, clean(str(value[key]), 80), "not a text", file)
        for key in USED
        if key in value and key != "dependencies" and texts[key] is None
    ]
    dependencies, wrong = _dependencies(value.get("dependencies", []))
    unread += [Rejection(line, unseen, "dependencies", clean(str(item), 80), "not a name", file) for item in wrong]
    kept = {key: text for key in USED if key != "dependencies" and (text := texts.get(key)) is not None}
    return Asset(file, line, unseen, kind, kept, dependencies, tuple(unread))


def _text(value: Value) -> str | None:
    if isinstance(value, dict):
        # A value that only the explanation gives is no value.
        inner = value.get("value", "")
        return inner if isinstance(inner, str) else None
    return value if isinstance(value, str) else None


def _dependencies(value: Value) -> tuple[tuple[str, ...], list[Value]]:
    if isinstance(value, str):
        return (), [value] if value else []
    if isinstance(value, dict):
        return (), [value]
    names: list[str] = []
    wrong: list[Value] = []
    for number, item in enumerate(value):
        text = clean(item, MAX_NAME + 1) if isinstance(item, str) else ""
        if not text or len(text) > MAX_NAME or number >= MAX_DEPENDENCIES:
            wrong.append(item)
        else:
            names.append(text)
    return tuple(names), wrong
