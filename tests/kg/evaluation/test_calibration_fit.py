"""The fit of all rows and the fits without some hold constants in the same way, and an engine is left out whole."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.calibration_fit import StageFit

from downstack.evaluation.answers import Answer, Key, Stage
from downstack.evaluation.kinds.engines import same_engine

ROWS = 60
ONE, TWO = ("all", "one"), ("all", "two")


def test_leaving_nothing_out_finds_the_constants_of_the_fit() -> None:
    draws = np.random.default_rng(7)
    towards = draws.normal(0.0, 1.0, (ROWS, 2))
    # Two constants that lie two spreads and more from where they start: how they are held decides where they end.
    measured = np.exp(towards @ np.array([1.5, -0.8]) + draws.normal(0.0, 0.3, ROWS))

    def predict(constants: dict[Key, float]) -> list[Answer]:
        told = np.exp(towards @ np.log([constants[ONE], constants[TWO]]))
        return [Answer(float(value)) for value in told]

    stage = Stage("made up", (ONE, TWO), (1.0, 1.0), lambda row: True, (0.05, 0.05))
    models = [f"model {place % 5}" for place in range(ROWS)]
    fit = StageFit(stage, [None] * ROWS, measured, {"model": models}, predict, {})  # type: ignore[list-item]
    found = fit.fit()
    at = np.log([found.constants[ONE], found.constants[TWO]])
    assert 0.1 < at[0] < 1.4
    again = fit._again(np.ones(ROWS, dtype=np.bool_), at, fit._slope(at))
    np.testing.assert_allclose(again, at, atol=2e-3)


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("MaxText [2x v5p-2048]", "MaxText"),
        ("MaxText", "MaxText"),
        ("Optimum-Habana / SynapseAI 1.18.0, PyTorch 2.4.0", "Optimum-Habana / SynapseAI"),
        ("Transformers NeuronX, Neuron 2.18.1", "Transformers NeuronX, Neuron"),
        ("Megatron-Core r0.8.0", "Megatron-Core"),
        ("FlashAttention-2 training scripts", "FlashAttention-2 training scripts"),
        ("DeepEP V1", "DeepEP V1"),
        ("vLLM (ML.ENERGY benchmark v3)", "vllm"),
        ("TensorRT-LLM v0.9.0 gptSessionBenchmark", "tensorrt-llm"),
    ],
)
def test_versions_and_remarks_do_not_make_another_engine(engine: str, name: str) -> None:
    assert same_engine(engine) == name
