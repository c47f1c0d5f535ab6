"""The predictors of everything but serving, in the order in which their constants are fitted."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.evaluation.answers import Predictor
from downstack.evaluation.kinds.attention import BareAttention, ShapedAttention
from downstack.evaluation.kinds.collectives import Collectives
from downstack.evaluation.kinds.costs import Costs
from downstack.evaluation.kinds.expert_exchange import ExpertExchange
from downstack.evaluation.kinds.layer_operations import LayerOperations
from downstack.evaluation.kinds.memory import ActivationMemory
from downstack.evaluation.kinds.operations import PracticalPeaks, Products, Streams
from downstack.evaluation.kinds.power import ServerPower
from downstack.evaluation.kinds.training import Training
from downstack.evaluation.kinds.training_runs import TrainingRuns
from downstack.evaluation.kinds.unmodelled import Unmodelled


def beside_serving(serving: Sequence[Predictor]) -> tuple[Predictor, ...]:
    """Return the predictors; the cost of tokens rests on what those of serving answer."""
    return (
        Products(),
        Streams(),
        PracticalPeaks(),
        ShapedAttention(),
        BareAttention(),
        Collectives(),
        LayerOperations(),
        ExpertExchange(),
        Training(),
        TrainingRuns(),
        ActivationMemory(),
        ServerPower(),
        Costs(serving),
        Unmodelled(),
    )
