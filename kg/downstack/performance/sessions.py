r"""What a session of several requests takes: an agent's task, from its first turn to its last token.

.. math::

    T_{session} = n\,T + (n - 1)\,t_{pause} \qquad c_{session} = n\,c \qquad e_{session} = n\,e
"""

from __future__ import annotations

from typing import Annotated

from downstack.performance.citations import DEFINITION
from downstack.performance.declare import Array, Constant, Example, performance_function

_LAST = Constant(1.0, "1", "nobody waits after the last turn")
_OWN = Constant(1.0, "sequence", "a turn is one sequence")
_ALIKE = "every turn is the workload's mean request, with its context and its prefix cache hit rate"


@performance_function(
    formula="turns_per_session * request_time + (turns_per_session - last_turn) * inter_turn_delay",
    citation=DEFINITION,
    constants={"last_turn": _LAST},
    assumes=(_ALIKE,),
    increasing=("turns_per_session", "request_time"),
    examples=(
        Example(
            {"turns_per_session": 33.0, "request_time": 30.0, "inter_turn_delay": 5.0},
            1150.0,
            1e-12,
            "by hand: 33 * 30 s + 32 * 5 s",
        ),
    ),
)
def session_time_at_load(
    turns_per_session: Annotated[Array, "1"],
    request_time: Annotated[Array, "s"],
    inter_turn_delay: Annotated[Array, "s"],
    *,
    last_turn: float,
) -> Annotated[Array, "s"]:
    """Seconds of a session, from its first request to its last token, pauses between turns included."""
    return turns_per_session * request_time + (turns_per_session - last_turn) * inter_turn_delay


@performance_function(
    formula="turns_per_session * own_sequence * request_cost",
    citation=DEFINITION,
    constants={"own_sequence": _OWN},
    assumes=(_ALIKE, "a session that pauses keeps its cache without paying for it"),
    increasing=("turns_per_session", "request_cost"),
    examples=(Example({"turns_per_session": 33.0, "request_cost": 0.03}, 0.99, 1e-12, "by hand: 33 * 3 cents"),),
)
def session_cost_at_load(
    turns_per_session: Annotated[Array, "1"],
    request_cost: Annotated[Array, "USD/sequence"],
    *,
    own_sequence: float,
) -> Annotated[Array, "USD"]:
    """Price of the chips that a session takes up."""
    return turns_per_session * own_sequence * request_cost


@performance_function(
    formula="turns_per_session * own_sequence * request_energy",
    citation=DEFINITION,
    constants={"own_sequence": _OWN},
    assumes=(_ALIKE,),
    increasing=("turns_per_session", "request_energy"),
    examples=(Example({"turns_per_session": 33.0, "request_energy": 2e3}, 6.6e4, 1e-12, "by hand: 33 * 2 kJ"),),
)
def session_energy_at_load(
    turns_per_session: Annotated[Array, "1"],
    request_energy: Annotated[Array, "J/sequence"],
    *,
    own_sequence: float,
) -> Annotated[Array, "J"]:
    """Energy of the accelerators and of the facility around them for a session."""
    return turns_per_session * own_sequence * request_energy
