"""What a question needs before the space is gone through: the functions in order, and all that no configuration changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from downstack.engine.codes import INFEASIBLE, MISSING_INPUT
from downstack.engine.deployments.evaluate import Causes, Numbers, Origins, marked
from downstack.engine.deployments.formats import PUBLISHED, shipped, weight_formats
from downstack.engine.deployments.platforms import OFFERING
from downstack.engine.deployments.space import Space, axis, lay_out
from downstack.engine.engine import Engine, Evaluation
from downstack.errors import FunctionError, UserInputError
from downstack.performance.declare import FunctionDeclaration
from downstack.results import Trace

TPOT = "time_per_output_token"
TTFT = "time_to_first_token"
COST = "cost_per_million_output_tokens_at_load"
PRICE = "price_per_replica_hour"
THROUGHPUT = "throughput_per_accelerator_at_load"
ENERGY = "energy_per_token_at_load"
TOTAL = "throughput_at_load"
USER = "decode_tokens_per_second"
MEMORY = "memory_in_use"
CAPACITY = "memory_capacity"
CHIPS = "accelerators_per_replica"
GROUPS = "data_parallel"
STEP = "decode_step_time"
ROW = (COST, PRICE, TPOT, TTFT, USER, TOTAL, THROUGHPUT, ENERGY, MEMORY, CHIPS, GROUPS)
"""What an answer says of a deployment."""
CHECKS = (
    "tensor_parallel_share_of_reach",
    "attention_heads_per_accelerator",
    "routed_experts_per_accelerator",
    "layers_per_stage",
    "stage_network_time_per_byte",
    "expert_exchange_time_per_byte",
    "sequences_per_group",
)
"""Quantities that have a value only where the layout is possible."""
POSITIONS = "context_share_of_positions"
"""A check that is made where the positions of the model are known."""
BATCH = "concurrent_sequences"
PINNED = (
    "stated_layout",
    "tensor_parallel",
    "pipeline_parallel",
    "expert_parallel",
    "bytes_per_parameter",
    "bytes_per_expert_parameter",
    "matmul_operand_bytes",
    "integer_operands",
    "bytes_per_kv_element",
    BATCH,
)
"""What a configuration states; everything else follows from it and from facts."""
RATE = "rate of the weight format"
"""The check that the chip has a published rate for the weight format, beside the quantities."""
NO_RATE = "the accelerator has no published dense peak rate in the number format"


class Objective(StrEnum):
    """What the best deployment is."""

    PARETO = "PARETO"
    """No other is both cheaper for a token and faster."""
    COST = "COST"
    LATENCY = "LATENCY"
    FIRST_TOKEN = "FIRST_TOKEN"
    THROUGHPUT = "THROUGHPUT"
    ENERGY = "ENERGY"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a deployment must keep to, in base units; None where there is no limit."""

    time_to_first_token: float | None
    """Seconds."""
    time_per_output_token: float | None
    """Seconds for a token."""
    price: float | None
    """USD in a second, for all chips of one copy of the model."""
    accelerators: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all names resolved; positions are those of the extended graph."""

    model: str
    workload: str
    framework: str
    selected: dict[str, frozenset[int]]
    objective: Objective
    limits: Limits
    formats: frozenset[str] | None
    """The weight formats to look at; all unless given."""
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A question made ready: the space, the functions, and the numbers that the configurations share."""

    engine: Engine
    asked: Asked
    space: Space
    shared: tuple[FunctionDeclaration, ...]
    """What does not depend on the batch, in order."""
    batched: tuple[FunctionDeclaration, ...]
    """What does, in order."""
    described: tuple[FunctionDeclaration, ...]
    """What an answer needs of a deployment that was chosen, in order."""
    known: dict[str, Numbers]
    """Facts and stated quantities on the axes platform, layout, weights, cache, batch."""
    causes: Causes
    checks: tuple[str, ...]
    evaluation: Evaluation

    @property
    def targets(self) -> tuple[str, ...]:
        """What every configuration needs a number of, what makes a layout impossible first."""
        return (*self.checks, TPOT, TTFT)


def prepare(engine: Engine, asked: Asked) -> Setting:
    """Choose the functions and lay out the space of a question.

    Raises
    ------
    UserInputError
        If the functions of the graph do not say what a deployment gives, or the space is too large.
    """
    absent = [name for name in (*PINNED, TPOT, TTFT, COST) if name not in engine.schema.order]
    if absent:
        raise UserInputError(
            f"the graph does not know {', '.join(absent[:3])}: deployments cannot be searched in it",
            field="model",
            hint="open a graph with the bundled vocabulary and functions",
        )
    classes = engine.knowledge.entities[asked.model].classes
    experts = "MixtureOfExpertsModel" in classes
    checks = tuple(name for name in CHECKS if experts or "expert" not in name)
    wanted = [*checks, TPOT, TTFT, COST, THROUGHPUT]
    if asked.objective is Objective.ENERGY:
        wanted.append(ENERGY)
    functions, described = cone(engine, asked, wanted), cone(engine, asked, (*checks, *ROW))
    given = {item.name for function in described for item in function.inputs} | {CAPACITY}
    given -= {function.returns for function in described} | set(PINNED)
    rates = {item.rate for item in (PUBLISHED, *weight_formats(np.nan, np.nan))}
    stored = {"bytes_per_parameter", "bytes_per_expert_parameter"} & set(engine.schema.order)
    given |= {POSITIONS} & set(engine.schema.order)
    plan = engine.plan(tuple(sorted(given | rates | stored)), asked.selected, asked.as_of)
    evaluation = engine.evaluate(plan)
    causes = Causes()
    known = {name: _shared(engine, evaluation, name, causes) for name in sorted(given | rates | stored)}
    if POSITIONS in known and not _unknown(known[POSITIONS]):
        checks = (POSITIONS, *checks)
    widths = (
        float(known["bytes_per_parameter"].value.flat[0]),
        float(known["bytes_per_expert_parameter"].value.flat[0]) if experts else np.nan,
    )
    formats = weight_formats(*widths)
    if asked.formats is not None:
        names = asked.formats | ({shipped(*widths).name} if PUBLISHED.name in asked.formats else set())
        formats = tuple(item for item in formats if item.name in names)
    table = plan.binding.columns.tables[OFFERING]
    platforms = tuple(table.ids[int(place)] for place in plan.binding.lists[OFFERING])
    space = lay_out(platforms, formats, asked.limits.accelerators, experts=experts)
    known.update(_stated(space, known, causes))
    moved = engine.schema.descendants({BATCH})
    return Setting(
        engine=engine,
        asked=asked,
        space=space,
        shared=tuple(item for item in functions if item.returns not in moved),
        batched=tuple(item for item in functions if item.returns in moved),
        described=described,
        known=known,
        causes=causes,
        checks=checks,
        evaluation=evaluation,
    )


def cone(engine: Engine, asked: Asked, wanted: Iterable[str]) -> tuple[FunctionDeclaration, ...]:
    """Return the functions that some quantities need and that a configuration moves, inputs before outputs.

    Raises
    ------
    FunctionError
        If a function holds for some platforms only, or a published value stands where a configuration moves a formula:
        the search would then not give what the plan gives.
    """
    entities = {"model": asked.model, "workload": asked.workload, "framework": asked.framework}
    moved = engine.schema.descendants(set(PINNED) & set(engine.schema.order))
    chosen: dict[str, FunctionDeclaration] = {}
    waiting = list(wanted)
    while waiting:
        quantity = waiting.pop()
        if quantity in chosen or quantity in PINNED or quantity not in moved:
            continue
        for function in engine.schema.producers.get(quantity, ()):
            strange = set(function.applies_to) - set(entities)
            if strange:
                raise FunctionError(
                    f"{function.name} holds for some {', '.join(sorted(strange))} only",
                    hint="the search for deployments takes functions that hold for all platforms of a model",
                )
            if all(
                name in engine.knowledge.entities[entities[role]].classes for role, name in function.applies_to.items()
            ):
                chosen[quantity] = function
                waiting.extend(item.name for item in function.inputs)
    columns = engine.columns(asked.as_of)
    for quantity in chosen:
        column = columns.facts.get(quantity)
        if column is not None and not bool(np.isnan(column.values).all()):
            raise FunctionError(
                f"{quantity} has published values, and a deployment moves what its formula reads",
                hint="leave the published values of this quantity out of the store that deployments are searched in",
            )
    return tuple(chosen[quantity] for quantity in engine.schema.order if quantity in chosen)


def _shared(engine: Engine, evaluation: Evaluation, quantity: str, causes: Causes) -> Numbers:
    """Return a quantity that no configuration moves: one number, or one for each platform."""
    binding = evaluation.plan.binding
    key = engine.schema.keys[quantity]
    out = tuple(role.id for role in engine.knowledge.roles if role.id in _ROLES)
    rows = binding.gather(out, key)
    own = evaluation.outcome.values[quantity][:, 0]
    codes = np.broadcast_to(evaluation.outcome.status[quantity], (len(own), 1))[:, 0]
    if rows is None:
        rows = np.arange(binding.rows(out), dtype=np.int64)
    if not any(role == OFFERING or OFFERING in binding.columns.chain(role) for role in key):
        rows = rows[:1]
    absent = rows < 0
    value = np.full(len(rows), np.nan) if not len(own) else np.where(absent, np.nan, own[rows])
    code = np.full(len(rows), MISSING_INPUT) if not len(own) else np.where(absent, MISSING_INPUT, codes[rows])
    origin: Origins = np.full(len(rows), -1, dtype=np.int16)
    tracer = evaluation.tracer(engine.knowledge, 0)
    for place in np.flatnonzero(code):
        row = int(rows[place])
        trace = None if row < 0 or not len(own) else tracer.trace(quantity, row)
        origin[place] = causes.number(_cause(quantity, trace, stated=quantity in binding.columns.facts))
    if not code.any():
        return Numbers(axis(value, 0))
    return Numbers(axis(value, 0), axis(code.astype(np.int8), 0), axis(origin, 0))


def _unknown(numbers: Numbers) -> bool:
    return numbers.code is not None and bool((numbers.code == MISSING_INPUT).all())


def _cause(quantity: str, trace: Trace | None, *, stated: bool) -> str:
    """Return why a number is missing, without the combination: configurations are counted by it."""
    if trace is None:
        return f"nothing in the graph carries {quantity}"
    if stated:
        return f"no fact for {quantity}"
    step: Trace | None = trace
    found = trace
    while step is not None:
        found = step
        step = next((item for item in step.inputs if item.status is found.status and item.reason), None)
    if found.function is not None and found.reason is not None:
        return found.reason
    return f"no fact for {found.quantity.id}"


def _stated(space: Space, known: dict[str, Numbers], causes: Causes) -> dict[str, Numbers]:
    """Return what the configurations state, each on its axis, and whether the chip has a rate for the format."""

    def column(values: Iterable[float], place: int) -> Numbers:
        return Numbers(axis(np.array(list(values), dtype=np.float64), place))

    stated = {
        "stated_layout": column([1.0], 1),
        "tensor_parallel": column((item.tensor_parallel for item in space.layouts), 1),
        "pipeline_parallel": column((item.pipeline_parallel for item in space.layouts), 1),
        "expert_parallel": column((item.expert_parallel for item in space.layouts), 1),
        "matmul_operand_bytes": column((item.operand_bytes for item in space.weights), 2),
        "integer_operands": column((1.0 if item.integer else np.nan for item in space.weights), 2),
        "bytes_per_kv_element": column((item.bytes_per_element for item in space.caches), 3),
        BATCH: column(space.batches, 4),
    }
    own = np.array([item.bytes_per_parameter for item in space.weights])
    for name in ("bytes_per_parameter", "bytes_per_expert_parameter"):
        if name in known:
            stated[name] = Numbers(axis(np.where(np.isnan(own), known[name].value.flat[0], own), 2))
    rates = [np.broadcast_to(known[item.rate].value[:, 0, 0, 0, 0], len(space.platforms)) for item in space.weights]
    table = np.stack(rates, axis=1).reshape(len(space.platforms), 1, len(space.weights), 1, 1)
    stated[RATE] = marked(table, np.isnan(table), INFEASIBLE, causes.number(NO_RATE))
    return stated


_ROLES = frozenset({"model", "workload", "framework", OFFERING})
