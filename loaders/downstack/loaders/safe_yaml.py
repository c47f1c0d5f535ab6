"""YAML as data: mappings, lists and text; nothing that the format could do beyond that.

Every scalar stays the text that stands in the file. ``NO`` is a word and no falsehood, ``1e3`` and ``2023-11-02`` are not
turned into a number or a date before somebody has said what they mean. Tags, merge keys, repeated keys and several
documents in one file are refused; aliases are followed as long as what they add up to stays small.

The tree is built from the parser's events, without recursion, so that depth costs nothing but what is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from downstack.errors import Finding, KnowledgeError
from downstack.loaders.inputs import decode

MAX_NODES = 200_000
"""Of one file, aliases counted as what they stand for."""
MAX_DEPTH = 32

Value = str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the list at the top of a file."""

    line: int
    value: Value


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    value: list[Value] | dict[str, Value]
    anchor: str | None
    line: int
    size: int = 1
    key: str | None = None
    lines: list[int] = field(default_factory=list)
    """Of the elements of a list."""


def read_list(data: bytes, name: str) -> list[Item]:
    """The elements of a file that holds one list, each with the line on which it begins.

    Raises
    ------
    KnowledgeError
        If the file is not UTF-8 or not YAML, uses more of YAML than data needs, is too large or too deep, or holds
        something else than a list.
    """
    return _Builder(name).build(decode(data, name))


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.nodes = 0
        self.top: _Open | None = None

    def build(self, text: str) -> list[Item]:
        try:
            for event in _events(text):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise self._wrong(line, f"not YAML: {error.problem}", "correct the syntax") from None
        except yaml.YAMLError as error:
            what = str(error).splitlines()[0][:200]
            raise self._wrong(None, f"not YAML: {what}", "correct the syntax") from None
        if self.top is None or not isinstance(self.top.value, list):
            raise self._wrong(1, "the file holds no list", "write one element for each thing: - name: ...")
        return [Item(line, value) for line, value in zip(self.top.lines, self.top.value, strict=True)]

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent) and (self.top is not None or event.tags):
            raise self._wrong(line, "a second document, or a tag directive", "give each document a file of its own")
        if isinstance(event, yaml.AliasEvent):
            self._alias(event, line)
        elif isinstance(event, yaml.ScalarEvent):
            self._untagged(event, line)
            self._add(event.value, 1, 1, line, event.anchor)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._untagged(event, line)
            if len(self.stack) >= MAX_DEPTH:
                raise self._wrong(line, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
                raise self._wrong(line, "a key that is no text", "write the key as one word")
            is_list = isinstance(event, yaml.SequenceStartEvent)
            self.stack.append(_Open([] if is_list else {}, event.anchor, line))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            closed = self.stack.pop()
            if not self.stack:
                self.top = closed
            self._add(closed.value, closed.size, 1, closed.line, closed.anchor)

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        known = self.anchors.get(event.anchor or "")
        if known is None:
            raise self._wrong(line, f"the alias *{event.anchor} stands for nothing yet", "write the value out")
        self._add(known[0], known[1], known[1], line, None)

    def _add(self, value: Value, size: int, new: int, line: int, anchor: str | None) -> None:
        """Put a value into what is open; of the values in it, `new` have not been counted yet."""
        self.nodes += new
        if self.nodes > MAX_NODES:
            raise self._wrong(line, f"more than {MAX_NODES} values, aliases counted", "split the file")
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            return
        parent = self.stack[-1]
        parent.size += size
        if isinstance(parent.value, list):
            parent.value.append(value)
            parent.lines.append(line)
        elif parent.key is None:
            if not isinstance(value, str):
                raise self._wrong(line, "a key that is no text", "write the key as one word")
            if value == "<<":
                raise self._wrong(line, "a merge key", "write the values out")
            if value in parent.value:
                raise self._wrong(line, f"the key {value[:80]!r} twice", "keep one of them")
            parent.key = value
        else:
            parent.value[parent.key] = value
            parent.key = None

    def _untagged(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise self._wrong(line, f"a tag {event.tag[:80]!r}", "remove it: values are text, lists and mappings")

    def _wrong(self, line: int | None, what: str, remedy: str) -> KnowledgeError:
        return KnowledgeError((Finding(self.name, line, what, remedy, "yaml"),))


def _events(text: str) -> Iterator[yaml.Event]:
    """Events of the parser in C where it was built, which is ten times as fast."""
    return iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
