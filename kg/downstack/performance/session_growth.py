r"""How the tokens of an agent's session add up when every turn sends the whole context again.

The context grows with every turn, so the tokens that are sent grow with the square of the turns; what a cache of prefixes leaves
to compute grows in proportion to them.

.. math::

    T_{in} = n\,s_0 + g\,\frac{n (n - 1)}{2} \qquad T_{new} = s_0 + g\,(n - 1) \qquad h = 1 - T_{new} / T_{in}

with `n` turns from a context of :math:`s_0` tokens, each `g` longer. Codex sessions of 33 turns from 12,000 tokens, 2,242 more a
turn, give h = 94.7 %; 94.2 % were seen.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from downstack.performance.citations import DEFINITION, LITTLE, PAGED_ATTENTION, SLIDING_WINDOW
from downstack.performance.declare import Array, Constant, Example, performance_function

_ALL = Constant(1.0, "1", "the first turn, or all tokens: a whole")
_ORIGIN = "vLLM blog, Codex sessions: 33 turns from 12,000 tokens, 2,242 more a turn, by hand"
_MEANS = "turns, growth and the first context are taken as if every session had their stated middle values"
_AGES = (
    "sessions stand at all turns alike",
    "the cache of a pausing session stays in memory",
    "no two sessions share a prefix",
)
_GROWTH = "the context grows by the same number of tokens each turn and is never cut or summarised"
_CODEX = {"turns_per_session": 33.0, "context_at_start": 12000.0, "context_growth_per_turn": 2242.0}


@performance_function(
    formula="turns_per_session * context_at_start"
    " + context_growth_per_turn * turns_per_session * (turns_per_session - 1) / 2",
    citation=DEFINITION,
    constants={"whole": _ALL},
    assumes=(_GROWTH, _MEANS),
    increasing=("turns_per_session", "context_at_start", "context_growth_per_turn"),
    examples=(Example(_CODEX, 1579776.0, 1e-12, _ORIGIN),),
)
def session_input_tokens(
    turns_per_session: Annotated[Array, "1"],
    context_at_start: Annotated[Array, "token/sequence"],
    context_growth_per_turn: Annotated[Array, "token/sequence"],
    *,
    whole: float,
) -> Annotated[Array, "token/sequence"]:
    """Input tokens that all turns of a session send."""
    return turns_per_session * (context_at_start + context_growth_per_turn * (turns_per_session - whole) / 2.0)


@performance_function(
    formula="context_at_start + context_growth_per_turn * (turns_per_session - 1)",
    citation=DEFINITION,
    constants={"whole": _ALL},
    assumes=(_GROWTH, _MEANS, "the cache keeps the whole session between its turns, replies included"),
    increasing=("turns_per_session", "context_at_start", "context_growth_per_turn"),
    examples=(Example(_CODEX, 83744.0, 1e-12, _ORIGIN),),
)
def session_new_input_tokens(
    turns_per_session: Annotated[Array, "1"],
    context_at_start: Annotated[Array, "token/sequence"],
    context_growth_per_turn: Annotated[Array, "token/sequence"],
    *,
    whole: float,
) -> Annotated[Array, "token/sequence"]:
    """Input tokens of a session that no earlier turn of it sent."""
    return context_at_start + context_growth_per_turn * (turns_per_session - whole)


@performance_function(
    formula="1 - session_new_input_tokens / session_input_tokens",
    citation=DEFINITION,
    constants={"whole": _ALL},
    increasing=("session_input_tokens",),
    decreasing=("session_new_input_tokens",),
    examples=(
        Example(
            {"session_new_input_tokens": 83744.0, "session_input_tokens": 1579776.0},
            0.942,
            0.006,
            "vLLM blog, Codex sessions: 94.2 % of the input tokens were found in the cache",
        ),
    ),
)
def session_cache_hit_rate(
    session_new_input_tokens: Annotated[Array, "token/sequence"],
    session_input_tokens: Annotated[Array, "token/sequence"],
    *,
    whole: float,
) -> Annotated[Array, "1"]:
    """Share of the input tokens of a session that earlier turns of it already sent."""
    return whole - session_new_input_tokens / session_input_tokens


@performance_function(
    formula="turns_per_session * output_tokens",
    citation=DEFINITION,
    increasing=("turns_per_session", "output_tokens"),
    examples=(Example({"turns_per_session": 33.0, "output_tokens": 900.0}, 29700.0, 1e-12, "by hand: 33 * 900"),),
)
def session_output_tokens(
    turns_per_session: Annotated[Array, "1"],
    output_tokens: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "token/sequence"]:
    """Output tokens of all turns of a session."""
    return turns_per_session * output_tokens


@performance_function(
    formula="session_input_tokens / turns_per_session",
    citation=DEFINITION,
    increasing=("session_input_tokens",),
    decreasing=("turns_per_session",),
    examples=(
        Example(
            {"session_input_tokens": 1579776.0, "turns_per_session": 33.0}, 47872.0, 1e-12, "by hand: 1579776 / 33"
        ),
    ),
)
def mean_session_context(
    session_input_tokens: Annotated[Array, "token/sequence"],
    turns_per_session: Annotated[Array, "1"],
) -> Annotated[Array, "token/sequence"]:
    """Prompt of a turn, averaged over the turns of a session."""
    return session_input_tokens / turns_per_session


@performance_function(
    returns="growing_sessions_by_capacity",
    formula="free_memory / kv_cache_replication / kv_cache_bytes_per_token / mean_session_context",
    citation=PAGED_ATTENTION,
    assumes=_AGES,
    increasing=("free_memory",),
    decreasing=("kv_cache_replication", "kv_cache_bytes_per_token", "mean_session_context"),
    examples=(
        Example(
            {
                "free_memory": 640e9,
                "kv_cache_replication": 1.0,
                "kv_cache_bytes_per_token": 320000.0,
                "mean_session_context": 50000.0,
            },
            40.0,
            1e-12,
            "by hand: 640 GB over 16 GB",
        ),
    ),
    applies_to={"model": "FullAttentionModel"},
)
def growing_sessions_by_capacity_full_attention(
    free_memory: Annotated[Array, "byte"],
    kv_cache_replication: Annotated[Array, "1"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    mean_session_context: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "sequence"]:
    """Sessions of all ages that fill the free memory, when every layer attends to everything."""
    return free_memory / kv_cache_replication / kv_cache_bytes_per_token / mean_session_context


@performance_function(
    returns="growing_sessions_by_capacity",
    formula="free_memory / kv_cache_replication / (kv_cache_bytes_per_token * mean_session_context"
    " + sliding_kv_cache_bytes_per_token * min(mean_session_context, sliding_window))",
    citation=f"{PAGED_ATTENTION}; {SLIDING_WINDOW}",
    assumes=_AGES,
    increasing=("free_memory",),
    decreasing=(
        "kv_cache_replication",
        "kv_cache_bytes_per_token",
        "sliding_kv_cache_bytes_per_token",
        "sliding_window",
        "mean_session_context",
    ),
    examples=(
        Example(
            {
                "free_memory": 640e9,
                "kv_cache_replication": 1.0,
                "kv_cache_bytes_per_token": 20000.0,
                "sliding_kv_cache_bytes_per_token": 60000.0,
                "sliding_window": 10000.0,
                "mean_session_context": 50000.0,
            },
            400.0,
            1e-12,
            "by hand: 640 GB over 1 + 0.6 GB",
        ),
    ),
    applies_to={"model": "InterleavedAttentionModel"},
)
def growing_sessions_by_capacity_interleaved(
    free_memory: Annotated[Array, "byte"],
    kv_cache_replication: Annotated[Array, "1"],
    kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_kv_cache_bytes_per_token: Annotated[Array, "byte/token"],
    sliding_window: Annotated[Array, "token/sequence"],
    mean_session_context: Annotated[Array, "token/sequence"],
) -> Annotated[Array, "sequence"]:
    """Sessions of all ages that fill the free memory, when some layers hold only a window."""
    window = np.minimum(mean_session_context, sliding_window)
    held = kv_cache_bytes_per_token * mean_session_context + sliding_kv_cache_bytes_per_token * window
    return free_memory / kv_cache_replication / held


@performance_function(
    formula="turns_per_session * turn_time + (turns_per_session - 1) * inter_turn_delay",
    citation=LITTLE,
    constants={"whole": _ALL},
    assumes=("every turn takes as long as one of the workload's context", "tokens come just at the target"),
    increasing=("turns_per_session", "turn_time", "inter_turn_delay"),
    examples=(
        Example(
            {"turns_per_session": 33.0, "turn_time": 30.0, "inter_turn_delay": 5.2},
            1156.4,
            1e-12,
            "by hand: 990 + 166.4 s",
        ),
    ),
)
def session_time(
    turns_per_session: Annotated[Array, "1"],
    turn_time: Annotated[Array, "s"],
    inter_turn_delay: Annotated[Array, "s"],
    *,
    whole: float,
) -> Annotated[Array, "s"]:
    """Seconds of a session from its first request to its last token."""
    return turns_per_session * turn_time + (turns_per_session - whole) * inter_turn_delay
