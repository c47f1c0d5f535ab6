"""Power of servers under load."""

from __future__ import annotations

from collections.abc import Sequence

from downstack.evaluation.answers import Answer, Setting, Stage
from downstack.evaluation.kinds.asked import Asked, answered, counts
from downstack.evaluation.rows import Row


def is_power(row: Row) -> bool:
    """Return whether the row is about the power of a system."""
    return row.metric == "system_power"


class ServerPower:
    """Watt of a fully loaded server."""

    name = "server power"
    stages = (Stage("server power", (("all", "fitted_server_power_share"),), (1.25,), is_power, (0.2,)),)

    def claims(self, row: Row) -> bool:
        """Return whether the row is about the power of a system."""
        return is_power(row)

    def answer(self, rows: Sequence[Row], setting: Setting) -> list[Answer]:
        """Predict the power of each server."""
        asked = Asked(rows, setting, [None] * len(rows))
        columns = asked.columns(
            {
                "accelerators_per_instance": counts(rows, "n_chips"),
                "fitted_server_power_share": asked.constant("fitted_server_power_share"),
            }
        )
        values = columns["loaded_server_power"]
        lacking = "the number of chips or their design power"
        return [
            asked.refused(place, False) or answered(values[place], "loaded_server_power", lacking)
            for place in range(len(rows))
        ]
