"""Small searches on the bundled graph, and the same configurations asked of the scalar interpreter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from downstack.engine.deployments.platforms import OFFERING, Platforms
from downstack.engine.deployments.reading import read_deployments
from downstack.engine.deployments.setting import Setting, _stated, prepare
from downstack.engine.deployments.space import Configuration, Space
from downstack.engine.deployments.unfold import Unfolded
from downstack.engine.engine import Engine
from downstack.engine.interpreter import Interpreter, Reading
from downstack.kg import KnowledgeGraph
from downstack.questions import Questions


def setting_of(
    kg: KnowledgeGraph,
    model: str,
    where: dict[str, list[str]],
    *,
    tpot: float | None = None,
    ttft: float | None = None,
    budget: float | None = None,
    max_accelerators: int = 8,
    weights: list[str] | None = None,
    batches: tuple[int, ...] = (1, 16, 256),
    objective: str = "PARETO",
    workload: str = "azure-2023-conv",
) -> Setting:
    """Return a question made ready, over a few batches only."""
    extended = Platforms(kg.engine).engine
    asked, _ = read_deployments(
        Questions(kg.engine),
        kg.engine,
        extended,
        model,
        workload,
        objective,
        ttft,
        tpot,
        budget,
        max_accelerators,
        weights,
        where,
        None,
    )
    setting = prepare(extended, asked)
    whole = setting.space
    space = Space(whole.platforms, whole.layouts, whole.weights, whole.caches, batches)
    return replace(setting, space=space, known={**setting.known, **_stated(space, setting.known, setting.causes)})


def scalar(setting: Setting, chosen: Configuration) -> Callable[[str], Reading]:
    """Return what tells numbers of one configuration from the scalar interpreter, which knows no arrays and no plan."""
    asked = setting.asked
    roles = {
        "model": asked.model,
        "workload": asked.workload,
        "framework": asked.framework,
        OFFERING: chosen.platform,
    }
    changes = Unfolded(setting, chosen).interventions
    return lambda quantity: _oracle(setting.engine, asked.as_of).evaluate(quantity, roles, changes)


@lru_cache(maxsize=4)
def _oracle(engine: Engine, as_of: str | None) -> Interpreter:
    """Return the interpreter of an engine: what no change reaches it reads once for all configurations."""
    return engine.interpreter(as_of)
