"""Nodes and edges for programs that analyse graphs (Gephi, yEd, networkx): GraphML 1.0.

A node is an entity, an edge a relation or an influence with its source; facts are not in it (they are a table).
"""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

from downstack.graph.exports.cut import Cut
from downstack.graph.exports.edges import edges
from downstack.graph.exports.escape import xml

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_NODE = {"label": "string", "type": "string", "layer": "int", "iri": "string"}
_EDGE = {"kind": "string", "label": "string", "as_of": "string", "source": "string", "iri": "string"}


def graphml_text(part: Cut) -> str:
    """Return a part of the graph as GraphML; parallel edges are kept, each has the name of its statement."""
    root = ET.Element("graphml", {"xmlns": NAMESPACE})
    for target, keys in (("node", _NODE), ("edge", _EDGE)):
        for name, kind in keys.items():
            ET.SubElement(root, "key", {"id": f"{target}_{name}", "for": target, "attr.name": name, "attr.type": kind})
    graph = ET.SubElement(root, "graph", {"id": xml(part.knowledge.version), "edgedefault": "directed"})
    for item in part.entities:
        node = ET.SubElement(graph, "node", {"id": xml(item.id)})
        _data(node, "node", {"label": item.label, "type": item.type, "layer": item.layer, "iri": item.iri})
    for edge in edges(part):
        element = ET.SubElement(
            graph, "edge", {"id": xml(edge.iri), "source": xml(edge.source), "target": xml(edge.target)}
        )
        values: dict[str, str | int | None] = {
            "kind": edge.kind, "label": edge.label, "as_of": edge.as_of, "source": edge.cited, "iri": edge.iri
        }  # fmt: skip
        _data(element, "edge", values)
    ET.indent(root)
    out = io.BytesIO()
    ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue().decode("utf-8") + "\n"


def _data(element: ET.Element, target: str, values: dict[str, str | int | None]) -> None:
    for name, value in values.items():
        if value is not None:
            ET.SubElement(element, "data", {"key": f"{target}_{name}"}).text = xml(str(value))
