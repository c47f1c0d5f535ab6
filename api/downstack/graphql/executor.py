"""The executor of graphql-core, without the detours that most fields of this schema do not need.

Most fields of an answer are attributes that hold what the wire takes as it is, most others are methods that take no argument
of the question, and most objects say by their class which type they are. These are recognised here; everything else goes the
way of the parent class, which also has the word where anything is not as expected. A test compares the answers of both.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import strawberry
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
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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

Method = tuple["GraphQLField", StrawberryField, "Callable[..., Any]", bool]
"""The field as graphql-core and as Strawberry has it, the function, and whether it takes `info`."""
Stored = tuple[str, type, bool, bool]
"""The attribute, the class of its value, whether there may be none, and whether it is a list of such values."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Runs one operation."""

    deadline: Deadline | None = None
    """When it has to end."""
    at_once = False
    """Whether no field of the operation has to be waited for."""
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
        name = field_details_list[0].node.name.value
        stored = stored_fields(parent_type).get(name)
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
        elif self.at_once and (method := methods(parent_type).get(name)) is not None:
            return self._call(method, parent_type, source, field_details_list, path, position_context)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def _call(
        self,
        method: Method,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Resolve a field that takes nothing from the question, as the parent class does."""
        definition, own, function, takes_info = method
        info = self.build_resolve_info(definition, [item.node for item in field_details_list], parent_type, path)
        try:
            result = (
                function(source, info=strawberry.Info(_raw_info=info, _field=own)) if takes_info else function(source)
            )
            return self.complete_value(definition.type, field_details_list, info, path, result, position_context)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is an error of this field
            self.handle_field_error(error, definition.type, field_details_list, path)
            return None

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete an object that says by its class which type it is, whether it may be missing or not."""
        if self.at_once and result is not None:
            kind = return_type.of_type if is_non_null_type(return_type) else return_type
            runtime = runtime_type(self.schema, kind, type(result))  # type: ignore[arg-type]  # classes have hashes
            if runtime is not None:
                return self.collect_and_execute_subfields(runtime, field_details_list, path, result, position_context)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

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
def methods(parent: GraphQLObjectType) -> dict[str, Method]:
    """Return the fields of a type that are methods, take nothing from the question, and need not be waited for."""
    found: dict[str, Method] = {}
    for name, item in parent.fields.items():
        own = item.extensions.get("strawberry-definition")
        resolver = own.base_resolver if isinstance(own, StrawberryField) else None
        if own is None or resolver is None or item.args or own.extensions or own.is_async or own.is_subscription:
            continue
        takes = [parameter.name for parameter in resolver.signature.parameters.values()]
        if takes in (["self"], ["self", "info"]) and resolver.self_parameter is not None:
            found[name] = item, own, cast("Callable[..., Any]", resolver.wrapped_func), len(takes) == 2
    return found


@lru_cache(maxsize=4_096)
def runtime_type(schema: GraphQLSchema, wanted: GraphQLOutputType, found: type) -> GraphQLObjectType | None:
    """Return the type of the objects of a class where that type is wanted; None where the class alone does not say."""
    if not is_abstract_type(wanted) and not is_object_type(wanted):
        return None
    definition = found.__dict__.get("__strawberry_definition__")
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_graphql_generic:
        return None
    kind = schema.get_type(definition.name)
    if not is_object_type(kind) or not (
        kind is wanted or (is_abstract_type(wanted) and schema.is_sub_type(wanted, kind))
    ):
        return None
    return kind
