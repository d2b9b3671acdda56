"""Settings in the admin."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.translation import override

from system import configuration
from system.admin_settings import NAME_OF_ROW, ValuesForm, fields_of
from system.admin_told import changes, in_short, values_of
from system.configuration import ConfigGroup
from system.models import AuditLog, SystemConfig, SystemConfigHistory
from system.selectors.audit import audit_of
from system.services import change_setting, ensure_settings, setting
from tests.doors import client_of
from tests.factories import AdminFactory
from tests.pages.html import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Any:
    return AdminFactory()


@pytest.fixture
def client(admin: Any) -> Client:
    return client_of(admin)


def row_of(key: str) -> SystemConfig:
    ensure_settings()
    return SystemConfig.objects.get(key=key)


def address(row: SystemConfig, page: str) -> str:
    return f"/admin/system/systemconfig/{row.pk}/{page}/"


def typed(form: ValuesForm) -> dict[str, Any]:
    """What a browser would send of a form that nobody has touched."""
    found: dict[str, Any] = {}
    for name in form.fields:
        shown = read_inputs(str(form[name]))
        found |= shown
    return found


def read_inputs(html: str) -> dict[str, Any]:
    """Names and values of the inputs in a piece of a page."""
    page, found = read(HttpResponse(html)), dict[str, Any]()
    for one in page.every("input"):
        given = one.attributes
        if given.get("type") in {"checkbox", "radio"}:
            if "checked" in given:
                found.setdefault(given["name"], []).append(given.get("value", "on"))
        else:
            found[given["name"]] = given.get("value", "")
    for one in page.every("textarea"):
        found[one.attributes["name"]] = one.text
    for one in page.every("select"):
        chosen = [option for option in one.every("option") if "selected" in option.attributes]
        found[one.attributes["name"]] = chosen[0].attributes["value"] if chosen else ""
    return found


def send(client: Client, row: SystemConfig, given: Mapping[str, Any]) -> Any:
    """Send a change, look at it, and confirm it."""
    looked = client.post(address(row, "values"), given)
    assert looked.status_code == 200
    hidden = dict(looked.context["hidden"])
    return client.post(address(row, "values"), {**given, **hidden})


def test_fields_have_words_and_ranges_and_are_looked_at_before_they_are_saved(client: Client, admin: Any) -> None:
    row = row_of("watchlist_limits")
    shown = client.get(address(row, "values"))
    field = shown.context["form"].fields["tier1_max"]
    assert (field.label, field.min_value) == ("Most assets of the tier 1 list", 1)
    assert f"From 1 to {field.max_value:,}. Default: 20." in shown.content.decode()
    given = typed(shown.context["form"]) | {"tier1_max": 12}
    looked = client.post(address(row, "values"), given)
    assert looked.context["rows"] == [("Most assets of the tier 1 list", "20", "12")]
    assert setting("watchlist_limits")["tier1_max"] == 20
    seen = dict(looked.context["hidden"])["seen"]
    other = given | {"tier1_max": 13, "seen": seen}
    assert client.post(address(row, "values"), other).status_code == 200, "another change than was looked at"
    assert client.post(address(row, "values"), given | {"seen": seen}).status_code == 302
    assert setting("watchlist_limits")["tier1_max"] == 12
    assert SystemConfigHistory.objects.filter(key="watchlist_limits", changed_by=admin).exists()
    assert AuditLog.objects.get().changed_by == admin
    assert audit_of(row)[0].changes == [("value.tier1_max", 20, 12)]


def test_a_change_that_somebody_else_has_overtaken_is_looked_at_again(client: Client, admin: Any) -> None:
    row = row_of("watchlist_limits")
    given = typed(client.get(address(row, "values")).context["form"]) | {"tier1_max": 12}
    seen = dict(client.post(address(row, "values"), given).context["hidden"])["seen"]
    change_setting(row.key, {**setting(row.key), "tier2_max": 50}, actor=admin)
    answer = client.post(address(row, "values"), given | {"seen": seen})
    assert answer.status_code == 200
    assert [one.label for one in answer.context["rows"]] == [
        "Most assets of the tier 1 list",
        "Most assets of the tier 2 list",
    ]


def test_a_field_out_of_its_range_is_refused_beside_itself(client: Client) -> None:
    row = row_of("watchlist_limits")
    answer = client.post(address(row, "values"), {"tier1_max": 0, "tier2_max": "many", "personal_max": 25})
    assert set(answer.context["form"].errors) == {"tier1_max", "tier2_max", "personal_lists_max"}
    assert setting("watchlist_limits")["tier1_max"] == 20


def test_a_value_is_not_changed_as_json(client: Client) -> None:
    """The page of the row shows it; nothing that is sent there changes anything."""
    row = row_of("watchlist_limits")
    assert client.post(address(row, "change"), {"value": '{"tier1_max": 1}'}).status_code == 403
    page = read(client.get(address(row, "change")))
    assert ["Most assets of the tier 1 list", "20", "20"] in page.one("table", cls="told").rows()
    assert not page.every("textarea")


def test_all_of_a_group_goes_back_to_its_defaults(client: Client, admin: Any) -> None:
    row = row_of("watchlist_limits")
    assert client.get(address(row, "reset")).status_code == 302, "nothing to reset"
    change_setting(row.key, {**setting(row.key), "tier1_max": 12, "personal_max": 9}, actor=admin)
    looked = client.get(address(row, "reset"))
    assert [tuple(one)[1:] for one in looked.context["rows"]] == [("12", "20"), ("9", "25")]
    seen = dict(looked.context["hidden"])["seen"]
    assert client.post(address(row, "reset"), {"seen": "[]"}).status_code == 200
    assert setting(row.key)["tier1_max"] == 12
    assert client.post(address(row, "reset"), {"seen": seen}).status_code == 302
    assert setting(row.key) == configuration.group(row.key).default


def test_feeds_are_rows_with_an_input_in_each_cell(client: Client) -> None:
    row = row_of("news")
    given = typed(client.get(address(row, "values")).context["form"])
    first = setting("news")["feeds"][0]
    assert given["feeds-0-url"] == first["url"]
    new = {"name": "example", "url": "https://example.org/feed", "language": "en"}
    place = int(given["feeds-rows"]) - 1
    given |= {f"feeds-{place}-{name}": value for name, value in new.items()}
    given |= {f"feeds-0-{name}": "" for name in new}
    looked = client.post(address(row, "values"), given)
    assert [tuple(one) for one in looked.context["rows"]] == [
        ("Feeds", f"{first['name']} · {first['url']} · en", "example · https://example.org/feed · en")
    ]
    assert send(client, row, given).status_code == 302
    assert setting("news")["feeds"][-1] == new
    assert first not in setting("news")["feeds"]
    wrong = client.post(address(row, "values"), given | {"feeds-1-url": "ftp://example.org"})
    assert wrong.context["form"].errors["feeds"] == ["Row 2, Address: This cannot stand here. Begins with https://"]
    assert 'value="ftp://example.org"' in wrong.content.decode()


def test_budgets_name_sources_that_there_are(client: Client) -> None:
    row = row_of("outgoing")
    given = typed(client.get(address(row, "values")).context["form"])
    given |= {"budgets-0-*": "binance", "budgets-0-limit": "100", "budgets-0-seconds": "60"}
    given |= {"budgets-1-*": "binance", "budgets-1-limit": "5", "budgets-1-seconds": "1", "budgets-1-calls": "on"}
    assert send(client, row, given).status_code == 302
    assert setting("outgoing")["budgets"] == {
        "binance": [{"limit": 100, "seconds": 60}, {"limit": 5, "seconds": 1, "calls": True}]
    }
    unknown = client.post(address(row, "values"), given | {"budgets-1-*": "nobody"})
    assert list(unknown.context["form"].errors) == ["budgets"]
    nameless = client.post(address(row, "values"), given | {"budgets-1-*": ""})
    assert list(nameless.context["form"].errors) == ["budgets"]


def test_lines_are_judged_one_by_one(client: Client) -> None:
    row = row_of("delivery")
    given = typed(client.get(address(row, "values")).context["form"])
    wrong = client.post(address(row, "values"), given | {"ntfy_servers": "https://a.example\nb example"})
    (error,) = wrong.context["form"].errors["ntfy_servers"]
    assert error.startswith("Line 2: This cannot stand here.")
    assert "b example" in wrong.content.decode()
    assert send(client, row, given | {"ntfy_servers": "https://a.example\n\n https://b.example "}).status_code == 302
    assert setting("delivery")["ntfy_servers"] == ["https://a.example", "https://b.example"]


def test_a_list_shows_what_differs_from_the_defaults(client: Client, admin: Any) -> None:
    row = row_of("imports")
    change_setting(row.key, {**setting(row.key), "largest_mb": 12}, actor=admin)
    page = read(client.get("/admin/system/systemconfig/"))
    cells = [cell.text for cell in page.every("td", cls="field-in_short")]
    assert any("Largest file: 12 MB" in cell for cell in cells)
    assert any("All as delivered" in cell for cell in cells)
    assert not any("{" in cell for cell in cells)
    past = client.get("/admin/system/systemconfighistory/").content.decode()
    assert "Largest file: 12" in past


def test_what_nothing_uses_any_more_is_shown_and_not_changed(client: Client) -> None:
    row = SystemConfig.objects.create(key="former", value={"a": 1})
    assert "Nothing uses it any more." in client.get("/admin/system/systemconfig/").content.decode()
    assert "{&quot;a&quot;: 1}" in client.get(address(row, "change")).content.decode()
    for page in ("values", "reset"):
        assert client.get(address(row, page)).status_code == 302
        assert client.post(address(row, page), {"a": 2}).status_code == 302
    row.refresh_from_db()
    assert row.value == {"a": 1}


def test_every_group_has_a_form_that_takes_its_own_default() -> None:
    """What the form makes of a default is the default again: no type is lost on the way."""
    for group in configuration.groups():
        form = ValuesForm(group, group.default, typed(ValuesForm(group, group.default)))
        assert form.is_valid(), (group.key, form.errors)
        assert form.value == group.default, group.key
        assert changes(group, group.default, form.value) == []
        assert in_short(group.key, group.default) == "All as delivered"


def paths_of(group: ConfigGroup) -> Iterator[str]:
    """Everything that an admin may enter."""
    for path, schema in fields_of(group.properties):
        yield path
        rest = schema.get("additionalProperties") or {}
        items = schema.get("items") or (rest.get("items") if isinstance(rest, dict) else None) or {}
        if rest:
            yield f"{path}.{NAME_OF_ROW}"
        for name in items.get("properties", {}):
            yield f"{path}.{name}"


def test_everything_that_may_be_entered_has_words() -> None:
    for group in configuration.groups():
        assert group.title, group.key
        paths = set(paths_of(group))
        assert paths <= group.words.keys(), (group.key, paths - group.words.keys())
        assert len({one.label for one in values_of(group, group.default)}) == len(values_of(group, group.default))
        # Nothing is entered as JSON.
        for field in ValuesForm(group, group.default).fields.values():
            assert "JSON" not in type(field).__name__, group.key


def test_numbers_are_told_as_the_reader_writes_them() -> None:
    group = configuration.group("imports")
    with override("fa"):
        (told,) = changes(group, {"most_rows": 50_000}, {"most_rows": 1_500})
        assert (told.before, told.after) == ("۵۰٬۰۰۰", "۱٬۵۰۰")
