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
from downstack.evaluation.rows import Row
from downstack.performance.declare import Array

_PER_TOKEN = re.compile(r"^cost_per_Mtoken_(total|output)$")
_SPEED = re.compile(r"\[at ([\d.]+) tok/s/user\]")
_OWNED = re.compile(r"^InferenceX", re.IGNORECASE)
_OFFERING, _PRICE, _OWNING = "CloudOffering", "price_per_accelerator_hour", "owning_cost_hyperscaler"
_MILLION = 1e-6
_WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Numbers of chips that a deployment may have when the source does not say: powers of two."""
_RELUCTANCE = 0.15
"""How much nearer, as a logarithm, the speed must come for a doubling of the chips."""
_SERVER, _USABLE = 8.0, 0.9
"""Chips of a server, and the share of a chip's memory that weights may take."""


class Costs:
    """Cost of served tokens."""

    name = "cost of tokens"
    stages = (
        Stage(
            "cost of tokens",
            (("listed", "fitted_price_share"),),
            (0.8,),
            lambda row: _PER_TOKEN.match(row.metric) is not None and _SPEED.search(row.engine) is None,
        ),
    )

    def __init__(self, serving: Sequence[Predictor]) -> None:
        """Take the predictors whose answers about serving the costs rest on."""
        self._serving = tuple(serving)

    def claims(self, row: Row) -> bool:
        """Return whether the row is about the cost of tokens."""
        return _PER_TOKEN.match(row.metric) is not None

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the cost of each row's tokens."""
        asked = Asked(rows, setting)
        speeds = [_SPEED.search(row.engine) for row in rows]
        speed = numbers([float(item.group(1)) if item else np.nan for item in speeds])
        stated = np.isfinite(speed)
        chips = counts(rows, "n_chips")
        if np.isnan(chips).any():
            chips = np.where(np.isnan(chips), self._widths(asked, speed), chips)
        prompt, output = counts(rows, "isl"), counts(rows, "osl")
        total = numbers([row.metric.endswith("total") for row in rows]) > 0
        given = {
            "accelerators_per_instance": chips,
            "concurrent_sequences": counts(rows, "batch_or_concurrency"),
            "user_tokens_per_second": self._pace(rows, speed, chips, setting),
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
                status, reason = "EXTRAPOLATED", f"the number of chips is not given and taken as {chips[place]:g}"
            answer = answered(values[place] / _MILLION, "served_token_cost", lacking, status, reason)
            found.append(asked.refused(place, True) or answer)
        return found

    def _ask(self, rows: Sequence[Row], setting: Setting) -> Array:
        """Return what the predictors of serving answer, NaN where none does."""
        values: Array = np.full(len(rows), np.nan)
        for predictor in self._serving:
            index = [place for place, row in enumerate(rows) if predictor.claims(row)]
            if index:
                values[index] = [item.value for item in predictor.answer([rows[place] for place in index], setting)]
        return values

    def _rates(self, rows: Sequence[Row], setting: Setting) -> Array:
        """Return output tokens in a second of each row's deployment."""
        asked = [
            replace(row, kind="serving_throughput", metric="output_throughput_total", unit="tokens/s") for row in rows
        ]
        return self._ask(asked, setting)

    def _pace(self, rows: Sequence[Row], speed: Array, chips: Array, setting: Setting) -> Array:
        """Return tokens in a second of each user with the wait for the first token: the stated speed leaves it out."""
        asked = [
            replace(row, kind="ttft", metric="ttft", unit="ms", n_chips=count, tensor_parallel=min(count, _SERVER))
            for row, count in zip(rows, chips.tolist(), strict=True)
        ]
        wait = np.nan_to_num(self._ask(asked, setting) * 1e-3, nan=0.0)
        output = counts(rows, "osl")
        return output / (output / speed + wait)

    def _widths(self, asked: Asked, speed: Array) -> Array:
        """Return the number of chips at which each user's predicted speed comes nearest to the stated one.

        A model that does not fit into one chip gets a whole server at least. Doubling the chips must bring the speed
        nearer by more than a little.
        """
        alone = asked.facts["weight_bytes"] < _USABLE * asked.facts["memory_capacity"]
        found: Array = np.full(len(asked.rows), _SERVER)
        nearest: Array = np.full(len(asked.rows), np.inf)
        for chips in _WIDTHS:
            rows = [
                replace(row, kind="tpot", metric="tpot", unit="ms", n_chips=chips, tensor_parallel=min(chips, _SERVER))
                for row in asked.rows
            ]
            away = np.abs(np.log(1e3 / self._ask(rows, asked.setting) / speed)) + _RELUCTANCE * np.log2(chips)
            better = (away < nearest) & (alone | (chips >= _SERVER))
            found, nearest = np.where(better, chips, found), np.where(better, away, nearest)
        return found


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
