"""Whole training runs: chip hours, money, emissions, and the time to the target of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered
from downstack.evaluation.kinds.costs import price
from downstack.evaluation.kinds.training import lengths, model_name, step
from downstack.evaluation.rows import Row

_TRILLION = 1e12
_HOUR, _MINUTE, _TONNE = 3600.0, 60.0, 1000.0
_TARGETS = {"gpt-3-175b": "mlperf-gpt-3"}
"""Model of a training benchmark and the key of its tokens to the target."""
METRICS = {
    "training_gpu_hours": ("predicted_training_chip_time", _HOUR),
    "training_gpu_hours_total": ("predicted_training_chip_time", _HOUR),
    "training_gpu_hours_per_Ttoken": ("predicted_training_chip_time", _HOUR),
    "training_emissions_location": ("predicted_training_emissions", _TONNE),
    "time_to_train": ("time_to_target", _MINUTE),
    "training_cost": ("predicted_training_cost", 1.0),
}
_LACKING = {
    "training_cost": "the tokens that the model was trained on, or an offering with this chip and a price",
    "training_emissions_location": "the tokens that the model was trained on, or the chip's design power",
    "time_to_train": "the tokens that this benchmark needs, known for GPT-3 only",
}


class TrainingRuns:
    """Chip hours, emissions and times of training runs."""

    name = "training runs"
    stages = (
        Stage(
            "chip hours of training runs",
            (("all", "fitted_training_goodput"),),
            (0.75,),
            lambda row: row.metric.startswith("training_gpu_hours"),
        ),
        Stage(
            "emissions of training runs",
            (("all", "fitted_emission_factor"),),
            (1.18e-7,),
            lambda row: row.metric == "training_emissions_location",
        ),
        Stage(
            "time to the target of a training benchmark",
            (("mlperf-gpt-3", "fitted_benchmark_tokens"),),
            (1.3e9,),
            lambda row: row.metric == "time_to_train",
        ),
    )

    def claims(self, row: Row) -> bool:
        """Return whether the row is about a whole training run."""
        return row.metric in METRICS

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict what each run takes."""
        asked = Asked(rows, setting, [model_name(row) for row in rows])
        columns, _ = step(asked, lengths(asked))
        each = np.array([row.metric.endswith("_per_Ttoken") for row in rows])
        tokens = np.where(each, _TRILLION, asked.facts["training_tokens"])
        columns = columns.with_given(
            {
                "training_tokens": tokens,
                "price_per_accelerator_hour_paid": price(asked),
                "training_tokens_per_second_per_chip": columns["training_tokens_per_second_per_chip"],
                "fitted_training_goodput": asked.constant("fitted_training_goodput"),
                "fitted_emission_factor": asked.constant("fitted_emission_factor"),
                "fitted_benchmark_tokens": asked.constant(
                    "fitted_benchmark_tokens", [_TARGETS.get(model or "", "none") for model in asked.models]
                ),
            }
        )
        found = []
        for place, row in enumerate(rows):
            function, unit = METRICS[row.metric]
            value = columns[function][place] / unit
            lacking = _LACKING.get(row.metric, "the tokens that the model was trained on")
            found.append(asked.refused(place, True) or answered(value, function, lacking))
        return found
