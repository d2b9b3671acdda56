"""People who use the product each simulated day, as browsers and programs do."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

import httpx

from accounts.models import User
from tests.doors import API
from tests.factories import PASSWORD, UserFactory

WATCHED = 8
MOST_LISTED = 20
"""Entries of a list; at 25 the next one is refused."""
MOST_ALERTS = 10
DECIDED = 5
"""Suggestions that somebody decides about in a day."""
REPEATS = 3
"""Times that each request is asked when it is timed."""
TIMED = {
    "healthz": "/healthz",
    "page: home": "/",
    "page: assets": "/assets",
    "page: asset": "/assets/{symbol}",
    "page: suggestions": "/suggestions",
    "page: portfolio": "/portfolios/{book}",
    "API: assets": "/api/v1/assets?limit=20",
    "API: candles": "/api/v1/assets/{asset}/candles?timeframe=1d&limit=200",
    "API: forecasts": "/api/v1/predictions?limit=50",
    "API: gains": "/api/v1/portfolios/{book}/summary",
    "API: notifications": "/api/v1/users/me/notifications",
}
"""What each day is timed in real milliseconds, by the name that the figures have."""


@dataclass
class Person:
    """Somebody with a password, a list of coins, and a portfolio."""

    number: int
    port: int
    user: User
    places: dict[str, Any] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    day: int = 0
    lived: int = 0
    """Days on which they took part: of all days some only ever see each fifteenth."""

    def live_a_day(self, day: int) -> None:
        """Log in, look around, trade, decide, log out."""
        self.day = day
        self.lived += 1
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60) as program,
            httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, follow_redirects=True) as browser,
        ):
            self.log_in(program, browser)
            if not self.places:
                self.settle_down(program)
            self.trade(program)
            self.watch_prices(program)
            self.decide(program)
            for path in ("users/me/notifications", "dashboard", "signals?limit=20", "recommendations?limit=20"):
                self.ask(program, "GET", path)
            self.ask(program, "POST", "users/me/notifications/read-all")
            for page in ("/", "/market", "/assets", f"/assets/{self.places['symbol']}", "/alerts", "/journal"):
                self.look(browser, page)
            self.ask(program, "POST", "auth/logout")

    def log_in(self, program: httpx.Client, browser: httpx.Client) -> None:
        """Over the API for a token of minutes, and on the page for a session."""
        said = {"email": self.user.email, "password": PASSWORD}
        tokens = self.ask(program, "POST", "auth/login", said)
        program.headers["Authorization"] = f"Bearer {tokens['access']}"
        self.log_in_on_page(browser)

    def log_in_on_page(self, browser: httpx.Client) -> None:
        form = browser.get("/login").text
        mark = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[0]
        entered = {"csrfmiddlewaretoken": mark, "username": self.user.email, "password": PASSWORD}
        answer = browser.post("/login", data=entered, headers={"Referer": f"{browser.base_url}/login"})
        self.note("page login", answer, is_right="sessionid" in browser.cookies)

    def settle_down(self, program: httpx.Client) -> None:
        coins = self.ask(program, "GET", "assets?limit=100")["results"]
        coins = [coin for coin in coins if coin["current_price"]]
        mine = (coins * 2)[self.number : self.number + WATCHED]
        watched = self.ask(program, "POST", "watchlists", {"name": f"Soak {self.number}", "wants_suggestions": True})
        for coin in mine:
            self.ask(program, "POST", f"watchlists/{watched['id']}/items", {"asset_id": coin["id"]})
        book = self.ask(program, "POST", "portfolios", {"name": f"Soak {self.number}"})
        coin = mine[0]
        opened = {"asset_id": coin["id"], "entry_price": coin["current_price"], "quantity": "1"}
        position = self.ask(program, "POST", f"portfolios/{book['id']}/assets", opened)
        self.places = {
            "list": watched["id"],
            "book": book["id"],
            "position": position["id"],
            "asset": coin["id"],
            "symbol": coin["symbol"],
        }

    def trade(self, program: httpx.Client) -> None:
        """Buy a little each day, and each third day of one's own sell what the two before have brought."""
        price = self.price(program)
        kind, quantity = ("partial_sell", "0.2") if self.lived % 3 == 0 else ("buy", "0.1")
        order = {"action_type": kind, "quantity": quantity, "asset_price": str(price)}
        path = f"portfolios/{self.places['book']}/assets/{self.places['position']}/actions"
        self.ask(program, "POST", path, order, key=f"trade-{self.number}-{self.day}")

    def price(self, program: httpx.Client) -> Decimal:
        return Decimal(self.ask(program, "GET", f"assets/{self.places['asset']}")["current_price"])

    def watch_prices(self, program: httpx.Client) -> None:
        """A new alert near the price, which the next days set off; the oldest goes."""
        there = self.ask(program, "GET", "alerts?limit=100")["results"]
        for old in sorted(there, key=lambda alert: alert["id"])[: max(0, len(there) - MOST_ALERTS + 1)]:
            self.ask(program, "DELETE", f"alerts/{old['id']}")
        wanted = self.price(program) * Decimal(f"1.{self.day % 50 + 1:03}")
        alert = {"alert_type": "price_target", "condition": "above", "asset_id": self.places["asset"]}
        self.ask(program, "POST", "alerts", alert | {"trigger_value": f"{wanted:.6f}"})

    def decide(self, program: httpx.Client) -> None:
        """Each third suggestion is accepted, while the list has room."""
        found = self.ask(program, "GET", f"suggestions?watchlist={self.places['list']}&status=pending&limit={DECIDED}")
        for row in found["results"]:
            listed = self.ask(program, "GET", f"watchlists/{self.places['list']}/items?limit=1")["count"]
            is_wanted = row["id"] % 3 == 0 and listed < MOST_LISTED
            said = {"decision": "approve"} if is_wanted else {"decision": "reject", "review_notes": "No."}
            self.ask(program, "POST", f"suggestions/{row['id']}/review", said, key=f"review-{row['id']}")

    def ask(self, program: httpx.Client, method: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Idempotency-Key": f"soak-{key}"} if key else {}
        answer = program.request(method, API + path, json=body, headers=headers)
        self.note(f"{method} {path}", answer)
        return answer.json() if answer.content else None

    def look(self, browser: httpx.Client, path: str) -> None:
        answer = browser.get(path)
        self.note(f"page {path}", answer, is_right="/login" not in answer.url.path)

    def note(self, what: str, answer: httpx.Response, *, is_right: bool = True) -> None:
        """What was answered; what is not as it should be is told with the first of its text."""
        self.answers[str(answer.status_code)] += 1
        if not answer.is_success or not is_right:
            self.refused.append(f"day {self.day}: {what}: {answer.status_code} {answer.text[:300]}")

    def timed(self) -> dict[str, float]:
        """Milliseconds of each request that is timed."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, follow_redirects=True) as client:
            self.log_in_on_page(client)
            return {name: self.milliseconds(client, path.format_map(self.places)) for name, path in TIMED.items()}

    def milliseconds(self, client: httpx.Client, path: str) -> float:
        """The middle of some."""
        took = []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            answer = client.get(path)
            took.append((time.perf_counter() - begin) * 1000)
            self.note(f"timed {path}", answer)
        return median(took)


def people(port: int, number: int) -> list[Person]:
    return [Person(one, port, UserFactory(email=f"soak{one}@example.org")) for one in range(number)]
