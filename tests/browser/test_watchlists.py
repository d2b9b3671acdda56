"""Lists in a real browser: an entry is moved by keyboard; a signal is refused and then executed."""

from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

from selection.models import Watchlist
from selection.services import add_to_watchlist
from tests.factories import AssetFactory, WatchlistFactory
from tests.pages import market as making
from tests.trading.executing import D, funded
from trading.models import SignalExecution


def order(one: Watchlist) -> list[str]:
    return list(one.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


def test_entries_are_moved_by_keyboard(address: str, visit: Any) -> None:
    one = WatchlistFactory()
    for symbol in ("ADA", "BTC", "SOL"):
        add_to_watchlist(one, AssetFactory(symbol=symbol), actor=one.user)
    page = visit(user=one.user).go(f"/watchlists/{one.pk}")
    last = one.entries.get(asset__symbol="SOL")
    page.locator(f"#up-{last.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("table[data-order] tbody tr").nth(1)).to_contain_text("SOL")
    expect(page.locator(f"#up-{last.pk}")).to_be_focused()
    assert order(one) == ["ADA", "SOL", "BTC"]


def three(visit: Any) -> tuple[Watchlist, Any, Any]:
    """A list of three, its page, and where the grips of its entries are."""
    one = WatchlistFactory()
    for symbol in ("ADA", "BTC", "SOL"):
        add_to_watchlist(one, AssetFactory(symbol=symbol), actor=one.user)
    page = visit(user=one.user).go(f"/watchlists/{one.pk}")
    grips = page.locator("table[data-order] [data-grip]")
    grips.last.scroll_into_view_if_needed()
    return one, page, [grips.nth(place).bounding_box() for place in range(3)]


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def await_rows(page: Any, *symbols: str) -> None:
    """Until the table shows them in this order; it moves while it is looked at."""
    expect(page.locator("table[data-order] tbody tr")).to_contain_text(list(symbols))


def test_an_entry_is_dragged_to_another_place(address: str, visit: Any) -> None:
    one, page, boxes = three(visit)
    page.mouse.move(*middle(boxes[2]))
    page.mouse.down()
    page.mouse.move(boxes[0]["x"] + 5, boxes[0]["y"] - 2, steps=5)
    await_rows(page, "SOL", "ADA", "BTC")
    assert order(one) == ["ADA", "BTC", "SOL"], "nothing is sent before it is dropped"
    with page.expect_navigation():
        page.mouse.up()
    await_rows(page, "SOL", "ADA", "BTC")
    assert order(one) == ["SOL", "ADA", "BTC"]


def test_an_entry_is_dragged_by_a_finger(address: str, visit: Any) -> None:
    one, page, boxes = three(visit)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *place: float) -> None:
        points = [dict(zip("xy", place, strict=True))] if place else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = middle(boxes[2]), (boxes[0]["x"] + 5, boxes[0]["y"] - 2)
    touch("touchStart", *start)
    for step in (1, 2, 3):
        touch("touchMove", start[0], start[1] + (end[1] - start[1]) * step / 3)
    await_rows(page, "SOL", "ADA", "BTC")  # the page is not scrolled instead
    with page.expect_navigation():
        touch("touchEnd")
    assert order(one) == ["SOL", "ADA", "BTC"]


def test_a_drag_that_is_given_up_changes_nothing(address: str, visit: Any) -> None:
    one, page, boxes = three(visit)
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.method))
    for end in ("Escape", "pointercancel"):
        page.mouse.move(*middle(boxes[2]))
        page.mouse.down()
        page.mouse.move(boxes[0]["x"] + 5, boxes[0]["y"] - 2, steps=5)
        await_rows(page, "SOL", "ADA", "BTC")
        if end == "Escape":
            page.keyboard.press(end)
        else:
            page.locator("table[data-order] tbody").dispatch_event(end)
        await_rows(page, "ADA", "BTC", "SOL")
        page.mouse.up()
    assert sent == []
    assert order(one) == ["ADA", "BTC", "SOL"]


def test_a_signal_is_refused_with_its_limit_and_then_executed(address: str, visit: Any) -> None:
    made = making.make_market()
    made.asset.current_price = Decimal(100)
    made.asset.save()
    signal = making.add_signal(made)
    portfolio = funded(max_position_size=D(500))
    visitor = visit(user=portfolio.user)
    page = visitor.go(f"/signals/{signal.pk}")
    visitor.allowed.add(422)
    page.get_by_role("button", name="Execute…").click()
    page.locator("#id_position_size").fill("1000")
    page.locator("#id_price").fill("100")
    page.locator("#id_risk_confirmed").check()
    page.locator("#execute button[type=submit]").click()
    expect(page.locator("#id_position_size_error")).to_contain_text("your limit is 500.00 USD")
    assert page.locator("#id_price").input_value() == "100"
    page.locator("#id_position_size").fill("400")
    page.locator("#refused button[type=submit]").click()
    expect(page.locator("#executions")).to_contain_text("filled")
    assert SignalExecution.objects.get().position_size == 400
