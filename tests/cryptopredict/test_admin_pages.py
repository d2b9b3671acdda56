"""Every model is in the admin, opens with rows, needs no query per row, and history cannot be changed there."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import PriceData, PriceDataArchive
from cryptopredict import urls  # noqa: F401 - loads the pages of the admin
from macro.models import ExternalValue
from system.acting import done_by
from system.admin_base import AdminPage, History, HistoryInline
from system.admin_empty import COMES_FROM, comes_from
from system.models import RowChange, RowChangeChain
from system.services.rows import change_row
from tests import factories as make
from tests.cryptopredict.admin_rows import ROWS
from tests.doors import client_of, queries
from tests.pages.html import browser, read

pytestmark = pytest.mark.django_db
COMPOSITE = {PriceData, PriceDataArchive, ExternalValue}
"""Models whose key has several columns; the admin cannot register them."""
ONE_ROW = {RowChangeChain}
"""Models that never have a second row, which is no list."""
OWN = ("accounts", "aimodels", "assets", "macro", "sectors", "selection", "system", "trading")
VIEWS = ("selection_suggestionperformance_report", "trading_tradeaction_venues")
"""Pages that are no list of rows."""
MORE_OF_A_FILTER = 2
"""Queries: the name of what is chosen, and what it shows of it."""
MAY_ADD = {"accounts.User", "accounts.ApiToken"}


@pytest.fixture
def client() -> Client:
    return client_of(make.AdminFactory())


@pytest.fixture
def _no_sidebar(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same on every page, takes half of the time of each, and has a test of its own."""
    monkeypatch.setattr(admin.site, "get_sidebar_list", lambda _request: [])


def page_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_every_model_is_registered() -> None:
    own = {model for app in OWN for model in apps.get_app_config(app).get_models()}
    assert {model for model in own if not admin.site.is_registered(model)} == COMPOSITE | ONE_ROW
    assert {model._meta.label for model in admin.site._registry} == ROWS.keys()
    assert not admin.site.is_registered(Group)


@pytest.mark.usefixtures("_no_sidebar")
def test_numbers_of_a_list_have_no_idle_zeros_and_times_their_zone(client: Client) -> None:
    at = datetime(2026, 11, 22, 14, 39, tzinfo=UTC)
    make.AssetFactory(symbol="ABC", current_price="79049.55242", last_price_update=at)
    cells = client.get("/admin/assets/asset/").content.decode()
    assert "79,049.55242" in cells
    assert "79,049.552420" not in cells
    assert "2026-11-22 14:39 UTC" in cells
    assert [*client.get("/admin/assets/asset/?o=4").context["cl"].get_ordering_field_columns()] == [4]


@pytest.mark.usefixtures("_no_sidebar")
def test_numbers_and_times_are_in_the_digits_of_the_language() -> None:
    """Of lists, of what is only shown, of how many there are and of the way to a day; addresses stay as they are."""
    client = browser(make.AdminFactory(), "fa")
    at = datetime(2026, 11, 22, 14, 39, tzinfo=UTC)
    asset = make.AssetFactory(symbol="ABC12", current_price="79049.55242", market_cap_rank=17, last_price_update=at)
    rows = read(client.get("/admin/assets/asset/?q=ABC12"))
    shown = rows.text
    for word in ("۷۹٬۰۴۹٫۵۵۲۴۲", "۱۷", "۲۰۲۶-۱۱-۲۲ ۱۴:۳۹ UTC", "ABC12", "۱ دارایی", "۱ نتیجه"):
        assert word in shown
    assert f"/admin/assets/asset/{asset.pk}/change/" in client.get("/admin/assets/asset/").content.decode()
    assert "۲۰۲۶-۱۱-۲۲ ۱۴:۳۹ UTC" in read(client.get(f"/admin/assets/asset/{asset.pk}/change/")).text
    make.SuggestionFactory()
    queue = read(client.get("/admin/selection/aisuggestion/?state=all")).one("table", id="result_list")
    assert [row.one("td", cls="field-age").text[0] for row in queue.one("tbody").every("tr")] == ["۰"]


@pytest.mark.usefixtures("_no_sidebar")
@pytest.mark.parametrize("label", ROWS)
def test_a_list_opens_and_its_queries_do_not_grow(client: Client, label: str, request: pytest.FixtureRequest) -> None:
    """It is narrowed by one of its filters, every list by another one, and by each with ``--full``."""
    model = apps.get_model(label)
    query = "?state=all" if label == "selection.AISuggestion" else ""
    ROWS[label](1)
    one = queries(client, page_of(model) + query)
    for number in range(2, 6):
        ROWS[label](number)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page_of(model) + query)
    assert (response.status_code, len(captured)) == (200, one)
    changelist = response.context["cl"]
    assert changelist.result_count >= (4 if label == "selection.SuggestionPerformance" else 5)
    if changelist.model_admin.search_fields:
        assert client.get(page_of(model), {"q": "1"}).status_code == 200
    specs, place = changelist.filter_specs, list(ROWS).index(label)
    if specs and not request.config.getoption("--full"):
        specs = [specs[place % len(specs)]]
    for spec in specs:
        narrowed = list(spec.choices(changelist))[-1]["query_string"]
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_of(model) + narrowed).status_code == 200
        assert len(captured) <= one + MORE_OF_A_FILTER, spec.title


@pytest.mark.long
@pytest.mark.usefixtures("_no_sidebar")
@pytest.mark.parametrize("label", ROWS)
def test_a_row_opens_and_only_what_may_be_changed_is_a_field(client: Client, label: str) -> None:
    model = apps.get_model(label)
    ROWS[label](1)
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    response = client.get(url)
    assert response.status_code == 200
    page = admin.site._registry[model]
    assert isinstance(page, AdminPage)
    assert set(response.context["adminform"].form.fields) == set(page.editable)
    if isinstance(page, History):
        assert client.post(url, {}).status_code == 403
    assert client.post(url.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    history = url.replace("/change/", "/history/")
    assert f'href="{history}"' in response.content.decode()
    assert client.get(history).status_code == 200
    added = client.get(url.replace(f"/{row.pk}/change/", "/add/")).status_code
    assert added == (200 if label in MAY_ADD else 403)


def test_an_empty_list_says_where_its_rows_come_from(client: Client) -> None:
    """And one that is empty because of what was asked says that instead, with the way back."""
    page = reverse("admin:system_fault_changelist")
    empty = client.get(page).content.decode()
    assert "No fault is recorded." in empty
    assert "Reset filters" not in empty
    asked = client.get(page, {"q": "nothing like it"}).content.decode()
    assert "Nothing matches" in asked
    assert "Reset filters" in asked
    assert {model for model in admin.site._registry if not comes_from(model)} == set()
    told = [label for labels in COMES_FROM.values() for label in labels]
    assert sorted(told) == sorted(model._meta.label_lower for model in admin.site._registry)


def test_no_status_is_edited_by_hand() -> None:
    """It follows from what happened, whatever it is called: states are changed by orders, decisions and services."""
    stated = {"status", "state", "phase", "progress_pct", "stop_requested", "decision", "is_realized", "is_accurate"}
    for model, page in admin.site._registry.items():
        assert isinstance(page, AdminPage)
        columns = {column.name for column in model._meta.concrete_fields}
        states = {name for name in columns if name in stated or name.endswith(("_status", "_state"))}
        assert not states & {*page.editable, *page.list_editable}, model
        assert not page.list_editable, model
        for inline in page.inlines:
            assert issubclass(inline, HistoryInline), model


def test_every_list_can_be_narrowed() -> None:
    """By a filter or by a period."""
    for model, page in admin.site._registry.items():
        assert page.list_filter or page.date_hierarchy, model._meta.label


def test_the_history_of_a_row_is_its_audit_trail(client: Client) -> None:
    asset = make.AssetFactory(name="Bitcoyn")
    other = make.AssetFactory()
    editor = make.AdminFactory()
    change_row(asset, actor=editor, changes={"name": "Bitcoin <b>"})
    change_row(other, actor=editor, changes={"name": "Another"})
    shown = read(client.get(reverse("admin:assets_asset_history", args=[asset.pk])))
    (entry,) = shown.one("ol", cls="trail").every("li")
    assert entry.one("table").rows() == [["name", "Bitcoyn", "Bitcoin <b>"]]
    assert editor.email in entry.text or str(editor) in entry.text
    whole = next(
        one.attributes["href"] for one in shown.every("a", href="") if "/?table_name" in one.attributes["href"]
    )
    assert client.get(whole).context["cl"].result_count == 1
    assert client.get(reverse("admin:assets_asset_history", args=[10**9])).status_code == 404


@pytest.mark.parametrize("label", ["accounts.User", "accounts.ApiToken", "accounts.UserSession", "accounts.SetupLink"])
def test_no_digest_of_a_secret_is_shown(client: Client, label: str) -> None:
    row = ROWS[label](1)
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    for shown in (client.get(url).content.decode(), client.get(page_of(type(row))).content.decode()):
        for name in ("password", "token_hash", "session_token"):
            secret = getattr(row, name, None)
            assert not secret or secret not in shown


def test_help_texts_come_from_the_schema(client: Client) -> None:
    row = make.RegimeFactory()
    page = client.get(reverse("admin:macro_airegimeanalysis_change", args=[row.pk])).content.decode()
    assert "Volatility 0-1: low &lt; 0.3, medium &lt; 0.7, high" in page


def test_the_start_page_and_the_sidebar_lead_to_every_list(client: Client) -> None:
    page = client.get("/admin/")
    assert page.status_code == 200
    content = page.content.decode()
    links = [item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]]
    views = {reverse(f"admin:{name}") for name in VIEWS} | {reverse("review")}
    assert {str(link) for link in links} == {page_of(model) for model in admin.site._registry} | views
    assert all(f'href="{link}"' in content for link in links)


@pytest.mark.parametrize("path", ["/admin/", "/admin/assets/asset/", "/admin/jsi18n/"])
def test_the_policy_of_the_admin_is_for_the_admin_only(client: Client, path: str) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    for elsewhere in ("/login", "/api/docs"):
        assert "unsafe" not in client_of().get(elsewhere)["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/assets/asset/", "/admin/selection/aisuggestion/"])
def test_others_stay_outside(path: str) -> None:
    assert client_of().get(path, follow=True).redirect_chain[-1][0] == f"/login?next={path}"
    assert client_of(make.UserFactory()).get(path, follow=True).status_code == 403


def test_there_is_one_login_page() -> None:
    assert client_of().get("/admin/login/?next=/admin/assets/asset/")["Location"] == "/login?next=/admin/assets/asset/"


def test_the_history_of_an_audited_row_has_what_the_database_noted(client: Client) -> None:
    """Also what went past every service; with no more queries for many changes than for one."""
    editor = make.AdminFactory()
    row = make.WatchlistFactory(name="First")
    url = reverse("admin:selection_watchlist_history", args=[row.pk])
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    with done_by(f"user:{editor.pk}", "api"):
        for name in ("Second <b>", "Third"):
            type(row).objects.filter(pk=row.pk).update(name=name)
    with CaptureQueriesContext(connection) as many:
        shown = read(client.get(url))
    assert len(many) <= len(few) + 1  # the name of a person
    newest, before, came = shown.one("ol", cls="noted").every("li")
    assert newest.one("table").rows() == [["name", "Second <b>", "Third"]]
    assert editor.email in newest.text
    assert before.one("table").rows() == [["name", "First", "Second <b>"]]
    assert "INSERT" in came.text
    whole = next(one.attributes["href"] for one in shown.every("a", href="") if "row_id" in one.attributes["href"])
    answer = client.get(whole)
    assert answer.context["cl"].result_count == 3
    assert editor.email in answer.content.decode()


def test_a_noted_change_shows_both_sides(client: Client) -> None:
    row = make.WatchlistFactory(name="First")
    type(row).objects.filter(pk=row.pk).update(name="Second")
    change = RowChange.objects.filter(table_name="watchlists", operation="UPDATE").get()
    shown = read(client.get(reverse("admin:system_rowchange_change", args=[change.pk])))
    assert ["name", "First", "Second"] in [line for table in shown.every("table") for line in table.rows()]
