"""The pieces of JSON Schema that the arguments of tools are made of; none admits a property that it does not name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from downstack.engine.sampler import MAX_SAMPLES
from downstack.graph.model import LAYER_NAMES
from downstack.graphql.relay import MAX_PAGE

Schema = Mapping[str, Any]

MAX_NAME = 200
MAX_ITEMS = 1_000
LARGEST = 1e300
"""What is larger is no number of anything."""


def text(description: str, **more: Any) -> Schema:
    """Return the schema of a text of bounded length."""
    return {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "description": description, **more}


def number(description: str, **more: Any) -> Schema:
    """Return the schema of a finite number."""
    return {"type": "number", "minimum": -LARGEST, "maximum": LARGEST, "description": description, **more}


def whole(description: str, least: int, most: int, default: int | None = None) -> Schema:
    """Return the schema of a whole number."""
    given = {} if default is None else {"default": default}
    return {"type": "integer", "minimum": least, "maximum": most, "description": description, **given}


def yes_or_no(description: str, *, default: bool = False) -> Schema:
    """Return the schema of a flag."""
    return {"type": "boolean", "default": default, "description": description}


def one_of(description: str, values: tuple[str, ...], default: str | None = None) -> Schema:
    """Return the schema of a closed list of words."""
    given = {} if default is None else {"default": default}
    return {"type": "string", "enum": list(values), "description": description, **given}


def several(items: Schema, description: str, *, least: int = 1, most: int = MAX_ITEMS) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, "description": description}


def record(properties: Mapping[str, Schema], required: tuple[str, ...], description: str = "") -> Schema:
    """Return the schema of an object without further properties."""
    said = {"description": description} if description else {}
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
        **said,
    }


ENTITY = text(
    "Slug, IRI, CURIE (ds:...) or unambiguous alias of an entity, such as nvidia-h200-sxm; `search` finds it."
)
QUANTITY = text("Identifier, IRI or CURIE (dso:...) of a quantity, such as memory_bandwidth; `quantities` finds it.")
AS_OF = text("Answer with the facts of that date: YYYY-MM-DD.")
SAMPLES = whole(
    "How often to draw the uncertain facts and the errors of formulas for bands (p10, p50, p90); 0 draws nothing, 500 is "
    "enough to begin with.",
    0,
    MAX_SAMPLES,
    0,
)
AFTER = text(
    "A cursor: `endCursor` of one list under `pages` of an answer to the same question. Only that list then goes on.",
    maxLength=2_000,
)
SOURCES = yes_or_no("Name what each number rests on, with the facts and their sources.", default=True)


def first(default: int, what: str = "How many items of each list.") -> Schema:
    """Return the schema of a page size."""
    return whole(what, 1, MAX_PAGE, default)


_NAMES: Schema = {
    "anyOf": [text("One name."), several(text("A name."), "Several names.")],
    "description": "One name, or several of which any will do.",
}
ROLES = ("model", "accelerator", "offering", "workload", "framework", "provider", "application", "cluster", "market")
LAYER = one_of("A layer.", LAYER_NAMES)
WHERE = record(
    {
        **dict.fromkeys(ROLES, _NAMES),
        "layer": several(LAYER, "Layers of the quantities that are reported.", most=len(LAYER_NAMES)),
    },
    (),
    'Which combinations to look at, such as {"model": "llama-3.1-70b", "workload": "azure-2023-conv"}; all unless given.',
)
CHANGE = record(
    {
        "entity": ENTITY,
        "quantity": QUANTITY,
        "op": one_of(
            "How the value is meant: SCALE multiplies (1.4 is 1.4 times as much), PERCENT adds per cent (-30), ADD adds and "
            "SET replaces, both in `unit`.",
            ("SCALE", "PERCENT", "ADD", "SET"),
        ),
        "value": number("The factor, the per cent, or the amount in `unit`."),
        "unit": text("The unit of ADD and SET, such as TB/s.", maxLength=40),
    },
    ("entity", "quantity", "op", "value"),
    "One change of one quantity of one entity.",
)
REFERENCE = record({"entity": ENTITY, "quantity": QUANTITY}, ("entity", "quantity"), "One quantity of one entity.")

PAGES: Schema = {
    "type": "object",
    "description": "Of each list that is cut: its whole length, and the cursor to go on with.",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "totalCount": {"type": "integer"},
            "hasNextPage": {"type": "boolean"},
            "endCursor": {"type": ["string", "null"]},
        },
        "required": ["totalCount", "hasNextPage", "endCursor"],
    },
}


def listed(description: str) -> Schema:
    """Return the schema of a list in an answer."""
    return {"type": "array", "description": description}


def told(kind: str, description: str, *, maybe: bool = False) -> Schema:
    """Return the schema of a value in an answer."""
    return {"type": [kind, "null"] if maybe else kind, "description": description}


def answer(fields: Mapping[str, Schema]) -> Schema:
    """Return the schema of an answer: the graph version, and these fields."""
    version = told("string", "The graph version that answered: a content hash.")
    return {"type": "object", "properties": {"graphVersion": version, **fields}, "required": ["graphVersion"]}
