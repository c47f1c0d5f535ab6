"""Triples inside triples, found before a parser sees them.

Turtle and N-Triples of RDF 1.2 may quote a triple, ``<<( s p o )>>``, also inside another. The vocabulary has no use for
it, and nested by thousands it overflows the stack of a parser that recurses, which ends the process.
"""

from __future__ import annotations

import re

QUOTED = "a triple inside a triple"

_TOKEN = re.compile(
    r'''
    """(?:[^"\\]|\\.|"(?!""))*+""" | \'\'\'(?:[^'\\]|\\.|'(?!\'\'))*+\'\'\'   # long texts
    | "(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+'                           # texts
    | <[^<>"{}|^`\\\x00-\x20]*+>                                            # names
    | \\.                                                                   # an escape in a local name: it may hide a #
    | \#[^\n]*+                                                             # comments
    | (?P<quoted><<)
    ''',
    re.VERBOSE | re.DOTALL,
)


def quoted_triple_line(text: str) -> int | None:
    """Return the line of the first triple that is quoted in Turtle or N-Triples, None where there is none.

    What stands in texts, names and comments does not count. Text that is not Turtle is read as far as it is: a parser
    stops at the same place.
    """
    if "<<" not in text:
        return None
    for token in _TOKEN.finditer(text):
        if token["quoted"]:
            return text.count("\n", 0, token.start()) + 1
    return None
