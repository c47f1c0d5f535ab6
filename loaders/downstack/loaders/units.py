"""How source tables spell units, and how the unit registry does.

A spelling that neither this table nor the registry has is a rejection with its row: a unit is never guessed. Prefixed counts
(``billion`` transistors) become prefixed units, so that the literal of the source stays the value.
"""

from __future__ import annotations

from downstack.errors import UnitError
from downstack.units import check

SPELLINGS: dict[str, str] = {
    "": "1",
    "%": "%",
    "% monthly uptime": "%",
    "% of 512-token blocks": "%",
    "B": "byte",
    "KiB": "KiB",
    "MB": "MB",
    "MiB": "MiB",
    "GB": "GB",
    "GiB": "GiB",
    "GB/s": "GB/s",
    "Gb/s": "Gbit/s",
    "Tb/s": "Tbit/s",
    "Pb/s": "Pbit/s",
    "bit": "1",
    "TFLOP/s": "TFLOP/s",
    "TOP/s": "TOP/s",
    "FLOP": "FLOP",
    "W": "W",
    "MW": "MW",
    "MHz": "MHz",
    "ns": "ns",
    "us": "us",
    "s": "s",
    "mm2": "mm^2",
    "MTr/mm2": "Mtransistor/mm^2",
    "billion": "Gtransistor",
    "defects/cm2": "defect/cm^2",
    "chips": "chip",
    "accelerators": "chip",
    "cards": "chip",
    "sockets": "chip",
    "GPUs": "chip",
    "TPUs": "chip",
    "XPUs": "chip",
    "H100e": "chip",
    "units": "chip",
    "stacks": "stack",
    "dies": "die",
    "dies/wafer": "die/wafer",
    "packages/wafer": "1/wafer",
    "channels": "1",
    "links": "1",
    "lanes": "1",
    "ports": "1",
    "cores": "1",
    "SM": "1",
    "CU": "1",
    "MME": "1",
    "NeuronCore-v2": "1",
    "NeuronCore-v3": "1",
    "NeuronCore-v4": "1",
    "PCU": "1",
    "PEs": "1",
    "Tensix": "1",
    "TensorCores": "1",
    "ratio": "1",
    "x": "1",
    "wafers/month": "wafer/month",
    "wafers/year": "wafer/year",
    "USD": "USD",
    "USD/h": "USD/h",
    "USD/chip-h": "USD/h",
    "USD/GB": "USD/GB",
    "USD/300mm wafer": "USD/wafer",
    "USD/Mtok": "USD/Mtoken",
    "USD/yr": "USD/year",
    "billion USD": "GUSD",
    "params": "parameter",
    "tokens": "token",
    "tokens/day": "token/day",
    "tokens/turn": "token",
    "turns": "1",
    "sessions": "1",
    "requests": "1",
    "users": "1",
    "A100-80GB GPU h": "chip*h",
    "H100-80GB GPU h": "chip*h",
    "H800 GPU h": "chip*h",
    "h": "h",
    "tCO2eq": "tonne",
    "datapoints/tokens": "token",
    "tokens/attempt": "token",
    "tokens/min": "token/min",
    "nodes (8 GPUs)": "1",
    "subscribers": "1",
    "messages/day": "1/day",
    "queries/month": "1/month",
    "requests/month": "1/month",
    "USD/day": "USD/day",
    "USD/month": "USD/month",
    "USD/user/month": "USD/month",
    "% cost profit margin": "%",
    "% of context": "%",
    "NVIDIA H100 SXM5 80GB": "chip",
    "NVIDIA GB200": "chip",
    "NVIDIA B200": "chip",
    "Amazon Trainium2": "chip",
}
"""Unit as a table writes it -> unit as the registry knows it.

``USD/chip-h`` is ``USD/h`` of an offering of one chip: the only tables that use it price single-chip offerings, and
the loader checks that. ``bit`` is the width of an interface, a count of pins. A table of clusters counts its chips in the chip's
own name: the relation hasAccelerator says which they are. What a price of a plan is for each user is said by its quantity.
"""


def spell(unit: str) -> str | None:
    """The registry's spelling of a source unit: as this table has it, or else as it stands if the registry knows it.

    Examples
    --------
    >>> spell("mm2")
    'mm^2'
    >>> spell("TB/s")
    'TB/s'
    >>> spell("furlongs") is None
    True
    """
    written = unit.strip()
    known = SPELLINGS.get(written)
    if known is not None:
        return known
    try:
        check(written)
    except UnitError:
        return None
    return written
