r"""The loss that a size and a number of tokens reach, fitted on one family of models.

.. math::

    L = E + A / N^{\alpha} + B / D^{\beta} \qquad D^* = 20 N

The constants are a fit to one tokenizer and one kind of text. A later attempt to reproduce the fit rejects them and gives
others (Besiroglu et al.), so both losses compare runs of that family and say nothing about the quality of a modern model.
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.declare import Array, Constant, Example, Validity, performance_function

_HOFFMANN = (
    "Hoffmann et al.: Training Compute-Optimal Large Language Models, arXiv 2203.15556, 2022, appendix D, as pages that"
    " quote it print the constants"
)
_BESIROGLU = (
    "Besiroglu et al.: Chinchilla Scaling: A replication attempt, arXiv 2404.10102, 2024, as pages that quote it print"
    " the estimates"
)
_LOSS = Constant(1.69, "1", f"{_HOFFMANN}: the loss of a perfect model of that text, E")
_SIZE = Constant(406.4, "1", f"{_HOFFMANN}: A")
_SIZE_POWER = Constant(0.34, "1", f"{_HOFFMANN}: alpha")
_DATA = Constant(410.7, "1", f"{_HOFFMANN}: B")
_DATA_POWER = Constant(0.28, "1", f"{_HOFFMANN}: beta")
_REFITTED = {
    "loss": Constant(1.8172, "1", f"{_BESIROGLU}: E, standard error 0.03"),
    "size": Constant(482.01, "1", f"{_BESIROGLU}: A, standard error 124.58"),
    "size_power": Constant(0.3478, "1", f"{_BESIROGLU}: alpha, standard error 0.02"),
    "data": Constant(2085.43, "1", f"{_BESIROGLU}: B, standard error 1293.23"),
    "data_power": Constant(0.3658, "1", f"{_BESIROGLU}: beta, standard error 0.02"),
}
_TOKEN = Constant(1.0, "token", "the fit is in numbers of tokens")
_RATIO = Constant(20.0, "token", f"{_HOFFMANN}, table 3: about 20 tokens for each parameter")
_FAMILY = (
    "the tokenizer and the text of Chinchilla, a dense model, each token seen once",
    "a loss, not the quality of answers: no comparison between families",
)
_FITTED = Validity("total_parameters", 70e6, 16e9, "the models that the law was fitted on, 70 million to 16 billion")


@performance_function(
    formula="loss + size / total_parameters ^ size_power + data / (training_tokens / one_token) ^ data_power",
    citation=_HOFFMANN,
    constants={
        "loss": _LOSS,
        "size": _SIZE,
        "size_power": _SIZE_POWER,
        "data": _DATA,
        "data_power": _DATA_POWER,
        "one_token": _TOKEN,
    },
    validity=(_FITTED,),
    assumes=_FAMILY,
    decreasing=("total_parameters", "training_tokens"),
    examples=(
        Example(
            {"total_parameters": 70e9, "training_tokens": 1.4e12},
            1.937,
            5e-4,
            "by hand: the constants at Chinchilla's 70B and 1.4T",
        ),
        Example(
            {"total_parameters": 280e9, "training_tokens": 300e9},
            1.993,
            5e-4,
            "by hand: the constants at Gopher's 280B and 300B",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def chinchilla_loss(
    total_parameters: Annotated[Array, "1"],
    training_tokens: Annotated[Array, "token"],
    *,
    loss: float,
    size: float,
    size_power: float,
    data: float,
    data_power: float,
    one_token: float,
) -> Annotated[Array, "1"]:
    """Pre-training loss, in nats a token, that the fitted law gives."""
    return loss + size / total_parameters**size_power + data / (training_tokens / one_token) ** data_power


@performance_function(
    formula="loss + size / total_parameters ^ size_power + data / (training_tokens / one_token) ^ data_power",
    citation=_BESIROGLU,
    constants={**_REFITTED, "one_token": _TOKEN},
    validity=(_FITTED,),
    assumes=_FAMILY,
    decreasing=("total_parameters", "training_tokens"),
    examples=(
        Example(
            {"total_parameters": 70e9, "training_tokens": 1.4e12},
            1.974,
            5e-4,
            "by hand: the constants at Chinchilla's 70B and 1.4T",
        ),
    ),
    applies_to={"model": "DenseModel"},
)
def chinchilla_loss_refitted(
    total_parameters: Annotated[Array, "1"],
    training_tokens: Annotated[Array, "token"],
    *,
    loss: float,
    size: float,
    size_power: float,
    data: float,
    data_power: float,
    one_token: float,
) -> Annotated[Array, "1"]:
    """Pre-training loss, in nats a token, that the law gives with the constants of the replication."""
    return loss + size / total_parameters**size_power + data / (training_tokens / one_token) ** data_power


@performance_function(
    formula="ratio * total_parameters",
    citation=_HOFFMANN,
    constants={"ratio": _RATIO},
    validity=(_FITTED,),
    assumes=("least loss for the compute of training; a model that is served much is trained for longer",),
    increasing=("total_parameters",),
    examples=(Example({"total_parameters": 70e9}, 1.4e12, 1e-12, "Chinchilla: 70B on 1.4T tokens"),),
    applies_to={"model": "DenseModel"},
)
def compute_optimal_tokens(total_parameters: Annotated[Array, "1"], *, ratio: float) -> Annotated[Array, "token"]:
    """Training tokens that make the most of the compute of training."""
    return ratio * total_parameters
