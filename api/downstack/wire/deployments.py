"""The answer of ``deployments`` as JSON, with the field names of GraphQL."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.results import Deployment, DeploymentBand, DeploymentReport
from downstack.wire.provenance import Json, facts_json, rests_on_json


def deployments_json(report: DeploymentReport, shown: Sequence[Deployment], *, sources: bool = False) -> Json:
    """Return the answer of ``deployments``.

    Parameters
    ----------
    report
        The answer.
    shown
        The deployments that are written.
    sources
        Name what the cost of each rests on (its time per output token where there is no price), and write the facts down.
    """
    limits = report.limits
    return {
        "graphVersion": report.graph_version,
        "method": report.method,
        "elapsedMs": report.elapsed_ms,
        "partial": report.partial,
        "partialReason": report.partial_reason,
        "model": report.model,
        "workload": report.workload,
        "framework": report.framework,
        "objective": report.objective,
        "limits": {
            "ttft": limits.time_to_first_token,
            "tpot": limits.time_per_output_token,
            "tpotFromWorkload": limits.from_workload,
            "budget": limits.price_per_hour,
            "maxAccelerators": limits.accelerators,
        },
        "configurations": report.configurations,
        "evaluated": report.evaluated,
        "feasible": report.feasible,
        "unpriced": report.unpriced,
        "extrapolated": report.extrapolated,
        "excluded": [
            {
                "reason": item.reason,
                "status": None if item.status is None else str(item.status),
                "configurations": item.configurations,
            }
            for item in report.excluded
        ],
        "nearest": report.nearest,
        "totalCount": len(report.deployments),
        "deployments": [{**_deployment(item), **(rests_on_json(item.trace) if sources else {})} for item in shown],
        **({"facts": facts_json(item.trace for item in shown)} if sources else {}),
    }


def _deployment(item: Deployment) -> Json:
    return {
        "key": dict(item.key.roles),
        "accelerators": item.accelerators,
        "tensorParallel": item.tensor_parallel,
        "pipelineParallel": item.pipeline_parallel,
        "expertParallel": item.expert_parallel,
        "dataParallel": item.data_parallel,
        "weightFormat": item.weight_format,
        "cacheFormat": item.cache_format,
        "concurrentSequences": item.concurrent_sequences,
        "timeToFirstToken": item.time_to_first_token,
        "timePerOutputToken": item.time_per_output_token,
        "tokensPerSecondPerUser": item.tokens_per_second_per_user,
        "tokensPerSecondPerAccelerator": item.tokens_per_second_per_accelerator,
        "tokensPerSecond": item.tokens_per_second,
        "costPerMillionOutputTokens": item.cost_per_million_output_tokens,
        "pricePerHour": item.price_per_hour,
        "memoryUsed": item.memory_used,
        "memoryCapacity": item.memory_capacity,
        "energyPerToken": item.energy_per_token,
        "status": str(item.status),
        "reason": item.reason,
        "boundBy": item.bound_by,
        "stoppedBy": list(item.stopped_by),
        "costBand": _band(item.cost_band),
        "timeBand": _band(item.time_band),
    }


def _band(band: DeploymentBand | None) -> Json | None:
    if band is None:
        return None
    return {"p10": band.p10, "p50": band.p50, "p90": band.p90, "samples": band.samples}
