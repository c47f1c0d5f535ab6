"""Types of models in config.json files: what each means where the file is silent.

The names of settings are those of Hugging Face Transformers; what a type decides was read in its configuration classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SETTINGS = frozenset(
    {
        "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim",
        "intermediate_size", "vocab_size", "tie_word_embeddings", "dtype", "quantization_method", "n_routed_experts",
        "num_experts_per_tok", "moe_intermediate_size", "n_shared_experts", "shared_expert_intermediate_size",
        "first_k_dense_replace", "attention_chunk_size", "interleave_moe_layer_step", "intermediate_size_mlp",
        "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "sliding_window",
        "max_position_embeddings", "index_topk", "full_attention_interval", "linear_num_key_heads",
        "linear_key_head_dim", "linear_num_value_heads", "linear_value_head_dim",
    }
)  # fmt: skip
"""Settings that become facts, or are read into facts."""
NAMES: Mapping[str, str] = {
    "torch_dtype": "dtype", "num_experts": "n_routed_experts", "num_local_experts": "n_routed_experts",
    "num_routed_experts": "n_routed_experts", "moe_num_experts": "n_routed_experts", "moe_k": "num_experts_per_tok",
    "num_experts_per_token": "num_experts_per_tok", "num_shared_experts": "n_shared_experts",
    "n_layer": "num_hidden_layers", "n_layers": "num_hidden_layers", "num_layers": "num_hidden_layers",
    "n_embd": "hidden_size", "d_model": "hidden_size", "n_head": "num_attention_heads",
    "n_heads": "num_attention_heads", "n_inner": "intermediate_size", "ffn_dim": "intermediate_size",
    "n_positions": "max_position_embeddings", "max_seq_len": "max_position_embeddings",
    "num_kv_heads": "num_key_value_heads", "attention_head_dim": "head_dim",
}  # fmt: skip
"""Other names of the same settings."""

Decided = tuple[str, str, str]
"""Attribute, value, and why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of model decides."""

    gated: bool = True
    """Whether feed-forward blocks have three matrices, not two."""
    tied: bool = False
    """Whether input and output share one embedding when the config does not say."""
    every: int = 0
    """Every so manieth layer sees everything and the others a window; 0 where the config says it."""
    windowed: bool = True
    """Whether the type uses the window that its config names."""
    chunked: bool = False
    """Whether layers attend inside chunks."""
    recurrent: bool = False
    """Whether the layers that do not attend to everything keep a state of fixed size."""
    dense_first: int | None = None
    """Dense layers before the layers with experts, when the config does not say."""
    widened: bool = False
    """Whether the feed-forward width is four times the hidden size when the config does not say."""
    names: Mapping[str, str] = field(default_factory=dict)

    def decided(self, settings: Mapping[str, Any], found: Mapping[str, str]) -> Iterator[Decided]:
        """What follows from the type: feed-forward blocks, embeddings, heads, windows, experts."""
        if not self.gated:
            yield "feed_forward_matrices", "2", "this type of model has no gate in its feed-forward blocks"
        if "tie_word_embeddings" not in found:
            yield "tie_word_embeddings", str(self.tied), "class default: the config does not say"
        if "num_attention_heads" in found and "num_key_value_heads" not in found and "kv_lora_rank" not in found:
            yield (
                "num_key_value_heads",
                self._key_value_heads(settings, found),
                "class default: multi-head or multi-query",
            )
        if "intermediate_size" not in found and self.widened and "hidden_size" in found:
            ratio = float(settings.get("expansion_ratio") or 4)
            yield "intermediate_size", f"{ratio * float(found['hidden_size']):g}", f"{ratio:g} x hidden_size"
        quantized = settings.get("quantization_config")
        if isinstance(quantized, dict) and quantized.get("quant_method"):
            yield "quantization_method", str(quantized["quant_method"]), "quant_method of quantization_config"
        if self.dense_first is not None and "first_k_dense_replace" not in found:
            yield "first_k_dense_replace", str(self.dense_first), "class default: the config does not say"
        yield from self._windows(settings, found)

    def _key_value_heads(self, settings: Mapping[str, Any], found: Mapping[str, str]) -> str:
        single = settings.get("multi_query") and not settings.get("new_decoder_architecture")
        return "1" if single else found["num_attention_heads"]

    def _windows(self, settings: Mapping[str, Any], found: Mapping[str, str]) -> Iterator[Decided]:
        layers = int(float(found.get("num_hidden_layers", 0)))
        types = settings.get("layer_types")
        window, limit = settings.get("sliding_window"), settings.get("max_position_embeddings")
        if isinstance(types, list) and types:
            counts = {str(item): types.count(item) for item in types}
            if set(counts) != {"full_attention"}:
                pattern = "; ".join(f"{name}={count}" for name, count in sorted(counts.items()))
                yield "layer_pattern", pattern, "layer_types"
            return
        if not self.windowed or not window or settings.get("use_sliding_window") is False or self.chunked:
            return
        if isinstance(limit, int | float) and window >= limit:
            return
        every = settings.get("sliding_window_pattern") or self.every
        full = layers // int(every) if every else 0
        note = f"every {every}th layer sees everything" if every else "every layer sees a window"
        yield "layer_pattern", f"full_attention={full}; sliding_attention={layers - full}", note


_PLAIN = Kind(gated=False, widened=True)
KINDS: Mapping[str, Kind] = {
    # Dense and gated.
    "llama": Kind(windowed=False), "mistral": Kind(), "ministral": Kind(), "mistral3": Kind(), "qwen2": Kind(),
    "qwen3": Kind(), "qwen3_vl_text": Kind(), "qwen2_vl": Kind(), "phi3": Kind(), "granite": Kind(tied=True),
    "olmo": Kind(), "olmo2": Kind(), "olmo3": Kind(), "baichuan": Kind(), "internlm2": Kind(), "exaone4": Kind(),
    "glm4": Kind(), "smollm3": Kind(), "seed_oss": Kind(), "ernie4_5": Kind(tied=True), "cohere": Kind(tied=True),
    "cohere2": Kind(tied=True, every=4), "gemma": Kind(tied=True), "gemma2": Kind(tied=True, every=2),
    "gemma3_text": Kind(tied=True, every=6),
    # Dense, not gated.
    "gpt2": Kind(gated=False, widened=True, tied=True), "gptj": _PLAIN, "gpt_neox": _PLAIN,
    "falcon": Kind(gated=False, widened=True, tied=True), "mpt": Kind(gated=False, widened=True, tied=True),
    "bloom": Kind(gated=False, widened=True, tied=True), "opt": Kind(gated=False, tied=True),
    "gpt_bigcode": Kind(gated=False, widened=True, tied=True), "starcoder2": Kind(gated=False, tied=True),
    "phi": Kind(gated=False), "nemotron": Kind(gated=False),
    # Experts.
    "mixtral": Kind(), "qwen2_moe": Kind(), "qwen3_moe": Kind(), "qwen3_vl_moe_text": Kind(), "gpt_oss": Kind(every=2),
    "deepseek": Kind(), "deepseek_v2": Kind(), "deepseek_v3": Kind(), "kimi_k2": Kind(), "minimax_m2": Kind(), "glm4_moe": Kind(),
    "hy_v3": Kind(dense_first=1), "olmoe": Kind(), "phimoe": Kind(windowed=False), "dots1": Kind(),
    "llama4_text": Kind(chunked=True),
    # Sparse attention and recurrent layers.
    "deepseek_v32": Kind(), "glm_moe_dsa": Kind(), "qwen3_next": Kind(recurrent=True),
    "qwen3_5_text": Kind(recurrent=True), "qwen3_5_moe_text": Kind(recurrent=True),
}  # fmt: skip
"""``model_type`` of the text model -> what it decides."""
