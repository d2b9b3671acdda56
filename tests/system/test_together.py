"""Additions that are carried out together leave what they leave one by one."""

from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, CreateModel, Migration, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from system.together import Together, together

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def key() -> "models.BigAutoField[Any, Any]":
    return models.BigAutoField(primary_key=True)


def additions() -> list[Operation]:
    """What each is to: nothing, what was there, what the one before has made."""
    return [
        CreateModel("Coin", [("id", key()), ("name", models.TextField())]),
        CreateModel("Price", [("id", key()), ("coin", models.ForeignKey("toy.Coin", models.CASCADE))]),
        AddField("Price", "close", models.FloatField(null=True)),
        AddField("Price", "before", models.ForeignKey("toy.Price", models.SET_NULL, null=True)),
        AddConstraint("Price", models.CheckConstraint(condition=models.Q(close__gt=0), name="chk_close")),
        AddIndex("Price", models.Index(fields=["coin", "close"], name="idx_close")),
        CreateModel("Venue", [("id", key()), ("coins", models.ManyToManyField("toy.Coin"))]),
        AlterField("Coin", "name", models.CharField(max_length=9)),
        AddField("Coin", "venue", models.ForeignKey("toy.Venue", models.CASCADE, null=True)),
        RunSQL("SELECT 1", "SELECT 2"),
        AddConstraint("Coin", models.UniqueConstraint(fields=["name", "venue"], name="unique_coin")),
    ]


def carried_out(operations: list[Operation], *, back: bool) -> tuple[list[str], ProjectState]:
    """The statements of the way there, or of the way back, and the state after the way there."""
    migration = type("Move", (Migration,), {"operations": operations})("0001", "toy")
    state = ProjectState()
    assert not state.apps.all_models["toy"]
    with connections["owner"].schema_editor(collect_sql=True, atomic=False) as editor:
        after = migration.apply(state.clone(), editor)
    if back:
        with connections["owner"].schema_editor(collect_sql=True, atomic=False) as editor:
            migration.unapply(state, editor)
    return editor.collected_sql, after


@pytest.mark.parametrize("back", [False, True])
def test_the_same_statements_in_the_same_order(back: bool) -> None:
    alone, state = carried_out(additions(), back=back)
    joined, same = carried_out(together(additions()), back=back)
    assert len(alone) > 10
    assert joined == alone
    assert same == state


def test_models_of_the_state_know_each_other() -> None:
    _, state = carried_out(together(additions()), back=False)
    coin, price, venue = (state.apps.get_model("toy", name) for name in ("Coin", "Price", "Venue"))
    assert price._meta.get_field("coin").related_model is coin
    assert price._meta.get_field("before").related_model is price
    assert coin._meta.get_field("venue").related_model is venue
    assert venue._meta.get_field("coins").related_model is coin
    assert {field.name for field in price._meta.get_fields()} == {"id", "coin", "close", "before", "price"}


def test_what_is_added_to_a_new_model_waits_until_it_stands() -> None:
    groups = together(additions())
    sizes = [len(group.operations) if isinstance(group, Together) else 0 for group in groups]
    assert sizes == [2, 5, 0, 1, 0, 1]
    assert together([]) == []
