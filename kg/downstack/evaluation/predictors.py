"""All predictors: each row is answered by the first that claims it."""

from __future__ import annotations

from downstack.evaluation.answers import Predictor
from downstack.evaluation.kinds.beside_serving import beside_serving
from downstack.evaluation.kinds.serving import Serving
from downstack.evaluation.kinds.stated_speed import ServedAtSpeed

SERVING = Serving()
PREDICTORS: tuple[Predictor, ...] = (ServedAtSpeed((SERVING,)), SERVING, *beside_serving((SERVING,)))
"""In the order in which their constants are fitted."""
