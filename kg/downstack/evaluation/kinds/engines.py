"""What the name of a serving engine says of how it works."""

from __future__ import annotations

import re

from downstack.evaluation.rows import Row

_FAMILIES = (
    ("tensorrt-llm", re.compile(r"^(?:trtllm|TensorRT)", re.IGNORECASE)),
    ("vllm", re.compile(r"^vllm", re.IGNORECASE)),
    ("sglang", re.compile(r"^sglang", re.IGNORECASE)),
)
_STATIC = re.compile(
    r"^TensorRT-LLM v0\.[5-9]\b|^FasterTransformer|Habana|Neuron|custom JAX|^Hugging ?Face|^Transformers", re.IGNORECASE
)
"""Engines whose published numbers are of static batches: TensorRT-LLM before in-flight batching in its benchmark (v0.10)."""
_REMARK = re.compile(r"\s*\[.*$|[ ,]+[vr]?\d+\.\d.*$")
"""Where a name goes on to say its version, or how a run was set up: it is the same engine."""
_NUMBERED = re.compile(r"^(?:trtllm|TensorRT-LLM) v?(\d+)\.(\d+)", re.IGNORECASE)
_OWN_ATTENTION = (0, 19)
"""The release from which TensorRT-LLM can give each chip the attention of its own sequences while experts lie on all chips
("attention DP" in its release notes); its tensor-parallel chips are then those that share the experts."""
_NEURON = re.compile(r"Neuron", re.IGNORECASE)


def family(engine: str) -> str:
    """Return the family of an engine as calibrations name it, `other` for one that is in none."""
    return next((name for name, pattern in _FAMILIES if pattern.match(engine)), "other")


def same_engine(engine: str) -> str:
    """Return what rows of one engine have in common: its family, else its name without version and remarks."""
    known = family(engine)
    return known if known != "other" else _REMARK.sub("", engine)


def is_static(row: Row) -> bool:
    """Return whether the row is about one batch that starts and ends together."""
    return _STATIC.search(row.engine) is not None and row.batch_or_concurrency == row.batch_or_concurrency


def may_own_attention(row: Row) -> bool:
    """Return whether the engine can keep whole sequences on each of its tensor-parallel chips, as its version says."""
    found = _NUMBERED.match(row.engine)
    return found is not None and (int(found[1]), int(found[2])) >= _OWN_ATTENTION


def layer_class(engine: str) -> str:
    """Return the calibration of what a layer costs in any case: by the generation of the engine."""
    if _NEURON.search(engine):
        return "neuron"
    return "static" if _STATIC.search(engine) else "serving"
