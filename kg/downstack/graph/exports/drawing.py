"""Nodes and edges to draw: DOT for Graphviz, Mermaid for documents.

Both draw the layers as boxes, relations as lines and influences as dashed lines. A drawing of the whole graph is for a
program; one that a person reads is cut to the neighbourhood of an entity.
"""

from __future__ import annotations

from collections import defaultdict

from downstack.errors import UserInputError
from downstack.graph.exports import escape
from downstack.graph.exports.cut import Cut
from downstack.graph.exports.edges import drawn
from downstack.graph.model import Entity

MAX_MERMAID_EDGES = 500
"""What Mermaid draws at most unless its settings are changed."""


def _by_layer(part: Cut) -> list[tuple[str | None, list[Entity]]]:
    """Return the entities by the label of their layer, applications first, those without one last."""
    labels = {layer.number: f"{layer.number} {layer.label}" for layer in part.knowledge.layers}
    groups: dict[int, list[Entity]] = defaultdict(list)
    for item in part.entities:
        groups[item.layer or 0].append(item)
    return [(labels.get(number), groups[number]) for number in sorted(groups, key=lambda number: (number == 0, number))]


def dot_text(part: Cut) -> str:
    """Return a part of the graph in DOT."""
    lines = [
        "digraph downstack {",
        "  graph [rankdir=TB, compound=true];",
        '  node [shape=box, fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    for number, (label, entities) in enumerate(_by_layer(part)):
        if label is not None:
            lines += [f"  subgraph cluster_{number} {{", f"    label={escape.dot(label)};"]
        lines += [f"    {escape.dot(item.id)} [label={escape.dot(item.label)}];" for item in entities]
        if label is not None:
            lines.append("  }")
    for edge in drawn(part):
        style = ", style=dashed" if edge.kind == "influence" else ""
        lines.append(
            f"  {escape.dot(edge.source)} -> {escape.dot(edge.target)} [label={escape.dot(edge.label)}{style}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def mermaid_text(part: Cut) -> str:
    """Return a part of the graph as a Mermaid flowchart.

    Raises
    ------
    UserInputError
        If it has more edges than Mermaid draws.
    """
    shown = drawn(part)
    if len(shown) > MAX_MERMAID_EDGES:
        raise UserInputError(
            f"the drawing has {len(shown)} edges, and Mermaid draws at most {MAX_MERMAID_EDGES}",
            field="entity",
            hint="cut it to the neighbourhood of an entity with a small depth, or export dot or graphml",
        )
    places = {item.id: f"n{number}" for number, item in enumerate(part.entities)}
    lines = ["flowchart TB"]
    for number, (label, entities) in enumerate(_by_layer(part)):
        if label is not None:
            lines.append(f"  subgraph layer{number}[{escape.mermaid(label)}]")
        lines += [f"    {places[item.id]}[{escape.mermaid(item.label)}]" for item in entities]
        if label is not None:
            lines.append("  end")
    for edge in shown:
        arrow = "-.->" if edge.kind == "influence" else "-->"
        lines.append(f"  {places[edge.source]} {arrow}|{escape.mermaid(edge.label)}| {places[edge.target]}")
    return "\n".join(lines) + "\n"
