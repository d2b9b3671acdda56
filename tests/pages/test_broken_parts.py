"""Every part of every page is made to break: it says so, leaves the others, and the log knows why."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template import Context, Template
from django.test import Client

from cryptopredict.pages.parts import failures, part
from tests.conftest import ROOT
from tests.factories import AdminFactory, UserFactory
from tests.pages import every
from tests.pages import market as making
from tests.pages.breaking import BROKEN, Breaking
from tests.pages.html import Element, browser, page, read
from trading.models import Backtest

pytestmark = pytest.mark.django_db
PAGES = "cryptopredict.pages"


def titles(shown: Element) -> list[str]:
    """What the parts that failed are called."""
    return [one.attributes["aria-label"] for one in shown.every("section", data_broken="")]


def breaks(*_given: Any, **_named: Any) -> Any:
    raise KeyError("a fault that templates take for an unknown variable")


@pytest.mark.parametrize("wanted", BROKEN, ids=lambda one: next(iter(one.parts)).rpartition(".")[0])
def test_a_part_that_breaks_says_so_and_leaves_the_others(
    wanted: Breaking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = AdminFactory()
    path = wanted.make(every.market(), admin) or wanted.path
    whole = page(path, admin)
    assert titles(whole) == []
    sections = len(whole.one("main").every("section"))
    for name, failing in wanted.parts.items():
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(f"{PAGES}.{name}", breaks)
            shown = page(path, admin, broken=True)
        assert titles(shown) == list(failing), name
        # Where the whole part had parts of its own, or there was none to see, the number of cards differs by those.
        assert len(shown.one("main").every("section")) >= sections - 3 * len(failing), name
        for one in shown.every("section", data_broken=""):
            assert "could not be loaded" in one.text
            (again,) = one.every("a")
            assert (again.text, again.attributes["href"]) == ("Try again", path)
            assert one.one("code").text, "the request id, as the log has it"
            assert one.one("code").text in caplog.text
        kept = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert len(kept) == len(failing), name
        assert all("a fault" in str(record.exc_info) or record.exc_info for record in kept)
        assert "a fault that templates take for an unknown variable" in caplog.text


def test_every_part_of_the_pages_can_fail_by_itself() -> None:
    """Cards that are put in with ``include`` would take the page with them."""
    known = {one.rpartition(".")[0] for page_ in BROKEN for one in page_.parts}
    assert len(known) == len(BROKEN)
    for name in ("home", "market", "asset", "sectors", "sector", "record", "signal", "portfolio", "model", "backtest",
                 "data_quality"):  # fmt: skip
        text = (ROOT / "templates" / "pages" / f"{name}.html").read_text(encoding="utf-8")
        for line in text.splitlines():
            if "span-" in line and "{% include" in line:
                assert "head.html" in line or "execute_form" in line, (name, line)


@pytest.mark.parametrize("path", ["/assets", "/signals", "/journal", "/alerts", "/notifications", "/watchlists",
                                  "/portfolios", "/backtests"])  # fmt: skip
def test_a_page_of_one_part_answers_with_the_page_of_errors(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = {
        "/assets": "screener.views.screener",
        "/signals": "signals.views.signals_page",
        "/journal": "journal.table.journal_page",
        "/alerts": "alerts.views.alerts_page",
        "/notifications": "inbox.views.inbox",
        "/watchlists": "watchlists.views.lists_page",
        "/portfolios": "portfolios.views.list_page",
        "/backtests": "backtests.views.own_backtests",
    }
    reader = UserFactory()
    client: Client = browser(reader)
    client.raise_request_exception = False
    monkeypatch.setattr(f"{PAGES}.{made[path]}", breaks)
    response = client.get(path)
    assert response.status_code == 500
    shown = read(response)
    assert shown.one("h1").text == "Something broke on our side"
    assert shown.one("a", cls="primary").text == "Try again"
    assert response["X-Request-ID"] in shown.text
    assert response["X-Request-ID"] in caplog.text


@pytest.mark.parametrize("fault", [Http404, PermissionDenied])
def test_answers_about_the_whole_page_are_no_faults_of_a_part(fault: type[Exception]) -> None:
    def refuses() -> None:
        raise fault

    template = Template('{% load parts %}{% part "components/mark.svg" "Mark" with a=1 %}{{ b }}')
    assert "<svg" in template.render(Context())
    part = Template('{% load parts %}{% part name "Mark" %}')
    with pytest.raises(fault):
        part.render(Context({"name": Refusing(refuses)}))


class Refusing:
    """A template that refuses."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    def render(self, _context: Context) -> str:
        self.act()
        return ""


def test_what_a_broken_part_had_named_is_not_known_after_it() -> None:
    def breaks_inside() -> None:
        raise ValueError("inside")

    text = '{% load parts %}{% part name "Mark" with mine=1 %}[{{ mine }}]'
    shown = Template(text).render(Context({"name": Refusing(breaks_inside)}))
    assert shown.endswith("[]")
    assert "Mark" in shown


def test_a_condition_does_not_take_what_has_failed_for_nothing() -> None:
    failed = part(breaks)
    shown = Template('{% load parts %}{% part name "Mark" %}').render(
        Context({"name": Template("{% if one or other %}some{% else %}none{% endif %}"), "one": failed, "other": None})
    )
    assert "none" not in shown
    assert "could not be loaded" in shown
    assert failures.get() is None


def test_the_backtest_of_another_is_still_not_found() -> None:
    theirs: Backtest = making.add_backtest(UserFactory())
    assert browser(UserFactory()).get(f"/backtests/{theirs.pk}").status_code == 404
