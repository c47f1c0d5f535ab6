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
CAPITAL_RECOVERY = "Grant, Ireson and Leavenworth: Principles of Engineering Economy, chapter on equivalence"
INFERENCEX_COST = "InferenceX (SemiAnalysis): cost of a million tokens = chip price / (tokens per second and chip)"
INFERENCEX_FLEET = "InferenceX (SemiAnalysis): GPUs of a facility = power / all-in power of a GPU"
OPEN_INFRA_INDEX = "DeepSeek-AI: open-infra-index, day 6, DeepSeek-V3/R1 inference system overview, 2025"
EPOCH_ENERGY = "You: How much energy does ChatGPT use?, Epoch AI, Gradient Updates, 2025"
ERLANG = "Erlang: Solution of some problems in the theory of probabilities (delay formula), 1917"
KINGMAN = "Whitt: Approximations for the GI/G/m queue, 1993 (Kingman's formula for one server, 1961)"
DISAGGREGATION = "Zhong et al.: DistServe, arXiv 2401.09670, 2024"
DIE_COST = "Hennessy and Patterson: Computer Architecture, A Quantitative Approach, section on the cost of an integrated circuit"
FLYNN_DIES = "Flynn and Luk: Computer System Design, System-on-Chip, chapter on area, cost and yield, 2011"
CLUSTERED_YIELD = (
    "Stapper: Fact and fiction in yield modeling, Microelectronics Journal 20(1-2), 1989 (negative binomial)"
)
COMPOUND_YIELD = "Murphy: Cost-size optima of monolithic integrated circuits, Proceedings of the IEEE 52(12), 1964"
SEEDS_YIELD = "Seeds: Yield and cost analysis of bipolar LSI, IEEE International Electron Devices Meeting, 1967"
POISSON_YIELD = "Leachman: IEOR 130, Methods of Manufacturing Improvement, University of California, Berkeley (Poisson)"
WAFER_300 = "SEMI M1, Specification for polished single crystal silicon wafers: 300 mm"
EXPOSURE_FIELD = "the field of a 0.33 NA scanner, 26 mm by 33 mm"
CHIP_SUPPLY = "Ning, Tziantzioulis and Wentzlaff: Supply Chain Aware Computer Architecture, ISCA 2023"
CMOS_POWER = "Hennessy and Patterson: Computer Architecture, A Quantitative Approach, section on power and energy"
PEAK_RATE = "Bekman: Machine Learning Engineering Open Book, compute/accelerator, on theoretical peak FLOPS"
FAT_TREE = "Al-Fares, Loukissas and Vahdat: A Scalable, Commodity Data Center Network Architecture, SIGCOMM 2008"
ALLREDUCE_IN_SWITCH = "Graham et al.: Scalable Hierarchical Aggregation Protocol (SHArP), COMHPC 2016"
