"""A total order of a list: the chosen columns, then the id; the unknown always comes last."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.expressions import OrderBy


@dataclass(frozen=True)
class Key:
    """One part of an ordering."""

    name: str
    descending: bool
    nullable: bool
    field: models.Field

    def expression(self, *, backwards: bool = False) -> OrderBy:
        """Forwards the unknown comes last, backwards first. PostgreSQL thinks of NULL as the largest value."""
        descending = self.descending != backwards
        unusual = self.nullable and self.descending
        return OrderBy(
            models.F(self.name),
            descending=descending,
            nulls_last=True if unusual and not backwards else None,
            nulls_first=True if unusual and backwards else None,
        )


def keys_of(queryset: models.QuerySet[Any], known: Container[str] = ()) -> list[Key]:
    """The ordering of a queryset, made total by the id.

    Args:
        known: columns that may be unknown, but not in a row of this queryset.
    """
    names = [name for name in queryset.query.order_by or queryset.model._meta.ordering if isinstance(name, str)]
    if len(names) != len(queryset.query.order_by or queryset.model._meta.ordering) or "?" in names:
        raise TypeError("a list is paged by names of columns and annotations")
    keys = [key_of(queryset, name) for name in names]
    keys = [replace(key, nullable=key.nullable and key.name not in known) for key in keys]
    if not any(key.name in {"pk", "id"} for key in keys):
        keys.append(key_of(queryset, "-pk" if keys and keys[-1].descending else "pk"))
    return keys


def key_of(queryset: models.QuerySet[Any], name: str) -> Key:
    descending, name = name.startswith("-"), name.removeprefix("-")
    annotation = queryset.query.annotations.get(name)
    if annotation is not None:
        return Key(name, descending, nullable=True, field=annotation.output_field)
    if name == "pk":
        return Key(name, descending, nullable=False, field=queryset.model._meta.pk)
    model, nullable = queryset.model, False
    *relations, column = name.split("__")
    for relation in relations:
        link = model._meta.get_field(relation)
        nullable |= link.null
        model = link.related_model
    field = model._meta.get_field(column)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(f"{name} is no column of {queryset.model.__name__}")
    return Key(name, descending, nullable or field.null, field)


def totally_ordered(queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """The queryset with an order that does not depend on chance."""
    return queryset.order_by(*(key.expression() for key in keys_of(queryset)))
