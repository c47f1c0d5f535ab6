"""Analytical performance functions: what a model, a workload, a chip and a price imply, in closed form.

One phenomenon is one module; each function is declared with :func:`performance_function`, which says what it returns,
in which units, where it holds and who published it. The map, in the order in which a number is built up:

====================================  =============================================================================
``matrices``, ``parameters``          weights of a transformer from its configuration
``weights``                           bytes of the weights
``kv_cache``, ``sequence_memory``     bytes of keys and values, for a token and for a sequence
``memory``                            free memory, and how many sequences it holds
``experts``                           how many experts a step reads
``attention_flops``, ``flops``        arithmetic of a prompt and of a new token
``roofline``, ``hbm``                 what chips read and multiply in a second
``number_formats``                    the rate in the format that a deployment states
``layout``, ``replication``           how chips share a model, and what they hold more than once
``layout_limits``, ``scaleup``        which layouts are possible
``collective``                        all-reduces between tensor-parallel chips
``handover``, ``expert_exchange``     what stages and experts exchange
``exchange``                          all of it together
``decode_terms``, ``decode_step``     a decode step, and the time between tokens
``prefill``                           a prompt, and the first token
``concurrency_latency``               how many sequences the latency target allows
``concurrency``, ``throughput``       how many sequences at once, and their tokens
``cost``, ``energy``                  what a token costs, and how much electricity it takes
``load``                              the same at the load that a deployment carries
``context``, ``context_latency``      the longest context
``agents``                            sessions of agents that pause between turns
``market``                            a rental market: price, demand, supply and utilization feed back
====================================  =============================================================================

``declare`` is the decorator, ``citations`` the publications, ``calibration`` the errors that measurements show.
"""

from __future__ import annotations

from downstack.performance import (
    agents,
    attention_flops,
    collective,
    concurrency,
    concurrency_latency,
    context,
    context_latency,
    cost,
    decode_step,
    decode_terms,
    energy,
    exchange,
    expert_exchange,
    experts,
    flops,
    handover,
    hbm,
    kv_cache,
    layout,
    layout_limits,
    load,
    market,
    matrices,
    memory,
    number_formats,
    parameters,
    prefill,
    replication,
    roofline,
    scaleup,
    sequence_memory,
    throughput,
    weights,
)
from downstack.performance.declare import (
    REGISTRY,
    Array,
    Constant,
    Example,
    Regimes,
    RelativeError,
    Validity,
    performance_function,
)

MODULES = (
    matrices,
    parameters,
    weights,
    kv_cache,
    sequence_memory,
    memory,
    experts,
    attention_flops,
    flops,
    roofline,
    number_formats,
    hbm,
    layout,
    layout_limits,
    scaleup,
    replication,
    collective,
    handover,
    expert_exchange,
    exchange,
    decode_terms,
    decode_step,
    prefill,
    concurrency_latency,
    concurrency,
    throughput,
    cost,
    energy,
    load,
    context,
    context_latency,
    agents,
    market,
)
"""The modules whose import fills the registry."""

__all__ = [
    "MODULES",
    "REGISTRY",
    "Array",
    "Constant",
    "Example",
    "Regimes",
    "RelativeError",
    "Validity",
    "performance_function",
]
