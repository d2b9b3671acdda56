"""Settings in the admin."""

import json
from typing import Any

import pytest
from django.utils.html import escape

from system import configuration
from system.admin_settings import ValuesForm, differences
from system.models import AuditLog, SystemConfig, SystemConfigHistory
from system.selectors.audit import audit_of
from system.services import ensure_settings, setting
from tests.doors import client_of
from tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


def test_a_setting_is_changed_with_its_history_and_trail() -> None:
    ensure_settings()
    admin, row = AdminFactory(), SystemConfig.objects.get(key="watchlist_limits")
    address = f"/admin/system/systemconfig/{row.pk}/change/"
    value = '{"tier1_max": 10, "tier2_max": 100, "personal_max": 25, "personal_lists_max": 10}'
    assert client_of(admin).post(address, {"value": value}).status_code == 302
    assert setting("watchlist_limits")["tier1_max"] == 10
    assert SystemConfigHistory.objects.filter(key="watchlist_limits", changed_by=admin).exists()
    assert AuditLog.objects.get().changed_by == admin


LIMITS = '{"tier1_max": %s, "tier2_max": 100, "personal_max": 25, "personal_lists_max": 10}'


def refused(value: str) -> Any:
    """The form after a value that is refused, with the reason beside the field."""
    ensure_settings()
    row = SystemConfig.objects.get(key="watchlist_limits")
    answer = client_of(AdminFactory()).post(f"/admin/system/systemconfig/{row.pk}/change/", {"value": value})
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert list(form.errors) == ["value"]
    assert escape(form.errors["value"][0]) in answer.content.decode()
    assert setting("watchlist_limits")["tier1_max"] == 20
    assert not AuditLog.objects.exists()
    return form


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (LIMITS % "0", "tier1_max: 0 is less than the minimum of 1"),
        (LIMITS % '"many"', "tier1_max: 'many' is not of type 'integer'"),
        ('{"tier1_max": 5}', "value: 'personal_lists_max' is a required property"),
        ('["x"]', "value: ['x'] is not of type 'object'"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_the_field(value: str, reason: str) -> None:
    form = refused(value)
    assert form.errors["value"] == [reason]
    assert json.loads(form["value"].value()) == json.loads(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (LIMITS % "NaN", "A number is too large, or none."),
        (LIMITS % "1e999", "A number is too large, or none."),
        (LIMITS % r'"\ud800"', "A text contains a character that cannot be stored."),
        (r'{"\u0000": 1}', "A text contains a character that cannot be stored."),
        ("[" * 101 + "]" * 101, "Lists and objects may be nested 100 levels deep."),
        ("[" * 2_000, "Enter a valid JSON."),
        ("{", "Enter a valid JSON."),
    ],
)
def test_what_cannot_be_stored_comes_back_as_it_was_typed(value: str, reason: str) -> None:
    form = refused(value)
    assert form.errors["value"] == [reason]
    assert form["value"].value() == value


def values(row: SystemConfig, client: Any, **given: Any) -> Any:
    return client.post(f"/admin/system/systemconfig/{row.pk}/values/", given)


def test_fields_have_types_and_ranges_and_are_looked_at_before_they_are_saved() -> None:
    ensure_settings()
    admin, row = AdminFactory(), SystemConfig.objects.get(key="watchlist_limits")
    client = client_of(admin)
    shown = client.get(f"/admin/system/systemconfig/{row.pk}/values/")
    field = shown.context["form"].fields["tier1_max"]
    assert (field.min_value, shown.context["form"].initial["tier1_max"]) == (1, 20)
    assert f"From 1 to {field.max_value}. Default: 20." in shown.content.decode()
    given = {name: shown.context["form"].initial[name] for name in shown.context["form"].fields} | {"tier1_max": 12}
    looked = values(row, client, **given)
    assert looked.context["rows"] == [("tier1_max", "20", "12")]
    assert setting("watchlist_limits")["tier1_max"] == 20
    seen = dict(looked.context["hidden"])["seen"]
    assert values(row, client, **given | {"tier1_max": 13, "seen": seen}).status_code == 200, "another change"
    assert values(row, client, **given, seen=seen).status_code == 302
    assert setting("watchlist_limits")["tier1_max"] == 12
    assert AuditLog.objects.get().changed_by == admin
    assert audit_of(row)[0].changes == [("value.tier1_max", 20, 12)]


def test_a_field_out_of_its_range_is_refused_beside_itself() -> None:
    ensure_settings()
    row = SystemConfig.objects.get(key="watchlist_limits")
    answer = values(row, client_of(AdminFactory()), tier1_max=0, tier2_max="many", personal_max=25)
    assert set(answer.context["form"].errors) == {"tier1_max", "tier2_max", "personal_lists_max"}
    assert setting("watchlist_limits")["tier1_max"] == 20


def test_every_group_has_a_form_that_takes_its_own_default() -> None:
    """What the form makes of a default is the default again: no type is lost on the way."""
    for group in configuration.groups():
        blank = ValuesForm(group, group.default)
        typed = {name: blank[name].value() for name in blank.fields}
        form = ValuesForm(group, group.default, {name: value for name, value in typed.items() if value is not None})
        assert form.is_valid(), (group.key, form.errors)
        assert differences(group.default, form.cleaned_data) == [], group.key
