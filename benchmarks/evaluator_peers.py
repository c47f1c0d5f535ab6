"""GenZ and aiconfigurator, asked one question at a time, inside an environment of their own.

Run by ``evaluators.py`` with the Python of that environment; imports nothing of downstack. Each line of the standard input is a
request ``{"way": ..., "questions": [...]}``, each line of the standard output what was found: for each question the seconds
that the call took and the milliseconds of a token that it answers, or why there is no answer. What peers print goes to the
standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Question = dict[str, Any]

H200 = {"Flops": 989, "Memory_size": 141, "Memory_BW": 4800, "ICN": 450, "real_values": True}
"""The data sheet in GenZ's own form (TFLOP/s, GB, GB/s): its package knows the H100 and not the H200."""
GENZ_SYSTEMS: dict[str, Any] = {"H100": "H100_GPU", "H200": H200}
GENZ_MODELS = {"llama-3.1-70b": "meta-llama/Llama-3.1-70B", "mixtral-8x7b": "mistralai/Mixtral-8x7B"}
CONFIGURATOR_SYSTEMS = {"H100": "h100_sxm", "H200": "h200_sxm"}
CONFIGURATOR_MODELS = {"llama-3.1-70b": "meta-llama/Meta-Llama-3.1-70B"}
MIXTRAL = "mistralai--Mixtral-8x7B-v0.1_config.json"
"""Shipped with aiconfigurator, which would ask the network for it unless it lies in a folder."""
BACKEND = "vllm"


def genz(question: Question) -> float:
    """Return GenZ's decode step: the context is the prompt and half of the answer."""
    llm: Any = importlib.import_module("GenZ")
    tensor = question["tensor_parallel"]
    found = llm.decode_moddeling(
        model=GENZ_MODELS[question["model"]],
        batch_size=question["batch"],
        input_tokens=question["input_tokens"],
        output_tokens=question["output_tokens"] // 2,
        Bb=1,
        system_name=GENZ_SYSTEMS[question["chip"]],
        bits="bf16",
        tensor_parallel=tensor,
        parallelism_heirarchy=f"TP{{{tensor}}}_EP{{1}}_PP{{1}}",
    )
    return float(found["Latency"])


@cache
def configurator_model(name: str) -> str:
    """Return a name or a folder that aiconfigurator reads without the network."""
    if name in CONFIGURATOR_MODELS:
        return CONFIGURATOR_MODELS[name]
    package: Any = importlib.import_module("aiconfigurator_core")
    folder = Path(tempfile.mkdtemp(prefix="downstack-bench-")) / name
    folder.mkdir()
    shipped = Path(package.__file__).parent / "model_configs" / MIXTRAL
    (folder / "config.json").write_bytes(shipped.read_bytes())
    return str(folder)


def configurator(question: Question, database_mode: str = "SILICON") -> float:
    """Return aiconfigurator's time per output token of a static batch, by its documented call."""
    interface: Any = importlib.import_module("aiconfigurator.cli.api")
    tensor = question["tensor_parallel"]
    experts = {"moe_tp_size": tensor, "moe_ep_size": 1} if question["model"].startswith("mixtral") else {}
    found = interface.cli_estimate(
        configurator_model(question["model"]),
        CONFIGURATOR_SYSTEMS[question["chip"]],
        mode="static_gen",
        backend_name=BACKEND,
        isl=question["input_tokens"],
        osl=question["output_tokens"],
        batch_size=question["batch"],
        tp_size=tensor,
        database_mode=database_mode,
        **experts,
    )
    if found.kv_cache_warning:
        raise ValueError("does not fit into memory")
    return float(found.tpot)


def configurator_limit(question: Question) -> float:
    """Return the same from its formulas of peak rates alone."""
    return configurator(question, "SOL")


@cache
def session(model: str, chip: str, tensor: int) -> Any:
    """Return aiconfigurator with model and tables at hand."""
    interface: Any = importlib.import_module("aiconfigurator.cli.api")
    database: Any = importlib.import_module("aiconfigurator.sdk.perf_database")
    models: Any = importlib.import_module("aiconfigurator.sdk.models")
    backends: Any = importlib.import_module("aiconfigurator.sdk.backends.factory")
    sessions: Any = importlib.import_module("aiconfigurator.sdk.inference_session")
    system = CONFIGURATOR_SYSTEMS[chip]
    tables = database.get_database_view(
        system,
        BACKEND,
        database.get_latest_database_version(system=system, backend=BACKEND),
        allow_missing_data=False,
        database_mode="SILICON",
    )
    stated = interface._build_model_config(tensor, 1, 1, None, None)
    made = models.get_model(configurator_model(model), stated, BACKEND)
    return sessions.InferenceSession(made, tables, backends.get_backend(BACKEND))


def configurator_held(question: Question) -> float:
    """Return the same number from a session that is held: the fastest that was found; it does not look at memory."""
    configuration: Any = importlib.import_module("aiconfigurator.sdk.config")
    held = session(question["model"], question["chip"], question["tensor_parallel"])
    asked = configuration.RuntimeConfig(
        batch_size=question["batch"], isl=question["input_tokens"], osl=question["output_tokens"]
    )
    return float(held.run_static_latency_only(asked, "static_gen")) / (question["output_tokens"] - 1)


WAYS: dict[str, Callable[[Question], float]] = {
    "genz": genz,
    "configurator": configurator,
    "configurator_limit": configurator_limit,
    "configurator_held": configurator_held,
}


def answer(way: str, question: Question) -> dict[str, Any]:
    """Return one answer with the time that it took."""
    started = time.perf_counter()
    try:
        found = WAYS[way](question)
    except Exception as error:  # noqa: BLE001  # a peer that fails must not end the run: what it said is the answer
        said = str(error).split(".")[0].splitlines()
        fits = "fit" not in str(error)
        return {"seconds": time.perf_counter() - started, "why": (said or [""])[0][:120] if fits else "does not fit"}
    return {"seconds": time.perf_counter() - started, "milliseconds": found}


def main() -> None:
    """Answer requests until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    for line in sys.stdin:
        request = json.loads(line)
        with contextlib.redirect_stdout(sys.stderr):
            found = [answer(request["way"], item) for item in request["questions"]]
        replies.write(json.dumps(found) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
