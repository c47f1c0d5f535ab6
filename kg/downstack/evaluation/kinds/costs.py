"""Cost of tokens and of training runs: what chips cost in an hour, over what they do in it.

How fast a deployment serves is the answer of the predictors of serving; here their answer meets a price. A table of
measurements seldom states the price: it is taken from the graph, the cost of owning for sources that say so, else the
cheapest offering that has the chip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from downstack.evaluation.answers import Answer, Predictor, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts, numbers
from downstack.evaluation.kinds.stated_speed import CHIPS_GUESSED, Deployed, says_speed, stated_speed
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_PER_TOKEN = re.compile(r"^cost_per_Mtoken_(total|output)$")
_OWNED = re.compile(r"^InferenceX", re.IGNORECASE)
_OFFERING, _PRICE, _OWNING = "CloudOffering", "price_per_accelerator_hour", "owning_cost_hyperscaler"
_MILLION = 1e-6


class Costs:
    """Cost of served tokens."""

    name = "cost of tokens"
    stages = (
        Stage(
            "cost of tokens",
            (("listed", "fitted_price_share"),),
            (0.8,),
            lambda row: _PER_TOKEN.match(row.metric) is not None and not says_speed(row),
        ),
    )

    def __init__(self, serving: Sequence[Predictor]) -> None:
        """Take the predictors whose answers about serving the costs rest on."""
        self._deployed = Deployed(serving)

    def claims(self, row: Row) -> bool:
        """Return whether the row is about the cost of tokens."""
        return _PER_TOKEN.match(row.metric) is not None

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the cost of each row's tokens."""
        asked = Asked(rows, setting)
        speed = stated_speed(rows)
        stated = np.isfinite(speed)
        chips = self._deployed.chips(asked, speed)
        prompt, output = counts(rows, "isl"), counts(rows, "osl")
        total = numbers([row.metric.endswith("total") for row in rows]) > 0
        given = {
            "accelerators_per_instance": chips,
            "concurrent_sequences": counts(rows, "batch_or_concurrency"),
            "user_tokens_per_second": self._deployed.pace(rows, speed, chips, setting),
            "input_tokens": np.where(total, prompt, 0.0),
            "output_tokens": output,
            "price_per_accelerator_hour_paid": price(asked),
        }
        served = asked.columns(given)["served_tokens_per_second"]
        rates = self._rates(rows, setting) * np.where(total, (prompt + output) / output, 1.0)
        values = asked.columns(given | {"served_tokens_per_second": np.where(stated, served, rates)})[
            "served_token_cost"
        ]
        found = []
        for place, row in enumerate(rows):
            lacking = "the throughput of the deployment, or a price of its chip"
            status, reason = "OK", ""
            if np.isnan(row.n_chips):
                status, reason = "EXTRAPOLATED", CHIPS_GUESSED.format(chips[place])
            answer = answered(values[place] / _MILLION, "served_token_cost", lacking, status, reason)
            found.append(asked.refused(place, True) or answer)
        return found

    def _rates(self, rows: Sequence[Row], setting: Setting) -> Array:
        """Return output tokens in a second of each row's deployment."""
        asked = [
            replace(row, kind="serving_throughput", metric="output_throughput_total", unit="tokens/s") for row in rows
        ]
        return self._deployed.ask(asked, setting)


def price(asked: Asked) -> Array:
    """Return what a chip of each row costs, in USD/s and chip: owned where the source counts so, else rented."""
    owned = numbers([_OWNED.match(row.engine) is not None for row in asked.rows]) > 0
    rented = listed(asked) * asked.constant("fitted_price_share", ["listed"] * len(asked.rows))
    return np.where(owned, asked.known(_OWNING), rented)


def listed(asked: Asked) -> Array:
    """Return the price of the cheapest offering of the graph that has each row's chip."""
    engine = asked.setting.engine
    knowledge = engine.knowledge
    outcome = engine.evaluate(engine.plan((_PRICE,), {})).outcome
    prices = dict(zip(engine.columns().tables["offering"].ids, outcome.values[_PRICE][:, 0].tolist(), strict=True))
    cheapest: dict[str, float] = {}
    for slug in knowledge.members(_OFFERING):
        for relation in knowledge.relations_by_entity.get(slug, ()):
            chip = relation.object
            known = prices.get(slug, np.nan)
            if relation.subject == slug and chip in engine.columns().tables["accelerator"].position and known == known:
                cheapest[chip] = min(known, cheapest.get(chip, known))
    return numbers([cheapest.get(chip or "", np.nan) for chip in asked.chips])
