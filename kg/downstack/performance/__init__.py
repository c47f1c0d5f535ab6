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
``decoding_share``                    how many of the sequences decode, and how many wait for their first token
``weight_reads``, ``decode_terms``    what a decode step reads, and what a layer costs in any case
``multiply_times``, ``decode_step``   its arithmetic, the step as a whole, and the time between tokens
``prefill_terms``, ``prefill``        a prompt, and the first token
``prompt_launch``                     what starting its kernels adds to that
``concurrency_latency``               how many sequences the latency target allows
``concurrency``, ``throughput``       how many sequences at once, and their tokens
``cost``, ``energy``                  what a token costs, and how much electricity it takes
``load``                              the same at the load that a deployment carries
``context``, ``context_latency``      the longest context
``agents``                            sessions of agents that pause between turns
``stacks``, ``fabric``                memory beside a chip, and what a fabric gives it
``collective_times``                  collective operations by algorithm
``dies``, ``die_yields``              dies of a wafer, and how many work
``die_costs``, ``supply_limits``      what dies and packages cost, and how many can be made
``manufacturing``                     how long an order takes
``silicon_power``                     peak rate from matrix units, energy of an operation, voltage
``market``                            a rental market: price, demand, supply and utilization feed back
``ownership``                         what an accelerator costs its owner
``token_prices``, ``energy_cost``     what tokens are sold for, by list price and by kind, and what their electricity costs
``arrivals``                          the load that settles when requests arrive at a rate
``queueing``, ``prompt_queue``        how long requests wait for a place, and prompts for each other
``service_level``                     how many requests are served in time
``service_capacity``                  how many could be
``pooling``                           several copies of models that share their machines
``fleet``                             accelerators, streams and tokens at a power budget
``disaggregation``                    prompts read on some machines, replies written on others
``whole_service``                     revenue, cost and size of a whole service
``session_growth``, ``session_cost``  sessions whose context grows, what they cost, and subscriptions
``request_time``                      what a user waits for in one request, part by part
``request_occupation``                the chips that one request takes up
``request_work``                      what it makes them do
``request_cost``, ``request_price``   what it costs on rented chips, and through an interface
``request_energy``                    how much electricity it takes
``request_hardware``                  what it wears of chips and wafers
``sessions``                          the same for a session of several requests
``ridge_points``, ``power``           what a processor balances at in each format, and what it draws
``matrix_multiplication``             one multiplication, and how tiles (``tile_quantization``) and a ``systolic_array`` fill
``on_chip_serving``                   machines that keep the model in on-chip memory
``attention_traffic``                 FlashAttention against attention that writes its scores
``paged_memory``                      a cache in blocks against a reserved one
``launch_overhead``                   kernels launched one by one against captured graphs
``chunked_prefill``                   a prompt in pieces
``speculative_decoding``              several tokens from one step
``block_scales``                      numbers that share a scale
``exchange_overlap``                  exchange beside reads and arithmetic
``sparse_attention``                  attention with an indexer, and what follows for memory, arithmetic
                                      (``sparse_sequence``) and the longest context (``sparse_context``)
``linear_attention``                  layers with a state of fixed size
``training_compute``                  arithmetic of training
``training_time``                     its time and its share of the peak
``training_memory``                   weights, gradients, optimiser and activations
``pipeline_bubble``                   what a training pipeline loses
``scaling_law``                       the loss that size and tokens reach
====================================  =============================================================================

``declare`` is the decorator, ``citations`` the publications, ``calibration`` the errors that measurements show.
"""

from __future__ import annotations

from downstack.performance import (
    agents,
    arrivals,
    attention_flops,
    attention_traffic,
    block_scales,
    chunked_prefill,
    collective,
    collective_times,
    concurrency,
    concurrency_latency,
    context,
    context_latency,
    cost,
    decode_step,
    decode_terms,
    decoding_share,
    die_costs,
    die_yields,
    dies,
    disaggregation,
    energy,
    energy_cost,
    exchange,
    exchange_overlap,
    expert_exchange,
    experts,
    fabric,
    fleet,
    flops,
    handover,
    hbm,
    kv_cache,
    launch_overhead,
    layout,
    layout_limits,
    linear_attention,
    load,
    manufacturing,
    market,
    matrices,
    matrix_multiplication,
    memory,
    multiply_times,
    number_formats,
    on_chip_serving,
    ownership,
    paged_memory,
    parameters,
    pipeline_bubble,
    pooling,
    power,
    prefill,
    prefill_terms,
    prompt_launch,
    prompt_queue,
    queueing,
    replication,
    request_cost,
    request_energy,
    request_hardware,
    request_occupation,
    request_price,
    request_time,
    request_work,
    ridge_points,
    roofline,
    scaleup,
    scaling_law,
    sequence_memory,
    service_capacity,
    service_level,
    session_cost,
    session_growth,
    sessions,
    silicon_power,
    sparse_attention,
    sparse_context,
    sparse_sequence,
    sparse_service,
    speculative_decoding,
    stacks,
    supply_limits,
    systolic_array,
    throughput,
    tile_quantization,
    token_prices,
    training_compute,
    training_memory,
    training_time,
    weight_reads,
    weights,
    whole_service,
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
    decoding_share,
    weight_reads,
    decode_terms,
    multiply_times,
    decode_step,
    prefill_terms,
    prompt_launch,
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
    ownership,
    token_prices,
    energy_cost,
    arrivals,
    queueing,
    prompt_queue,
    service_level,
    service_capacity,
    pooling,
    fleet,
    disaggregation,
    whole_service,
    session_growth,
    session_cost,
    stacks,
    fabric,
    collective_times,
    dies,
    die_yields,
    die_costs,
    supply_limits,
    manufacturing,
    silicon_power,
    request_time,
    request_occupation,
    request_work,
    request_cost,
    request_price,
    request_energy,
    request_hardware,
    sessions,
    ridge_points,
    matrix_multiplication,
    tile_quantization,
    systolic_array,
    on_chip_serving,
    power,
    attention_traffic,
    paged_memory,
    launch_overhead,
    chunked_prefill,
    speculative_decoding,
    block_scales,
    exchange_overlap,
    training_compute,
    training_time,
    training_memory,
    pipeline_bubble,
    scaling_law,
    sparse_attention,
    sparse_context,
    sparse_sequence,
    sparse_service,
    linear_attention,
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
