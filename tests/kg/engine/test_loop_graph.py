"""Where a graph of functions feeds back into itself, and what cuts its loops."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from downstack.engine.loops import strong_components, tears


def test_components_come_in_the_order_of_evaluation() -> None:
    inputs = {"bill": ["price"], "price": ["use"], "use": ["demand"], "demand": ["price", "people"], "own": ["own"]}
    assert strong_components(inputs) == (("people",), ("demand", "price", "use"), ("bill",), ("own",))


def test_a_chain_deeper_than_the_stack_of_python_is_ordered() -> None:
    chain = {f"n{place:05}": [f"n{place + 1:05}"] for place in range(5_000)}
    assert strong_components(chain)[0] == ("n05000",)
    assert len(strong_components(chain)) == 5_001


def test_few_tears_cut_every_loop() -> None:
    inputs = {"a": ["b", "c"], "b": ["a"], "c": ["a"], "own": ["own"], "end": ["a"]}
    assert tears(("a", "b", "c"), inputs) == ("a",)
    assert tears(("own",), inputs) == ("own",)
    assert tears(("end",), inputs) == ()
    full = {str(name): [str(other) for other in range(4) if other != name] for name in range(4)}
    assert len(tears(full, full)) == 3


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=4)))
def test_without_the_tears_no_loop_is_left(edges: dict[str, list[str]]) -> None:
    for component in strong_components(edges):
        torn = set(tears(component, edges))
        rest = {
            name: [other for other in edges.get(name, ()) if other in component and other not in torn]
            for name in component
            if name not in torn
        }
        assert all(len(group) == 1 for group in strong_components(rest))
        assert all(name not in targets for name, targets in rest.items())
