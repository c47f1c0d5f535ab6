"""What the short texts of Ecosystem Graphs say in numbers: sizes, hardware, and time of training.

The texts are prose with habits (``15B parameters (dense)``, ``320,256 GPU hours``). A text is read only when all of it is
understood; everything else is left out with the reason, because half a sentence read as a number is worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MISSING = frozenset(
    {"", "unknown", "unkown", "unknkown", "unknwon", "none", "null", "~", "n/a", "na", "tbd", "unspecified", "-"}
)
"""What the files write where they know nothing, misspellings included."""

_SCALES = {
    "": "", "k": "k", "thousand": "k", "m": "M", "million": "M", "b": "G", "billion": "G", "t": "T", "trillion": "T",
}  # fmt: skip
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*"
_SCALE = r"(?P<scale>[kKMBT]|thousand|million|billion|trillion)?\s*"
_CITED = re.compile(
    r"[,;]?\s*\(?(?:according to|as per|see)\b.*$|\s*\[\[?[^\]]*\]\]?\s*\([^)]*\)\s*$", re.IGNORECASE | re.ASCII
)

_PARAMETERS = re.compile(
    _NUMBER + _SCALE + r"param(?:eter)?s?\s*(?:\(?(?P<shape>dense|sparse|MoE)(?: model)?\)?)?", re.IGNORECASE | re.ASCII
)
_ACTIVE = re.compile(
    _NUMBER
    + _SCALE
    + r"parameters with (?P<active>\d+(?:\.\d+)?)\s*(?P<active_scale>[kKMBT]) parameters for activation"
    r"(?: \(MoE\))?",
    re.IGNORECASE | re.ASCII,
)
_TOKENS = re.compile(_NUMBER + _SCALE + r"(?P<language>[A-Z][a-z]+ )?tokens?(?: with .*)?", re.ASCII)
_BYTES = re.compile(_NUMBER + r"(?P<unit>[kMGTP]B|[KMGTP]iB)", re.ASCII)
_ACCELERATOR_TIME = re.compile(
    _NUMBER + _SCALE + r"(?:[A-Z]\w* )?(?:GPU|TPU|A100|H100|H800|V100)[\s-](?P<unit>hours?|days?)",
    re.IGNORECASE | re.ASCII,
)
_DURATION = re.compile(_NUMBER + r"(?P<unit>minutes?|hours?|days?|weeks?|months?)", re.IGNORECASE | re.ASCII)
_OPERATIONS = re.compile(_NUMBER + r"(?P<scale>peta|exa|zetta)flops?(?:/s)?[\s-]days?", re.IGNORECASE | re.ASCII)
_COUNT = re.compile(r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)\s*x?\s+(?P<rest>.+)", re.IGNORECASE | re.ASCII)
_WORD = re.compile(
    r"nvidia|amd|intel|google|cloud|tesla|tensor|core|rtx|\(?\d{2,3}\s?gb?\)?|\d{4}|[a-z]{1,2}\d{1,4}[a-z]*(?:-\d{2,3}gb?)?"
    r"|(?P<noun>gpus?|chips?|accelerators?)|(?P<tpu>tpus?|v\d[a-z]*|tpu-?v?\d[a-z]*)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value that a text states."""

    quantity: str
    value: float
    unit: str
    condition: str | None = None


Readings = tuple[Reading, ...] | str
"""What a text states, or the reason why nothing was read from it."""


def is_missing(text: str) -> bool:
    """Whether the text only says that nothing is known."""
    return text.strip().casefold() in MISSING


def read_size(text: str, kind: str) -> Readings:
    """The size of a model (``model``) or of a data set.

    Examples
    --------
    >>> read_size("15B parameters (dense)", "model")
    (Reading(quantity='published_total_parameters', value=15.0, unit='Gparameter', condition='dense'),)
    >>> read_size("1.2 trillion tokens", "dataset")
    (Reading(quantity='dataset_tokens', value=1.2, unit='Ttoken', condition=None),)
    >>> read_size("1836 tasks", "dataset")
    'neither tokens nor bytes'
    """
    text = _plain(text)
    if kind == "model":
        if match := _ACTIVE.fullmatch(text):
            active = _unit(match["active_scale"], "parameter")
            return (
                Reading("published_total_parameters", _number(match), _unit(match["scale"], "parameter"), "sparse"),
                Reading("published_active_parameters", float(match["active"]), active, "sparse"),
            )
        if match := _PARAMETERS.fullmatch(text):
            shape = (match["shape"] or "").lower().replace("moe", "sparse") or None
            return (Reading("published_total_parameters", _number(match), _unit(match["scale"], "parameter"), shape),)
        return "no number of parameters"
    if match := _TOKENS.fullmatch(text):
        language = f"{match['language'].strip()} tokens" if match["language"] else None
        return (Reading("dataset_tokens", _number(match), _unit(match["scale"], "token"), language),)
    if match := _BYTES.fullmatch(text):
        return (Reading("dataset_bytes", _number(match), match["unit"]),)
    return "neither tokens nor bytes"


def read_hardware(text: str) -> Readings:
    """How many accelerators a model was trained on.

    Examples
    --------
    >>> read_hardware("128 NVIDIA A800 (80G) GPUs")
    (Reading(quantity='training_accelerators', value=128.0, unit='chip', condition=None),)
    >>> read_hardware("256 TPU-v3")
    'TPUs that may be cores or chips'
    >>> read_hardware("8 A100 GPUs and 8 H800 GPUs")
    'no plain count of one kind of accelerator'
    """
    match = _COUNT.fullmatch(_plain(text))
    words = [_WORD.fullmatch(word) for word in match["rest"].split()] if match else []
    found = [word for word in words if word is not None]
    if (
        match is None
        or len(found) != len(words)
        or not any(word["noun"] or word["tpu"] or word[0][-1].isdigit() for word in found)
    ):
        return "no plain count of one kind of accelerator"
    if any(word["tpu"] for word in found) and not any(
        (word["noun"] or "").lower().startswith("chip") for word in found
    ):
        return "TPUs that may be cores or chips"
    return (Reading("training_accelerators", _number(match), "chip"),)


def read_time(text: str) -> Readings:
    """How long a model was trained: by the clock, over all accelerators, or in operations.

    Examples
    --------
    >>> read_time("39 days")
    (Reading(quantity='published_training_time', value=39.0, unit='day', condition=None),)
    >>> read_time("320,256 GPU hours")
    (Reading(quantity='training_accelerator_time', value=320256.0, unit='chip*h', condition=None),)
    >>> read_time("7039 petaflop/s-days")
    (Reading(quantity='training_compute', value=7039.0, unit='PFLOP/s*day', condition=None),)
    >>> read_time("less than 9 days")
    'no plain time, accelerator time or number of operations'
    """
    text = _plain(text)
    if match := _ACCELERATOR_TIME.fullmatch(text):
        unit = "chip*h" if match["unit"].lower().startswith("hour") else "chip*day"
        return (Reading("training_accelerator_time", _number(match), _unit(match["scale"], unit)),)
    if match := _DURATION.fullmatch(text):
        unit = match["unit"].lower().removesuffix("s")
        return (Reading("published_training_time", _number(match), "h" if unit == "hour" else unit),)
    if match := _OPERATIONS.fullmatch(text):
        prefix = {"peta": "P", "exa": "E", "zetta": "Z"}[match["scale"].lower()]
        return (Reading("training_compute", _number(match), f"{prefix}FLOP/s*day"),)
    return "no plain time, accelerator time or number of operations"


def read_users(text: str) -> Readings:
    """How many people use an application in a month.

    Examples
    --------
    >>> read_users("1.5 million"), read_users("a lot")
    ((Reading(quantity='active_users_monthly', value=1500000.0, unit='1', condition=None),), 'no number of people')
    """
    match = re.fullmatch(_NUMBER + _SCALE + r"(?:users|people)?", _plain(text), re.ASCII)
    if match is None:
        return "no number of people"
    scale = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[_SCALES[(match["scale"] or "").lower()]]
    return (Reading("active_users_monthly", _number(match) * scale, "1"),)


def _plain(text: str) -> str:
    return _CITED.sub("", text).strip().rstrip(".")


def _number(match: re.Match[str]) -> float:
    return float(match["number"].replace(",", ""))


def _unit(scale: str | None, unit: str) -> str:
    return _SCALES[(scale or "").lower()] + unit
