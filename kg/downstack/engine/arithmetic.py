"""Which formulas cannot give a number that is not finite without the processor saying so.

Plain arithmetic on finite numbers sets a floating-point flag whenever its result is infinite or no number. A formula made
of nothing else needs no check of its own: one look at the flags after a whole plan is enough.
"""

from __future__ import annotations

import inspect
import math
from functools import lru_cache
from types import CodeType

import numpy as np

from downstack.performance.declare import Formula

PLAIN = frozenset(
    {
        "abs", "absolute", "add", "asarray", "cbrt", "ceil", "clip", "divide", "equal", "exp", "exp2", "expm1", "floor",
        "float64", "greater", "greater_equal", "int64", "less", "less_equal", "log", "log10", "log1p", "log2",
        "logical_and", "logical_not", "logical_or", "maximum", "minimum", "multiply", "negative", "not_equal",
        "power", "round", "sign", "sqrt", "square", "subtract", "where",
    }
)  # fmt: skip
"""Of NumPy and of Python: what keeps finite numbers finite, or sets a flag."""


def is_plain(function: Formula) -> bool:
    """Return whether a formula, with all that it calls, is plain arithmetic; False where it cannot be told."""
    # What closes over arrays is made anew for every question: it is not remembered.
    return getattr(function, "__closure__", None) is None and _is_plain(function)


@lru_cache(maxsize=1024)
def _is_plain(function: Formula) -> bool:
    seen: set[object] = set()
    waiting: list[object] = [function]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        code = getattr(part, "__code__", None)
        if not isinstance(code, CodeType) or code.co_freevars or not _only_finite(code):
            return False
        names = getattr(part, "__globals__", {})
        for name in code.co_names:
            if name not in names:
                # An attribute (of NumPy, checked by its own name) or something built in.
                if name not in PLAIN:
                    return False
            elif inspect.isfunction(names[name]):
                waiting.append(names[name])
            elif names[name] is not np and not (callable(names[name]) and name in PLAIN) and not _finite(names[name]):
                return False
    return True


def _only_finite(code: CodeType) -> bool:
    return all(item is None or isinstance(item, str) or _finite(item) for item in code.co_consts)


def _finite(item: object) -> bool:
    if isinstance(item, tuple):
        return all(isinstance(part, str) or _finite(part) for part in item)
    return isinstance(item, bool | int | float) and math.isfinite(item)
