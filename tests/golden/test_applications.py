"""Published numbers of applications: sessions whose context grows, what they cost, and subscriptions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kg.performance.composed import deploy

from downstack.performance import REGISTRY

MILLION = 1e-6
CODEX = {"turns_per_session": 33.0, "context_at_start": 12000.0, "context_growth_per_turn": 2242.0}


def call(name: str, **values: float) -> float:
    declaration = REGISTRY.get(name)
    assert declaration is not None
    return float(declaration({key: np.float64(value) for key, value in values.items()}))


# --- vLLM blog, serving agentic workloads with Mooncake, 6 May 2026: 610 sessions of a coding agent ---------------------------


def test_the_turns_of_a_session_explain_the_share_of_its_input_that_was_found_in_the_cache():
    # 33 turns from 12,000 tokens, 2,242 more a turn; 94.2 % were found: half a point.
    share = call(
        "session_cache_hit_rate",
        session_new_input_tokens=call("session_new_input_tokens", **CODEX),
        session_input_tokens=call("session_input_tokens", **CODEX),
    )
    assert share == pytest.approx(0.942, abs=0.005)


def test_a_session_ends_near_the_context_that_was_seen():
    # 80,000 tokens at the end is a median, the growth of a turn a mean: 8 %.
    end = call("session_new_input_tokens", **CODEX) + 2242.0
    assert end == pytest.approx(80000.0, rel=0.08)


@given(turns=st.integers(1, 60), start=st.integers(0, 50000), growth=st.integers(0, 5000))
def test_the_input_of_a_session_is_the_sum_over_its_turns(turns, start, growth):
    session = {
        "turns_per_session": float(turns),
        "context_at_start": float(start),
        "context_growth_per_turn": float(growth),
    }
    prompts = [start + growth * turn for turn in range(turns)]
    assert call("session_input_tokens", **session) == pytest.approx(sum(prompts), rel=1e-12)
    assert call("session_new_input_tokens", **session) == prompts[-1]


def test_without_a_cache_twice_the_turns_send_four_times_the_tokens_and_with_one_twice_as_many():
    # From an empty context and many turns, so that the first prompt does not count: 1 %.
    short, long = (
        {"turns_per_session": turns, "context_at_start": 0.0, "context_growth_per_turn": 1000.0}
        for turns in (500.0, 1000.0)
    )
    all_tokens = [call("session_input_tokens", **session) for session in (short, long)]
    new_tokens = [call("session_new_input_tokens", **session) for session in (short, long)]
    assert all_tokens[1] / all_tokens[0] == pytest.approx(4.0, rel=0.01)
    assert new_tokens[1] / new_tokens[0] == pytest.approx(2.0, rel=0.01)


# --- A12: agentic input cost ------------------------------------------------------------------------------------------------


def test_section_a12_a_session_at_the_blended_price_costs_what_its_new_and_cached_tokens_cost():
    deployment = deploy("deepseek-v3")
    tokens, hit = deployment["session_input_tokens"], deployment["session_cache_hit_rate"]
    blended = call(
        "blended_input_price",
        api_price_input=0.55 * MILLION,
        api_price_cached_input=0.14 * MILLION,
        prefix_cache_hit_rate=hit,
    )
    expected = tokens * blended + deployment["session_output_tokens"] * 2.19 * MILLION
    assert deployment["session_api_cost"] == pytest.approx(expected, rel=1e-12)


def test_a_cache_at_a_tenth_of_the_price_saves_most_of_a_long_session():
    # Manus, Context engineering for AI agents: cached input costs a tenth, 0.30 against 3.00 USD a million tokens.
    session = {
        "session_input_tokens": call("session_input_tokens", **CODEX),
        "session_output_tokens": 12000.0,
        "api_price_input": 3.0 * MILLION,
        "api_price_output": 15.0 * MILLION,
    }
    cached = call(
        "session_api_cost",
        session_new_input_tokens=call("session_new_input_tokens", **CODEX),
        api_price_cached_input=0.3 * MILLION,
        **session,
    )
    assert cached / call("session_api_cost_without_cache", **session) == pytest.approx(0.18, abs=0.01)


# --- subscriptions ------------------------------------------------------------------------------------------------------------


def test_at_the_break_even_nothing_is_left_of_a_subscription():
    deployment = deploy("deepseek-v3")
    even = deploy("deepseek-v3", sessions_per_subscriber=float(deployment["sessions_at_break_even"]))
    assert even["subscription_margin"] == pytest.approx(0.0, abs=1e-12)


def test_sessions_of_all_ages_need_less_memory_than_sessions_at_their_end():
    deployment = deploy("llama-3.1-70b", input_tokens=12000.0 + 32.0 * 2242.0, output_tokens=2242.0)
    ratio = deployment["growing_sessions_by_capacity"] / deployment["concurrency_by_capacity"]
    assert ratio == pytest.approx((12000.0 + 33.0 * 2242.0) / (12000.0 + 16.0 * 2242.0), rel=1e-12)
