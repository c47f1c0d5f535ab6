"""Facts of owners, requests, sessions and services, for tests of whole deployments: round numbers, for structure only."""

from __future__ import annotations

HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400.0

OWNER = {
    "accelerator_price_estimate": 27000.0,
    "system_cost_factor": 1.8,
    "cost_of_capital": 0.1,
    "depreciation_time": 5.0 * YEAR,
    "yearly_operating_share": 0.05,
    "available_share": 0.98,
    "sold_share": 0.7,
    "mean_power_share": 0.7,
    "electricity_price": 0.08 / 3.6e6,
    "server_power_per_accelerator": 1370.0,
    "facility_power_per_accelerator": 1730.0,
    "owning_cost_hyperscaler": 1.41 / HOUR,
    "pooled_replicas": 10.0,
    "virtualization_overhead": 0.02,
    "cluster_power": 100e6,
}
REQUESTS = {
    "request_rate": 0.2,
    "time_to_first_token_target": 5.0,
    "service_level_target": 0.99,
    "arrival_variability": 1.0,
    "service_variability": 1.0,
    "model_flops_utilization": 0.1,
    "scaleout_bandwidth_per_direction": 50e9,
}
SERVICE = {
    "api_price_input": 0.55e-6,
    "api_price_cached_input": 0.14e-6,
    "api_price_output": 2.19e-6,
    "served_input_tokens": 608e9 / DAY,
    "served_cached_input_tokens": 342e9 / DAY,
    "served_output_tokens": 168e9 / DAY,
    "serving_nodes": 226.75,
    "accelerators_per_serving_node": 8.0,
    "serving_price_per_accelerator_hour": 2.0 / HOUR,
}
SESSIONS = {
    "turns_per_session": 33.0,
    "context_at_start": 12000.0,
    "context_growth_per_turn": 2242.0,
    "subscription_price": 20.0 / (YEAR / 12.0),
    "sessions_per_subscriber": 20.0 / (YEAR / 12.0),
    "cost_per_developer_day": 13.0,
}
ECONOMY = {**OWNER, **REQUESTS, **SERVICE, **SESSIONS}
