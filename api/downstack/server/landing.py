"""The page at ``/``: what this is, how much it holds, and a question to start from."""

from __future__ import annotations

import html
from importlib.resources import files
from urllib.parse import quote

from downstack.results import GraphInfo

EXAMPLE = (
    '{ impact(changes: [{entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: PERCENT, value: 40}], '
    'targets: ["decode_tokens_per_second", "cost_per_million_output_tokens"], where: {model: ["llama-3.1-70b"]}) '
    "{ graphVersion effects(first: 10) { nodes { quantity { id } key { model offering workload } "
    "base scenario ratio unit status } } } }"
)

_COUNTS = ("entities", "facts", "sources", "relations", "influences", "functions", "quantities")


def landing_page(info: GraphInfo, base: str = "", explorer: bool = True) -> str:
    """Return the page; everything that comes from the graph is escaped."""
    rows = "\n".join(f"<tr><th>{name}</th><td>{getattr(info, name):,}</td></tr>" for name in _COUNTS)
    link = f"{html.escape(base, quote=True)}/graphql"
    start = f'<p><a class="button" href="{link}">Open the explorer</a></p>' if explorer else ""
    docs = f' <a href="{html.escape(base, quote=True)}/docs">What this service answers where</a>.' if explorer else ""
    return (
        files("downstack.server")
        .joinpath("static", "landing.html")
        .read_text(encoding="utf-8")
        .replace("{{base}}", html.escape(base, quote=True))
        .replace("{{start}}", start)
        .replace("{{docs}}", docs)
        .replace("{{example}}", f"{link}?query={quote(EXAMPLE)}")
        .replace("{{version}}", html.escape(info.version))
        .replace("{{loaded}}", html.escape(info.loaded_at))
        .replace("{{counts}}", rows)
    )


def landing_style() -> bytes:
    """Return the style sheet of the page."""
    return files("downstack.server").joinpath("static", "landing.css").read_bytes()
