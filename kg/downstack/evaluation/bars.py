"""How accurate predictions are meant to be, by kind of measurement and quality grade."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """What predictions of a kind are to reach; None where nothing is asked."""

    median_error: float | None = None
    p90_error: float | None = None
    rank_correlation: float | None = None
    within_factor_two: float | None = None

    def __str__(self) -> str:
        parts = []
        if self.median_error is not None:
            parts.append(f"median <= {100 * self.median_error:.0f} %")
        if self.p90_error is not None:
            parts.append(f"p90 <= {100 * self.p90_error:.0f} %")
        if self.rank_correlation is not None:
            parts.append(f"rank >= {self.rank_correlation:.1f}")
        if self.within_factor_two is not None:
            parts.append(f"2x >= {100 * self.within_factor_two:.0f} %")
        return ", ".join(parts)


BAND = (0.75, 0.85)
"""Share of the measured values that the band from p10 to p90 is to hold."""
BARS = {
    ("tpot", "all"): Bar(0.12, 0.35),
    ("ttft", "all"): Bar(0.30),
    ("serving_throughput", "A"): Bar(0.12),
    ("serving_throughput", "B"): Bar(0.25),
    ("serving_throughput", "C"): Bar(None, None, 0.9, 0.9),
    ("training_mfu", "all"): Bar(0.10),
    ("training_throughput", "all"): Bar(0.10),
    ("allreduce_busbw", "all"): Bar(0.10),
}
"""Kind and quality grade to what is to be reached on measurements that took no part in the fit."""
