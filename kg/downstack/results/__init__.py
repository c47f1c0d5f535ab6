"""What a question returns: frozen records that the Python door, the command line and GraphQL share.

Values are in the display unit of their quantity, named in `unit`. A missing number is None, never zero, and the
status says why.
"""

from downstack.results.comparison import ComparisonCell, ComparisonReport
from downstack.results.effects import Attribution, Band, Effect, EffectPath, Flow, Regime
from downstack.results.evaluation import EvaluationReport, GroupAccuracy, Prediction
from downstack.results.goals import Elasticity, SensitivityReport, SolveReport, SolveRow
from downstack.results.graph import GraphInfo, SearchHit
from downstack.results.impact import ImpactReport, LayerSummary, NotReached, QualitativeEffect
from downstack.results.trace import EffectKey, Status, Trace
from downstack.results.value import ValueReport, ValueRow

__all__ = [
    "Attribution",
    "Band",
    "ComparisonCell",
    "ComparisonReport",
    "Effect",
    "EffectKey",
    "EffectPath",
    "Elasticity",
    "EvaluationReport",
    "Flow",
    "GraphInfo",
    "GroupAccuracy",
    "ImpactReport",
    "LayerSummary",
    "NotReached",
    "Prediction",
    "QualitativeEffect",
    "Regime",
    "SearchHit",
    "SensitivityReport",
    "SolveReport",
    "SolveRow",
    "Status",
    "Trace",
    "ValueReport",
    "ValueRow",
]
