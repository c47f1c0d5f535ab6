"""A chosen configuration as a question to the ordinary plan, so that its numbers unfold like every other."""

from __future__ import annotations

import math

import numpy as np

from downstack.engine.changes import ChangeOp, Intervention
from downstack.engine.deployments.platforms import OFFERING, plain_key, plain_trace
from downstack.engine.deployments.setting import BATCH, ROW, Setting
from downstack.engine.deployments.space import Configuration
from downstack.engine.engine import Evaluation
from downstack.engine.plan import Plan
from downstack.engine.run import Outcome, place_interventions, run
from downstack.engine.sampling import sampled_plan
from downstack.graph.display import in_unit
from downstack.results import DeploymentBand, EffectKey, Trace

OUT = ("model", "workload", OFFERING, "framework")


class Unfolded:
    """One configuration: its platform is a filter, all that it states are interventions."""

    def __init__(self, setting: Setting, chosen: Configuration) -> None:
        self._setting = setting
        self._chosen = chosen
        self._evaluation: Evaluation | None = None

    @property
    def key(self) -> EffectKey:
        """The combination, without an offering where the accelerator is not rented."""
        binding = self._setting.evaluation.plan.binding
        out = tuple(role.id for role in self._setting.engine.knowledge.roles if role.id in OUT)
        return plain_key(binding.key(out, self._setting.space.platforms.index(self._chosen.platform)))

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What the configuration states, on the offering, the model and the workload."""
        asked, chosen = self._setting.asked, self._chosen
        own = chosen.weights.bytes_per_parameter
        stated = (
            (chosen.platform, "stated_layout", 1.0),
            (chosen.platform, "tensor_parallel", float(chosen.layout.tensor_parallel)),
            (chosen.platform, "pipeline_parallel", float(chosen.layout.pipeline_parallel)),
            (chosen.platform, "expert_parallel", float(chosen.layout.expert_parallel)),
            (asked.model, "bytes_per_parameter", own),
            (asked.model, "bytes_per_expert_parameter", own),
            (asked.model, "matmul_operand_bytes", chosen.weights.operand_bytes),
            (asked.model, "integer_operands", 1.0 if chosen.weights.integer else math.nan),
            (asked.model, "bytes_per_kv_element", chosen.cache.bytes_per_element),
            (asked.workload, BATCH, float(chosen.batch)),
        )
        kinds = self._setting.engine.knowledge.quantities
        return tuple(
            Intervention(entity, kinds[name], ChangeOp.SET, amount)
            for entity, name, amount in stated
            if not math.isnan(amount)
        )

    def plan(self) -> Plan:
        """Return the ordinary plan of the platform for all that answers say of a deployment."""
        setting = self._setting
        position = setting.engine.columns(setting.asked.as_of).tables[OFFERING].position[self._chosen.platform]
        selected = {**setting.asked.selected, OFFERING: frozenset({position})}
        return setting.engine.plan((*setting.checks, *ROW), selected, setting.asked.as_of)

    def evaluation(self) -> Evaluation:
        """Return the evaluation of the plan: the instance as it is, and as the configuration states it."""
        if self._evaluation is None:
            self._evaluation = self._setting.engine.evaluate(self.plan(), self.interventions)
        return self._evaluation

    def trace(self, quantity: str) -> Trace:
        """Return one quantity of the deployment unfolded to formulas and facts."""
        return plain_trace(self.evaluation().tracer(self._setting.engine.knowledge, 1).trace(quantity, 0))

    def bands(self, first: str, second: str, samples: int) -> tuple[DeploymentBand | None, DeploymentBand | None]:
        """Draw the uncertain facts and say how two quantities are spread; None where there is no number or no sample."""
        if not samples:
            return None, None
        plan = sampled_plan(self.plan(), samples)
        outcome = run(plan, place_interventions(plan, self.interventions), np.ones(1))
        return self._band(outcome, first), self._band(outcome, second)

    def _band(self, outcome: Outcome, quantity: str) -> DeploymentBand | None:
        drawn = outcome.values[quantity][0]
        known = drawn[np.isfinite(drawn)]
        if not len(known):
            return None
        kind = self._setting.engine.knowledge.quantities[quantity]
        low, middle, high = (in_unit(kind, float(item)) for item in np.percentile(known, (10, 50, 90)))
        return DeploymentBand(low, middle, high, len(known))
