"""The answer of ``shock`` as JSON, with the field names of GraphQL."""

from __future__ import annotations

from downstack.results import ShockAmount, ShockInterval, ShockMonth, ShockProfile, ShockReport, ShockTarget
from downstack.wire.provenance import Json, fact_json


def shock_json(report: ShockReport, *, monthly: bool = True) -> Json:
    """Return the answer of ``shock``.

    Parameters
    ----------
    report
        The answer.
    monthly
        Write down the flow and the stock of every month.
    """
    return {
        "graphVersion": report.graph_version,
        "method": report.method,
        "disruptions": list(report.disruptions),
        "horizonMonths": report.horizon_months,
        "cases": report.cases,
        "targets": [_target(item, monthly) for item in report.targets],
        "singlePoints": [
            {"supplier": item.supplier, "group": item.group, "users": list(item.users)} for item in report.single_points
        ],
        "notReached": [{"entity": item.entity, "reason": item.reason} for item in report.not_reached],
        "assumptions": list(report.assumptions),
        "elapsedMs": report.elapsed_ms,
    }


def _target(item: ShockTarget, monthly: bool) -> Json:
    return {
        "entity": item.entity.id,
        "label": item.label,
        "technology": item.technology,
        "baseFlow": _amount(item.base_flow),
        "baseStock": _amount(item.base_stock),
        "firstOrder": _interval(item.first_order),
        "profiles": [_profile(profile, monthly) for profile in item.profiles],
        "inputs": [
            {
                "group": part.group,
                "supplier": part.supplier,
                "share": _interval(part.share),
                "perUnit": part.per_unit,
                "baseUse": _amount(part.base_use),
            }
            for part in item.inputs
        ],
        "allocation": [{"customer": part.customer, "share": _interval(part.share)} for part in item.allocation],
        "reason": item.reason,
        "function": None if item.function is None else item.function.name,
        "facts": [fact_json(fact) for fact in item.facts],
        "assumptions": list(item.assumptions),
    }


def _profile(item: ShockProfile, monthly: bool) -> Json:
    months = {
        "flow": [_month(month) for month in item.flow],
        "stock": [_month(month) for month in item.stock],
    }
    return {
        "bound": str(item.bound),
        **(months if monthly else {}),
        "worstFlow": _month(item.worst_flow),
        "worstStock": _month(item.worst_stock),
        "daysToImpact": _interval(item.days_to_impact),
        "recoveryMonth": item.recovery_month,
        "lostFlow": _interval(item.lost_flow),
        "binding": [
            {"first": span.first, "last": span.last, "what": span.what, "suppliers": list(span.suppliers)}
            for span in item.binding
        ],
    }


def _amount(item: ShockAmount | None) -> Json | None:
    if item is None:
        return None
    return {"value": item.value, "low": item.low, "high": item.high, "unit": item.unit}


def _interval(item: ShockInterval | None) -> Json | None:
    return None if item is None else {"value": item.value, "low": item.low, "high": item.high}


def _month(item: ShockMonth | None) -> Json | None:
    if item is None:
        return None
    return {
        "month": item.month,
        "value": item.value,
        "low": item.low,
        "high": item.high,
        "statedLow": item.stated_low,
        "statedHigh": item.stated_high,
    }
