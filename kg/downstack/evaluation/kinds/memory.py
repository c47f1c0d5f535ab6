"""Memory of activations in training, with all of them kept and with the scores recomputed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers
from downstack.evaluation.rows import Row

_SELECTIVE = re.compile(r"selective", re.IGNORECASE)
_KEPT = re.compile(r"no recompute|selective", re.IGNORECASE)
_GIBIBYTE = 2.0**30
_CHUNKS = 3.0
"""Chunks of layers on a pipeline stage in the runs of Korthikanti et al. (table 3) when the layers of a stage divide so."""
_ALONE = 4.0
"""Sequences in a micro-batch without a pipeline in those runs (table 3); one with a pipeline."""


class ActivationMemory:
    """Bytes of activations on a chip."""

    name = "activation memory"
    stages: tuple[Stage, ...] = ()

    def claims(self, row: Row) -> bool:
        """Return whether the row is about memory of activations."""
        return row.metric == "activation_memory_per_chip"

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the memory of each row."""
        asked = Asked(rows, setting)
        stages = counts(rows, "pipeline_parallel", 1.0)
        share = asked.facts["num_layers"] / stages
        given = {
            "input_tokens": counts(rows, "isl"),
            "tensor_parallel": counts(rows, "tensor_parallel", 1.0),
            "pipeline_stages": stages,
            "interleaved_chunks": np.where(share % _CHUNKS == 0.0, _CHUNKS, 1.0),
            "micro_batch_size": np.where(stages > 1.0, 1.0, _ALONE),
        }
        columns = asked.columns(given)
        selective = numbers([_SELECTIVE.search(row.engine) is not None for row in rows]) > 0
        known = numbers([_KEPT.search(row.engine) is not None for row in rows]) > 0
        values = np.where(selective, columns["selectively_kept_activation_bytes"], columns["kept_activation_bytes"])
        found = []
        for place in range(len(rows)):
            function = "selectively_kept_activation_bytes" if selective[place] else "kept_activation_bytes"
            value = values[place] / _GIBIBYTE if known[place] else np.nan
            lacking = "what is recomputed, or the layers of the model"
            found.append(asked.refused(place, True) or answered(value, function, lacking))
        return found
