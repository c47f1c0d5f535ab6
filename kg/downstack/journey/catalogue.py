"""Which quantities are reported at which layer, and which of them sum to the time, the energy and the cost of a request."""

from __future__ import annotations

TIME, ENERGY, COST = "request_time", "request_energy", "request_cost"
APPLICATION, MODEL, FRAMEWORK, CLOUD, PROCESSOR, MEMORY, SILICON = range(1, 8)

TIME_PARTS: dict[int, tuple[str, ...]] = {
    FRAMEWORK: ("first_token_wait_time", "request_overhead_time", "request_interruption_time"),
    PROCESSOR: ("prefill_time", "request_decode_compute_time"),
    MEMORY: (
        "request_weight_read_time",
        "request_kv_read_time",
        "request_activation_time",
        "request_exchange_time",
    ),
}
"""They sum to the time of the request; the other layers take no time of their own."""

ENERGY_PARTS: dict[int, tuple[str, ...]] = {
    FRAMEWORK: ("request_framework_energy",),
    CLOUD: ("request_facility_energy",),
    PROCESSOR: ("request_processor_energy",),
    MEMORY: ("request_memory_energy", "request_interconnect_energy"),
}
COST_PARTS: dict[int, tuple[str, ...]] = {
    FRAMEWORK: ("request_framework_cost",),
    PROCESSOR: ("request_processor_cost",),
    MEMORY: ("request_memory_cost", "request_interconnect_cost"),
}
"""Rent is paid by time: every layer that holds chips up bears its share of it."""

VALUE_PARTS: dict[int, tuple[str, ...]] = {
    CLOUD: ("request_rent_beyond_accelerators",),
    PROCESSOR: ("request_price_beyond_manufacturing",),
    SILICON: ("request_manufacturing_cost",),
}
"""The same cost by who is paid: what making the chips cost, what their seller takes beyond it, what the cloud takes beyond that."""

STATED: dict[int, tuple[str, ...]] = {
    APPLICATION: ("active_users_weekly", "active_users_monthly", "application_revenue"),
    CLOUD: ("committed_cloud_spend",),
    PROCESSOR: ("accelerator_fleet", "accelerator_purchases"),
}
"""Facts of the application, and of the company behind it, that take part in no formula."""

NUMBERS: dict[int, tuple[str, ...]] = {
    APPLICATION: (
        "input_tokens",
        "output_tokens",
        "prefix_cache_hit_rate",
        "turns_per_session",
        "inter_turn_delay",
        "time_per_output_token_target",
        "session_time_at_load",
        "session_energy_at_load",
        "session_cost_at_load",
    ),
    MODEL: (
        "total_parameters",
        "active_parameters",
        "weight_bytes",
        "decode_flops_per_token",
        "kv_cache_bytes_per_token",
        "prefill_flops",
        "request_flops",
        "kv_cache_bytes_per_sequence",
        "api_price_input",
        "api_price_output",
        "request_api_price",
    ),
    FRAMEWORK: (
        "concurrent_sequences",
        "max_concurrent_sequences",
        "tensor_parallel",
        "step_overhead_time",
        "decode_step_time",
        "request_framework_accelerator_time",
    ),
    CLOUD: (
        "price_on_demand",
        "accelerators_per_instance",
        "accelerators_per_replica",
        "price_per_replica_hour",
        "request_accelerator_time",
        "cost_per_million_output_tokens_at_load",
        "power_usage_effectiveness",
    ),
    PROCESSOR: (
        "peak_flops_at_weight_precision",
        "thermal_design_power",
        "time_to_first_token",
        "request_decode_time",
        "time_per_output_token",
        "request_overlapped_time",
        "request_model_flops_utilization",
        "request_processor_accelerator_time",
        "accelerator_price_estimate",
        "request_hardware_cost",
    ),
    MEMORY: (
        "memory_bandwidth",
        "memory_capacity",
        "scaleup_bandwidth_per_direction",
        "memory_in_use",
        "request_memory_traffic",
        "request_memory_bandwidth_utilization",
        "request_memory_accelerator_time",
        "request_interconnect_accelerator_time",
    ),
    SILICON: (
        "die_area",
        "good_dies_per_wafer",
        "packages_per_cowos_wafer",
        "manufacturing_cost_estimate",
        "request_wafers",
    ),
}
"""What else is said at a layer; parts and wholes are other amounts beside the sums, never terms of them."""

WHERE_STATED = {
    "active_users_weekly": "active_users_weekly",
    "active_users_monthly": "active_users_monthly",
    "application_revenue": "application_revenue",
    "prefix_cache_hit_rate": "prefix_cache_hit_rate",
    "turns_per_session": "turns_per_session",
    "inter_turn_delay": "inter_turn_delay",
    "session_time_at_load": "turns_per_session",
    "session_energy_at_load": "turns_per_session",
    "session_cost_at_load": "turns_per_session",
    "api_price_input": "api_price_input",
    "api_price_output": "api_price_output",
    "packages_per_cowos_wafer": "packages_per_cowos_wafer",
}
"""Said only where the quantity behind it is stated: that a chat is no session of many turns, or that a chip is not packaged
so, is no gap in a number that was asked for."""

PRICE_LIST = ("api_price_input", "api_price_output", "request_api_price")
"""What is public of a model whose architecture is not."""
DEPTH = "num_layers"
"""Whoever states the architecture of a model states how many layers it has."""
SUPPLY = "accelerator_supply"
BATCH = "max_concurrent_sequences"

PHRASES = {
    "first_token_wait_time": "waiting for a step with room",
    "request_overhead_time": "starting kernels",
    "request_interruption_time": "prompts of other requests",
    "prefill_time": "arithmetic of the prompt",
    "request_decode_compute_time": "arithmetic of the answer",
    "request_weight_read_time": "memory bandwidth: reading weights",
    "request_kv_read_time": "memory bandwidth: reading keys and values",
    "request_activation_time": "activations and scheduling",
    "request_exchange_time": "interconnect: exchanging activations",
}
"""The resource behind each part of the time, in words."""
