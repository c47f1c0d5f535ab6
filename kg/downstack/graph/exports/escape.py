"""Text that is safe where other programs read it: labels come from data, and data may come from anybody.

A cell that begins like a formula is one to a spreadsheet; a quote ends a label; a control character is not allowed in XML; a
mark that turns the direction of text shows a reader something else than what is there.
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN = re.compile(r"[^\w .,:()/+'-]")
# Beside the control and format characters that Unicode calls so, what XML 1.0 cannot hold at all.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs: an apostrophe before what begins like a formula and is no number.

    Examples
    --------
    >>> cell("=1+1"), cell("-0.5"), cell("- 5 of 8")
    ("'=1+1", '-0.5', "'- 5 of 8")
    """
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def visible(text: str) -> str:
    r"""Return a text on one line without control characters, invisible characters and marks of direction.

    Examples
    --------
    >>> visible("H200\u202e\nSXM")
    'H200 SXM'
    """
    kept = "".join(
        " " if character in "\n\r\t\u2028\u2029" else character
        for character in text
        if character in "\n\r\t\u2028\u2029" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return re.sub(r" {2,}", " ", kept).strip()


def xml(text: str) -> str:
    """Return a text that XML can hold; the writer of XML escapes the rest."""
    return _NOT_XML.sub("", visible(text))


def dot(text: str) -> str:
    r"""Return a quoted string of DOT.

    Examples
    --------
    >>> dot('a "b" \\ c')
    '"a \\"b\\" \\\\ c"'
    """
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def mermaid(text: str) -> str:
    """Return a quoted label of Mermaid: what has a meaning there, in HTML or in Markdown is a number.

    Examples
    --------
    >>> mermaid('<b>H200</b>')
    '"#60;b#62;H200#60;/b#62;"'
    """
    return '"' + _PLAIN.sub(lambda match: f"#{ord(match[0])};", visible(text)) + '"'
