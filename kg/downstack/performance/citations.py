"""The publications that the formulas rest on, each written once.

A declaration names one of these, so that two functions cannot cite the same paper in two ways.
"""

from __future__ import annotations

ROOFLINE = "Williams, Waterman and Patterson: Roofline, Communications of the ACM 52(4), 2009"
SCALING_BOOK = "How to Scale Your Model, chapter on inference, jax-ml.github.io/scaling-book/inference"
GROUPED_QUERY = "Ainslie et al.: GQA, arXiv 2305.13245, 2023"
LATENT_ATTENTION = "DeepSeek-AI: DeepSeek-V2, section on multi-head latent attention, arXiv 2405.04434, 2024"
GATED_UNITS = "Shazeer: GLU Variants Improve Transformer, arXiv 2002.05202, 2020"
MIXTURE_OF_EXPERTS = "Shazeer et al.: The Sparsely-Gated Mixture-of-Experts Layer, arXiv 1701.06538, 2017"
SLIDING_WINDOW = "Jiang et al.: Mistral 7B, section on the rolling buffer cache, arXiv 2310.06825, 2023"
STATE_SPACE = "Dao, Gu: Transformers are SSMs (Mamba-2), section on the architecture, arXiv 2405.21060, 2024"
PAGED_ATTENTION = "Kwon et al.: Efficient Memory Management with PagedAttention, arXiv 2309.06180, 2023"
COLLECTIVES = "Thakur, Rabenseifner and Gropp: Optimization of Collective Communication Operations in MPICH, 2005"
NCCL_TESTS = "NVIDIA nccl-tests, doc/PERFORMANCE.md: bus bandwidth = algorithm bandwidth x 2(n-1)/n"
TENSOR_PARALLEL = "Shoeybi et al.: Megatron-LM, arXiv 1909.08053, 2019"
PIPELINE_PARALLEL = "Narayanan et al.: Efficient Large-Scale Language Model Training, arXiv 2104.04473, 2021"
EXPERT_PARALLEL = (
    "DeepSeek-AI: DeepSeek-V3 Technical Report, section on inference and deployment, arXiv 2412.19437, 2024"
)
VLLM_PARALLEL_CONFIG = (
    "vLLM, ModelConfig.verify_with_parallel_config: the attention heads must be divisible by the tensor parallel size"
)
SERVER_BOARD = "NVIDIA HGX and OCP Universal Baseboard: a server joins up to eight accelerators by scale-up links"
HBM3 = "JEDEC JESD238: High Bandwidth Memory (HBM3) DRAM, 2022"
POWER_USAGE_EFFECTIVENESS = "ISO/IEC 30134-2, Power usage effectiveness (PUE)"
LITTLE = "Little's law: mean number in a system = arrival rate x mean time in it"
CONSTANT_ELASTICITY = "Varian: Intermediate Microeconomics, chapter on market demand (demand of constant elasticity)"
DEFINITION = "by definition"
