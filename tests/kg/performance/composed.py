"""A slow, plain evaluator for tests: the functions of the registry called one by one, as a reader would."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from tests.kg.performance.economy import ECONOMY

from downstack.performance import REGISTRY
from downstack.performance.declare import FunctionDeclaration


class Deployment:
    """One model on one instance: facts in base units, and the classes of the model."""

    def __init__(self, facts: Mapping[str, float], classes: frozenset[str]) -> None:
        self._values: dict[str, np.float64] = {name: np.float64(value) for name, value in facts.items()}
        self._classes = classes
        self.infeasible: list[str] = []

    def function_of(self, quantity: str) -> FunctionDeclaration:
        """Return the one function that gives the quantity for these classes."""
        (found,) = [
            item
            for item in REGISTRY
            if item.returns == quantity and all(name in self._classes for name in item.applies_to.values())
        ]
        return found

    def __getitem__(self, quantity: str) -> np.float64:
        if quantity not in self._values:
            declaration = self.function_of(quantity)
            inputs = {
                item.name: np.float64(np.nan) if item.optional and item.name not in self._values else self[item.name]
                for item in declaration.inputs
            }
            if declaration.feasible is not None and not declaration.feasible(**declaration.arguments(inputs)):
                self.infeasible.append(declaration.name)
            self._values[quantity] = np.float64(declaration(inputs))
        return self._values[quantity]

    def regime(self, quantity: str) -> str:
        """Return the name of what binds."""
        declaration = self.function_of(quantity)
        assert declaration.regimes is not None
        inputs = {name: self[name] for name in declaration.input_names}
        return declaration.regimes.names[int(declaration.regimes.index(**declaration.arguments(inputs)))]


GROUPED_FULL_DENSE = frozenset({"DenseModel", "GroupedQueryAttentionModel", "FullAttentionModel"})
GROUPED_INTERLEAVED_MIXTURE = frozenset(
    {"MixtureOfExpertsModel", "GroupedQueryAttentionModel", "InterleavedAttentionModel"}
)
LATENT_FULL_MIXTURE = frozenset({"MixtureOfExpertsModel", "LatentAttentionModel", "FullAttentionModel"})
LATENT_SPARSE_MIXTURE = frozenset({"MixtureOfExpertsModel", "LatentAttentionModel", "SparseAttentionModel"})

LLAMA_70B = {  # meta-llama/Llama-3.1-70B config.json, served in BF16
    "num_layers": 80.0,
    "hidden_size": 8192.0,
    "vocabulary_size": 128256.0,
    "embedding_matrices": 2.0,
    "attention_heads": 64.0,
    "key_value_heads": 8.0,
    "head_dim": 128.0,
    "intermediate_size": 28672.0,
    "max_position_embeddings": 131072.0,
    "bytes_per_parameter": 2.0,
}
LLAMA_405B = {  # meta-llama/Meta-Llama-3.1-405B config.json, served in FP8
    **LLAMA_70B,
    "num_layers": 126.0,
    "hidden_size": 16384.0,
    "attention_heads": 128.0,
    "intermediate_size": 53248.0,
    "bytes_per_parameter": 1.0,
}
GPT_OSS_120B = {  # openai/gpt-oss-120b config.json, experts in MXFP4, the rest in BF16
    "num_layers": 36.0,
    "dense_layers": 0.0,
    "hidden_size": 2880.0,
    "vocabulary_size": 201088.0,
    "embedding_matrices": 2.0,
    "attention_heads": 64.0,
    "key_value_heads": 8.0,
    "head_dim": 64.0,
    "shared_expert_intermediate_size": 0.0,
    "expert_intermediate_size": 2880.0,
    "routed_experts": 128.0,
    "experts_per_token": 4.0,
    "full_attention_layers": 18.0,
    "sliding_attention_layers": 18.0,
    "sliding_window": 128.0,
    "max_position_embeddings": 131072.0,
    "bytes_per_parameter": 2.0,
    "bytes_per_expert_parameter": 0.53125,
}
DEEPSEEK_V3 = {  # deepseek-ai/DeepSeek-V3 config.json, FP8
    "num_layers": 61.0,
    "dense_layers": 3.0,
    "hidden_size": 7168.0,
    "vocabulary_size": 129280.0,
    "embedding_matrices": 2.0,
    "attention_heads": 128.0,
    "query_lora_rank": 1536.0,
    "kv_lora_rank": 512.0,
    "qk_nope_head_dim": 128.0,
    "qk_rope_head_dim": 64.0,
    "value_head_dim": 128.0,
    "intermediate_size": 18432.0,
    "shared_expert_intermediate_size": 2048.0,
    "expert_intermediate_size": 2048.0,
    "routed_experts": 256.0,
    "experts_per_token": 8.0,
    "max_position_embeddings": 163840.0,
    "bytes_per_parameter": 1.0,
    "bytes_per_expert_parameter": 1.0,
}
DEEPSEEK_V3_2 = {  # deepseek-ai/DeepSeek-V3.2 config.json, FP8
    **DEEPSEEK_V3,
    "index_top_k": 2048.0,
    "index_heads": 64.0,
    "index_head_dim": 128.0,
}
EIGHT_CHIPS = {  # eight accelerators like the H200 SXM of the datasheet, at an example price
    "accelerators_per_instance": 8.0,
    "memory_capacity": 141e9,
    "memory_bandwidth": 4.8e12,
    "peak_flops_bf16_dense": 989e12,
    "peak_flops_fp8_dense": 1979e12,
    "scaleup_bandwidth_per_direction": 450e9,
    "thermal_design_power": 700.0,
    "price_on_demand": 63.28 / 3600.0,
    "power_usage_effectiveness": 1.2,
}
FRAMEWORK = {  # round numbers: the tests check structure, not accuracy
    "gpu_memory_utilization": 0.9,
    "fitted_dense_read_factor": 1.25,
    "fitted_narrow_dense_read_factor": 1.5,
    "fitted_routed_read_factor": 1.25,
    "fitted_emulated_routed_read_factor": 1.5,
    "fitted_cache_read_factor": 1.25,
    "fitted_latent_cache_read_factor": 2.0,
    "fitted_multiply_factor": 2.0,
    "fitted_wide_multiply_factor": 1.6,
    "fitted_multiply_overlap": 0.5,
    "fitted_expert_width": 2000.0,
    "fitted_layer_time": 43e-6,
    "fitted_moe_layer_time": 46e-6,
    "fitted_parallel_layer_time": 21e-6,
    "fitted_latent_layer_time": 30e-6,
    "fitted_exchange_factor": 1.5,
    "fitted_activation_passes": 40.0,
    "fitted_sequence_time": 1e-5,
    "fitted_pass_layer_time": 60e-6,
    "fitted_turnover_steps": 10.0,
    "fitted_turnover_exponent": 0.5,
    "fitted_first_token_steps": 10.0,
    "fitted_first_token_exponent": 0.5,
    "fitted_prompt_wait": 1.25,
    "fitted_prompt_launch_layer_time": 250e-6,
    "fitted_latent_prompt_launch_layer_time": 500e-6,
}
CHAT = {
    "input_tokens": 4096.0,
    "output_tokens": 512.0,
    "time_per_output_token_target": 0.05,
    "concurrent_sequences": 32.0,
    "inter_turn_delay": 5.2,
}
DEPLOYMENTS = {
    "llama-3.1-70b": (LLAMA_70B, GROUPED_FULL_DENSE),
    "llama-3.1-405b": (LLAMA_405B, GROUPED_FULL_DENSE),
    "gpt-oss-120b": (GPT_OSS_120B, GROUPED_INTERLEAVED_MIXTURE),
    "deepseek-v3": (DEEPSEEK_V3, LATENT_FULL_MIXTURE),
    "deepseek-v3.2": (DEEPSEEK_V3_2, LATENT_SPARSE_MIXTURE),
}


def deploy(model: str, **changed: float) -> Deployment:
    """Return a named model on eight chips for chat, with some facts changed."""
    facts, classes = DEPLOYMENTS[model]
    return Deployment({**facts, **EIGHT_CHIPS, **FRAMEWORK, **CHAT, **ECONOMY, **changed}, classes)
