"""What a question returns: frozen records that the Python door, the command line and GraphQL share.

Values are in the display unit of their quantity, named in `unit`. A missing number is None, never zero, and the
status says why.
"""

from downstack.results.comparison import ComparisonCell, ComparisonReport, ScenarioDifference
from downstack.results.dependencies import (
    DependenceDirection,
    DependencyNode,
    DependencyPath,
    DependencyReport,
    DependencyStep,
    Exposure,
    Reliance,
    ShareChain,
    ShareInterval,
    SinglePoint,
)
from downstack.results.deployments import (
    Deployment,
    DeploymentBand,
    DeploymentLimits,
    DeploymentReport,
    Excluded,
)
from downstack.results.diff import Difference, DiffReport
from downstack.results.effects import Attribution, Effect, EffectPath, Flow, Regime
from downstack.results.evaluation import EvaluationReport, GroupAccuracy, Prediction
from downstack.results.export import ExportReport
from downstack.results.feedback import Feedback, FeedbackStatus
from downstack.results.goals import Elasticity, SensitivityReport, SolveReport, SolveRow
from downstack.results.graph import GraphInfo, SearchHit
from downstack.results.impact import ImpactReport, LayerSummary, NotReached, QualitativeEffect
from downstack.results.journey import (
    JourneyChoice,
    JourneyLayer,
    JourneyNumber,
    JourneyQuestion,
    JourneyReport,
    JourneyRoute,
    JourneyStage,
)
from downstack.results.profile import Profile
from downstack.results.published import EffectCheck
from downstack.results.releases import Release
from downstack.results.shock import (
    ShockAmount,
    ShockBinding,
    ShockInput,
    ShockInterval,
    ShockMonth,
    ShockNotReached,
    ShockProfile,
    ShockReport,
    ShockShare,
    ShockSinglePoint,
    ShockTarget,
    SubstitutionBound,
)
from downstack.results.signs import SignComparison
from downstack.results.trace import EffectKey, Status, Trace
from downstack.results.uncertainty import Band, FactCoverage, TornadoBar, VarianceShare
from downstack.results.value import ValueReport, ValueRow
from downstack.results.versions import FactChange, FunctionChange, VersionCause, VersionEffect, VersionReport

__all__ = [
    "Attribution",
    "Band",
    "ComparisonCell",
    "ComparisonReport",
    "DependenceDirection",
    "DependencyNode",
    "DependencyPath",
    "DependencyReport",
    "DependencyStep",
    "Deployment",
    "DeploymentBand",
    "DeploymentLimits",
    "DeploymentReport",
    "DiffReport",
    "Difference",
    "Effect",
    "EffectCheck",
    "EffectKey",
    "EffectPath",
    "Elasticity",
    "EvaluationReport",
    "Excluded",
    "ExportReport",
    "Exposure",
    "FactChange",
    "FactCoverage",
    "Feedback",
    "FeedbackStatus",
    "Flow",
    "FunctionChange",
    "GraphInfo",
    "GroupAccuracy",
    "ImpactReport",
    "JourneyChoice",
    "JourneyLayer",
    "JourneyNumber",
    "JourneyQuestion",
    "JourneyReport",
    "JourneyRoute",
    "JourneyStage",
    "LayerSummary",
    "NotReached",
    "Prediction",
    "Profile",
    "QualitativeEffect",
    "Regime",
    "Release",
    "Reliance",
    "ScenarioDifference",
    "SearchHit",
    "SensitivityReport",
    "ShareChain",
    "ShareInterval",
    "ShockAmount",
    "ShockBinding",
    "ShockInput",
    "ShockInterval",
    "ShockMonth",
    "ShockNotReached",
    "ShockProfile",
    "ShockReport",
    "ShockShare",
    "ShockSinglePoint",
    "ShockTarget",
    "SignComparison",
    "SinglePoint",
    "SolveReport",
    "SolveRow",
    "Status",
    "SubstitutionBound",
    "TornadoBar",
    "Trace",
    "ValueReport",
    "ValueRow",
    "VarianceShare",
    "VersionCause",
    "VersionEffect",
    "VersionReport",
]
