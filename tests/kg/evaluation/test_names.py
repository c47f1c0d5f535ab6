"""Names of measurements resolve by alias, and a name that is only like another stays unknown."""

from __future__ import annotations

import pytest

from downstack.evaluation.names import find
from downstack.graph.model import Entity
from downstack.graph.names import NameIndex
from downstack.kg import KnowledgeGraph


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Llama-3.1-70B", "llama-3.1-70b"),
        ("llama3.1 70b", "llama-3.1-70b"),
        ("meta-llama/Llama-3.1-70B-Instruct", "llama-3.1-70b"),
        ("meta-llama/Meta-Llama-3.1-70B-Instruct-FP8", "llama-3.1-70b"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "llama-3.1-8b"),
        ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "llama-3.3-70b"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "llama-3.1-8b"),
        ("amd/Llama-3.1-405B-Instruct-FP8-KV", "llama-3.1-405b"),
        ("Llama-2-70b-chat-hf", "llama-2-70b"),
        ("google/gemma-3-27b-it", "gemma-3-27b"),
        ("Gemma3-27B", "gemma-3-27b"),
        ("deepseek-ai/DeepSeek-R1-0528", "deepseek-r1"),
        ("nvidia/DeepSeek-R1-0528-NVFP4", "deepseek-r1"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek-v3"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3-235b-a22b"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-30b-a3b-2507"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"),
        ("GPT-J-6B", "gpt-j-6b"),
        ("MPT-7b", "mpt-7b"),
        ("Megatron-GPT-530B", "megatron-gpt-530b"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("moonshotai/Kimi-K2-Instruct-0905", "kimi-k2"),
    ],
)
def test_a_copy_in_another_format_or_tuning_is_the_same_architecture(
    bundled: KnowledgeGraph, name: str, slug: str
) -> None:
    assert find(NameIndex(bundled.entities), name, "FoundationModel") == slug


@pytest.mark.parametrize(
    "name",
    [
        "Llama-3.1-9B",
        "Llama-3.1",
        "Llama-70B",
        "Llama-3.17-0B",
        "Llama-31-70B",
        "Gemma-22B",
        "Qwen3-235B",
        "Qwen25-72B",
        "Mixtral-8x70B",
        "DeepSeek",
        "GPT-3-1.3B/2.7B class",
        "Llama-3.1-70B-draft",
        "Falcon-18B",
        "",
        "-Instruct",
        "NVIDIA H100-SXM5-80GB",
    ],
)
def test_a_name_that_is_only_alike_stays_unknown(bundled: KnowledgeGraph, name: str) -> None:
    assert find(NameIndex(bundled.entities), name, "FoundationModel") is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("NVIDIA H100-SXM5-80GB", "nvidia-h100-sxm"),
        ("H100 SXM5 80GB", "nvidia-h100-sxm"),
        ("NVIDIA H100-PCIe-80GB", "nvidia-h100-pcie"),
        ("NVIDIA H100-NVL-94GB", "nvidia-h100-nvl"),
        ("NVIDIA H200-NVL-141GB", "nvidia-h200-nvl"),
        ("NVIDIA A100-SXM4-40GB", "nvidia-a100-sxm-40gb"),
        ("A100-SXM4-40GB", "nvidia-a100-sxm-40gb"),
        ("MI300X", "amd-mi300x"),
        ("NVIDIA A40", "nvidia-a40"),
        ("NVIDIA GH200-96GB", "nvidia-gh200"),
        ("NVIDIA GH200-144GB", "nvidia-gh200-144gb"),
        ("NVIDIA DGX Spark (GB10)", "nvidia-gb10"),
        ("Intel Arc Pro B60", "intel-arc-pro-b60"),
        ("AMD Instinct MI300X", "amd-mi300x"),
        ("Google TPU v6e", "google-tpu-v6e"),
        ("Google TPU v6e (Trillium)", "google-tpu-v6e"),
        ("AWS Trainium2", "aws-trainium2"),
    ],
)
def test_accelerators_are_found_by_form_and_memory(bundled: KnowledgeGraph, name: str, slug: str) -> None:
    assert find(NameIndex(bundled.entities), name, "Accelerator") == slug


@pytest.mark.parametrize(
    "name", ["NVIDIA H1000", "NVIDIA A100-SXM4-120GB", "TSMC N7", "MI300", "Google TPU", "Blackwell"]
)
def test_an_accelerator_that_is_not_known_stays_unknown(bundled: KnowledgeGraph, name: str) -> None:
    assert find(NameIndex(bundled.entities), name, "Accelerator") is None


def test_a_name_that_two_models_have_means_neither_of_them() -> None:
    def model(slug: str) -> Entity:
        iri, kind = f"https://w3id.org/downstack/id/{slug}", "FoundationModel"
        return Entity(slug, iri, slug, ("Mini 7B",), kind, frozenset({kind}), 2, None, "")

    names = NameIndex({slug: model(slug) for slug in ("mini-7b-old", "mini-7b-new")})
    assert find(names, "Mini-7B-Instruct", "FoundationModel") is None
    assert find(names, "mini 7b old", "FoundationModel") == "mini-7b-old"
