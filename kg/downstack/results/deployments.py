"""The answer to "what should this model run on?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from downstack.results.trace import EffectKey, Status, Trace

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class DeploymentBand:
    """How sure a number of a deployment is, from samples of the uncertain facts."""

    p10: float
    p50: float
    p90: float
    samples: int


@dataclass(frozen=True)
class Deployment:
    """One way to serve a model: the chips, how they share it, and what it gives."""

    key: EffectKey
    """Model, workload, framework, accelerator, and offering and provider where the accelerator is rented."""
    accelerators: int
    """Chips of one copy of the model."""
    tensor_parallel: int
    pipeline_parallel: int
    expert_parallel: int
    """Chips that share the routed experts as a whole; one where experts are split like other matrices."""
    data_parallel: int
    weight_format: str
    cache_format: str
    concurrent_sequences: int
    time_to_first_token: float
    """Milliseconds, without waiting for other prompts."""
    time_per_output_token: float
    """Milliseconds."""
    tokens_per_second_per_user: float
    tokens_per_second_per_accelerator: float
    tokens_per_second: float
    """Output tokens of one copy of the model."""
    cost_per_million_output_tokens: float | None
    """USD; None without a price."""
    price_per_hour: float | None
    """USD for all chips of the copy."""
    memory_used: float
    """GB that weights and caches fill on all chips of the copy."""
    memory_capacity: float
    """GB of all chips of the copy, as the vendor sells it."""
    energy_per_token: float | None
    """Joule; None where power or facility are not known."""
    status: Status
    reason: str | None
    bound_by: str | None
    """What the decode step waits for: memory bandwidth or compute."""
    stopped_by: tuple[str, ...]
    """What keeps the next larger batch, or more chips, from being used."""
    _bands: Callable[[], tuple[DeploymentBand | None, DeploymentBand | None]] = field(repr=False, compare=False)
    _trace: Callable[[str], Trace] = field(repr=False, compare=False)
    _notes: tuple[str, ...] = field(repr=False, compare=False)

    def trace_of(self, quantity: str) -> Trace:
        """Return one of the deployment's quantities unfolded to formulas and facts.

        Parameters
        ----------
        quantity
            For example ``time_to_first_token`` or ``memory_in_use``.
        """
        return self._trace(quantity)

    @cached_property
    def trace(self) -> Trace:
        """The cost for a token unfolded to formulas and facts; the time per output token where there is no price."""
        priced = self.cost_per_million_output_tokens is not None
        return self._trace("cost_per_million_output_tokens_at_load" if priced else "time_per_output_token")

    @cached_property
    def bands(self) -> tuple[DeploymentBand | None, DeploymentBand | None]:
        """Bands of the cost and of the time per output token, in their units; None where the question asked for none."""
        return self._bands()

    @property
    def cost_band(self) -> DeploymentBand | None:
        """How sure the cost for a million output tokens is, USD; None without samples or price."""
        return self.bands[0]

    @property
    def time_band(self) -> DeploymentBand | None:
        """How sure the time per output token is, milliseconds; None without samples."""
        return self.bands[1]

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What the formulas leave out, which facts are assumptions, and what the configuration takes for granted."""
        seen = dict.fromkeys((*self._notes, *self.trace.assumptions, *self._trace("time_to_first_token").assumptions))
        return tuple(seen)


@dataclass(frozen=True, slots=True)
class Excluded:
    """Configurations that one thing excludes: the gravest, and among equals the first in the order of the checks."""

    reason: str
    status: Status | None
    """Why there is no number; None where there is one and a limit of the question excludes it."""
    configurations: int


@dataclass(frozen=True, slots=True)
class DeploymentLimits:
    """The limits that an answer kept to; None where there was none."""

    time_to_first_token: float | None
    """Milliseconds."""
    time_per_output_token: float | None
    """Milliseconds."""
    price_per_hour: float | None
    """USD for one copy of the model."""
    accelerators: int
    """Chips of one copy of the model."""
    from_workload: bool
    """True when the time per output token is the workload's own target and not the question's."""


@dataclass(frozen=True)
class DeploymentReport:
    """The answer to "what should this model run on?"; excluded and feasible configurations sum to all of them."""

    graph_version: str
    method: str
    elapsed_ms: float
    model: str
    workload: str
    framework: str
    objective: str
    limits: DeploymentLimits
    configurations: int
    """The size of the space that was asked about."""
    evaluated: int
    """Those that went through all formulas; the rest failed for all batches at once."""
    feasible: int
    unpriced: int
    """Feasible ones without a price."""
    extrapolated: int
    """Feasible ones outside the range in which some formula holds."""
    excluded: tuple[Excluded, ...]
    """By reason, the largest number first."""
    deployments: tuple[Deployment, ...]
    """Best first; for the Pareto front by cost, then those without a price."""
    partial: bool
    partial_reason: str | None
    nearest: str | None
    """When nothing is feasible: what stands in the way, and how near the limits can be met."""
