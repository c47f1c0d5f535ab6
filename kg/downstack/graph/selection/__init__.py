"""Which entities a question means: conditions, what they hold for, and in which order.

=================  ==============================================================================
``conditions``     the records that say what is wanted: classes, words, quantities, relations
``comparing``      one condition on a quantity, read against its unit and held against one fact
``select``         from conditions to the entities that meet them, as sets
``ordering``       the orders, and the place of an entity in one
=================  ==============================================================================
"""

from __future__ import annotations

from downstack.graph.selection.conditions import QuantityCondition, RelationCondition, Selection
from downstack.graph.selection.ordering import BY_SLUG, EntityOrdering, Place
from downstack.graph.selection.select import SelectedEntities, Selector

__all__ = [
    "BY_SLUG",
    "EntityOrdering",
    "Place",
    "QuantityCondition",
    "RelationCondition",
    "SelectedEntities",
    "Selection",
    "Selector",
]
