"""The executor of graphql-core, without the detours that most fields of this schema do not need.

Most fields of an answer are attributes that hold what the wire takes as it is, and most objects say by their class which type
they are. Both are recognised here; everything else goes the way of the parent class, which also has the word where anything is
not as expected. A test compares the answers of both.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

if TYPE_CHECKING:
    from downstack.deadline import Deadline
    from graphql import FieldNode, GraphQLField, GraphQLOutputType
    from graphql.pyutils import Path

LOOKS = 32
"""Fields between two looks at the clock."""
_LARGEST = 2**31 - 1
_PLAIN: dict[object, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLInt: int,
    GraphQLFloat: float,
    GraphQLBoolean: bool,
}

Stored = tuple[str, type, bool, bool]
"""The attribute, the class of its value, whether there may be none, and whether it is a list of such values."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Runs one operation."""

    deadline: Deadline | None = None
    """When it has to end."""
    _count = 0
    _over = False

    def build_resolve_info(
        self, field_def: GraphQLField, field_nodes: list[FieldNode], parent_type: GraphQLObjectType, path: Path
    ) -> GraphQLResolveInfo[Any]:
        """Look at the clock now and then, also where no formula is evaluated."""
        self._count += 1
        if self.deadline is not None and (self._over or self._count % LOOKS == 0):
            self._over = self.deadline.passed
            self.deadline.check()
        return super().build_resolve_info(field_def, field_nodes, parent_type, path)

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Path, position_context: Any
    ) -> Any:
        """Read an attribute that holds the value, or resolve the field."""
        stored = stored_fields(parent_type).get(field_details_list[0].node.name.value)
        if stored is not None:
            attribute, plain, optional, listed = stored
            value: Any = getattr(source, attribute, stored)
            kind: object = type(value)
            if value is None:
                if optional:
                    return None
            elif listed:
                if kind is list and all(type(item) is plain for item in value):
                    return value
            elif kind is plain and (
                plain is str
                or plain is bool
                or (plain is int and -_LARGEST <= value <= _LARGEST)
                or (plain is float and math.isfinite(value))
            ):
                return value
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object that says by its class which type it is, or ask for its type."""
        runtime = runtime_type(self.schema, return_type, type(result))  # type: ignore[arg-type]  # classes have hashes
        if runtime is None:
            return super().complete_abstract_value(
                return_type, field_details_list, info, path, result, position_context
            )
        return self.collect_and_execute_subfields(runtime, field_details_list, path, result, position_context)


@lru_cache(maxsize=2_048)
def stored_fields(parent: GraphQLObjectType) -> dict[str, Stored]:
    """Return the fields of a type that are attributes with values that need no conversion."""
    found: dict[str, Stored] = {}
    for name, item in parent.fields.items():
        own = item.extensions.get("strawberry-definition")
        if not isinstance(own, StrawberryField) or not own.is_basic_field or own.default_resolver is not getattr:
            continue
        kind: GraphQLOutputType = get_nullable_type(item.type)
        optional = not is_non_null_type(item.type)
        if kind in _PLAIN:
            found[name] = own.python_name, _PLAIN[kind], optional, False
        elif is_list_type(kind) and _PLAIN.get(get_nullable_type(kind.of_type)) is str:
            found[name] = own.python_name, str, optional, True
    return found


@lru_cache(maxsize=2_048)
def runtime_type(schema: GraphQLSchema, abstract: GraphQLAbstractType, found: type) -> GraphQLObjectType | None:
    """Return the type of the objects of a class; None where the class alone does not say."""
    definition = found.__dict__.get("__strawberry_definition__")
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_graphql_generic:
        return None
    kind = schema.get_type(definition.name)
    if not is_object_type(kind) or not schema.is_sub_type(abstract, kind):
        return None
    return kind
