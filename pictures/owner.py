"""Somebody with a portfolio, lists, alerts, messages and a backtest on the demo market, made through the services.

``python -m pictures.owner`` in an installation that runs prints the keys of what it made as one line of JSON.
"""

import io
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import django

PASSWORD = "eight grey herons at dawn"  # noqa: S105 - of somebody who is gone with the installation
PEOPLE = {"admin": "admin@cryptopredict.example", "owner": "reader@cryptopredict.example"}
PATIENCE = 600.0
DAY = timedelta(days=1)
TRADES = (
    (300, "buy", "BTC", "0.20"), (280, "buy", "ETH", "3"), (240, "buy", "SOL", "20"), (200, "sell", "ETH", "1"),
    (190, "buy", "AVAX", "40"), (170, "buy", "XRP", "2000"), (150, "sell", "AVAX", "40"), (80, "sell", "XRP", "2000"),
    (160, "buy", "LINK", "150"), (120, "buy", "BTC", "0.05"), (90, "sell", "SOL", "8"), (60, "buy", "ETH", "1.5"),
    (45, "sell", "LINK", "60"), (30, "buy", "ADA", "2500"), (14, "sell", "BTC", "0.04"), (6, "sell", "ADA", "900"),
)  # fmt: skip
"""Days ago, what, which coin, how many; at the close of that day."""
NOTES = (
    ("First step in: a fixed sum, no leverage.", ["plan"], True),
    ("Second leg, after the pull-back.", ["plan"], True),
    ("Bought into strength and too late.", ["impatient"], False),
    ("Took a third off at the target.", ["target"], True),
)
FILE = "time,kind,symbol,quantity,price,fee\n{rows}2026-01-05T00:00:00Z,buy,NOBODYKNOWS,5,1.20,0\n"


def main() -> None:
    from django.db import transaction

    wait_for_runs()
    with transaction.atomic():
        made = Making().everything()
    sys.stdout.write(f"{json.dumps(made)}\n")


def wait_for_runs() -> None:
    """The worker runs every timeframe of which the demo market has candles once after the first start."""
    from cryptopredict.demo import SPANS
    from system.choices import LIVE, RunStatus
    from system.models import PipelineRun

    done = PipelineRun.objects.filter(series=LIVE, status=RunStatus.DONE).values_list("timeframe", flat=True)
    give_up = time.monotonic() + PATIENCE
    while set(SPANS) - set(done.all()):
        if time.monotonic() > give_up:
            sys.exit(f"only the runs of {sorted(set(done.all()))} are done")
        time.sleep(1)


class Making:
    """What it makes, in the order in which one needs the other."""

    def __init__(self) -> None:
        self.today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.admin, self.codes = self._admin()
        self.owner = self._owner()

    def everything(self) -> dict[str, Any]:
        """Keys by the names that the addresses of the pages use."""
        found = {"codes": self.codes, "symbol": self.coin("BTC").symbol}
        return (
            found
            | self.portfolio()
            | self.watchlist()
            | self.alerts()
            | self.messages()
            | self.feedback()
            | self.others()
        )

    def coin(self, symbol: str) -> Any:
        from assets.models import Asset

        return Asset.objects.get(symbol=f"{symbol}-DEMO")

    def close(self, asset: Any, days: int) -> Decimal:
        """At the end of the day before; a price of a person, not one with twenty places."""
        from assets.models import PriceData

        row = PriceData.objects.get(asset=asset, timeframe="1d", candle_time=self.today - (days + 1) * DAY)
        return Decimal(f"{row.close_price:.6g}")

    def _admin(self) -> tuple[Any, list[str]]:
        """The first admin, by the link that the first start prints; recovery codes are the second factor's."""
        import pyotp

        from accounts.services import accept_setup_link, begin_totp, confirm_totp, create_setup_link

        link = create_setup_link()
        if link is None:
            sys.exit("this installation has an admin: pictures are taken of new ones only")
        token = link.partition("#")[2]
        made = accept_setup_link(token, email=PEOPLE["admin"], password=PASSWORD, language="en", timezone="UTC")
        secret, _address = begin_totp(made, logged_in_at=datetime.now(UTC))
        return made, confirm_totp(made, pyotp.TOTP(secret).now())

    def _owner(self) -> Any:
        from accounts.services import create_api_token, create_user

        name: dict[str, Any] = {"first_name": "Roya", "last_name": "Reader", "is_verified": True}
        made = create_user(PEOPLE["owner"], PASSWORD, actor=self.admin, language="en", timezone="UTC", **name)
        create_api_token(made, name="spreadsheet", scopes=["market:read"])
        return made

    def portfolio(self) -> dict[str, Any]:
        from selection.services.own_portfolios import create_portfolio
        from trading.models import TradeAction
        from trading.services import NewEntry, preview_import, record_trades, write_note

        made = create_portfolio("Savings", actor=self.owner)
        create_portfolio("On trial", actor=self.owner, is_paper=True)
        record_trades(made, [NewEntry(**one) for one in self._entries()], actor=self.owner)
        actions = list(TradeAction.objects.filter(portfolio_asset__portfolio=made).order_by("executed_at", "pk"))
        for action, (text, tags, followed) in zip(actions[::2], NOTES, strict=False):
            write_note(action, actor=self.owner, text=text, tags=tags, followed_rules=followed)
        rows = "".join(
            f"{self.today - days * DAY:%Y-%m-%dT%H:%M:%SZ},buy,{self.coin(symbol).symbol},{amount},10,0.1\n"
            for days, _kind, symbol, amount in TRADES[:4]
        )
        file = io.BytesIO(FILE.format(rows=rows).encode())
        preview = preview_import(made, file, actor=self.owner, name="trades.csv")
        self._analyse(made)
        position = made.positions.get(asset=self.coin("BTC"))
        return {"portfolio": made.pk, "position": position.pk, "action": actions[0].pk, "import": preview.pk}

    def _entries(self) -> Iterator[dict[str, Any]]:
        for days, kind, symbol, amount in TRADES:
            asset = self.coin(symbol)
            price, quantity = self.close(asset, days), Decimal(amount)
            levels = {"stop_loss": price * Decimal("0.8"), "take_profit": price * Decimal("1.5")}
            yield {
                "asset": asset,
                "action_type": kind,
                "executed_at": self.today - days * DAY,
                "quantity": quantity,
                "price": price,
                "fee": (price * quantity / 1000).quantize(Decimal("0.01")),
                "venue": "Kraken" if symbol in {"BTC", "ETH"} else "Ledger",
                **(levels if kind == "buy" else {}),
            }

    def _analyse(self, portfolio: Any) -> None:
        """As the next run would."""
        from macro.models import MetricsSnapshot
        from selection.services import analyse_portfolio
        from trading.services import analyse_positions

        snapshot = MetricsSnapshot.objects.filter(timeframe="1d").latest("snapshot_time")
        analyse_portfolio(portfolio, snapshot)
        analyse_positions(portfolio, snapshot)

    def watchlist(self) -> dict[str, Any]:
        from selection.models import Watchlist
        from selection.services import add_to_watchlist, create_watchlist

        values: dict[str, Any] = {"description": "Large ones, looked at every week.", "wants_suggestions": True}
        made = create_watchlist("Majors", actor=self.owner, **values)
        entries = [
            add_to_watchlist(made, self.coin(symbol), actor=self.owner)
            for symbol in ("BTC", "ETH", "SOL", "LINK", "ADA", "AVAX")
        ]
        create_watchlist("Ideas", actor=self.owner)
        tier = Watchlist.objects.filter(tier="tier1", is_active=True).get()
        return {"watchlist": made.pk, "entry": entries[0].pk, "tier": tier.pk}

    def alerts(self) -> dict[str, Any]:
        from trading.services import create_alert

        def about(symbol: str, kind: str, value: Decimal | str, **more: Any) -> Any:
            asset = {"asset_id": self.coin(symbol).pk} if symbol else {}
            return create_alert({"alert_type": kind, "trigger_value": value} | asset | more, actor=self.owner)

        price = self.close(self.coin("BTC"), 1)
        first = about("BTC", "price_target", price * Decimal("1.1"), message="Think of the target.")
        about("ETH", "price_target", self.close(self.coin("ETH"), 1) * Decimal("0.9"), condition="below")
        about("SOL", "price_target", "5", condition="percentage_change")
        about("BTC", "volume_spike", "4")
        about("LINK", "indicator_level", "30", condition="below", parameters={"indicator": "RSI_14", "cross": True})
        about("", "regime_change", "0.5", parameters={"to": ["Bear"]})
        return {"alert": first.pk}

    def messages(self) -> dict[str, Any]:
        from accounts.services import deliver_notifications, notify

        for number, (kind, title, text) in enumerate((
            ("system", "Welcome", "This market is generated: try what you like."),
            ("educational", "What a forecast is worth", "Every forecast stands beside its record."),
            ("alert", "BTC-DEMO moved by 5% within a day", "Look at what it means for your plan."),
        )):  # fmt: skip
            notify(self.owner, kind=kind, title=title, message=text, key=f"pictures:{number}")
        deliver_notifications(datetime.now(UTC))
        return {}

    def feedback(self) -> dict[str, Any]:
        """Two that wait, and one that is answered."""
        from accounts.services import answer_feedback, send_feedback

        told = [
            send_feedback(self.owner, feedback_type=kind, message=text)
            for kind, text in (
                ("bug_report", "The fee of my second purchase was read as zero."),
                ("feature_request", "Could the journal show weeks as well?"),
                ("general_comment", "The record of the forecasts is what I came for."),
            )
        ]
        answer_feedback(told[2], actor=self.admin, changes={"response_message": "Thank you.", "status": "addressed"})
        return {"feedback": told[0].pk}

    def others(self) -> dict[str, Any]:
        from aimodels.models import AIModel
        from cryptopredict.pages.sectors.address import address_of
        from sectors.models import Sector
        from system.models import SystemConfig
        from trading.models import AITradingSignal
        from trading.services.backtests.keeping import request_backtest, run_backtest

        def tried(name: str, entry: dict[str, Any]) -> int:
            wanted = {
                "name": name,
                "timeframe": "1d",
                "start": (self.today - 600 * DAY).isoformat(),
                "end": self.today.isoformat(),
                "assets": [self.coin(symbol).symbol for symbol in ("BTC", "ETH", "SOL", "LINK")],
                "rules": {"entry": entry, "sides": ["long"], "stop": {"percent": 12}},
            }
            backtest = request_backtest(wanted, actor=self.owner)
            run_backtest(backtest)
            return backtest.pk

        return {
            "backtest": tried("Highest of twenty days", {"rule": "breakout", "bars": 20}),
            "other": tried("Averages that cross", {"rule": "sma_cross", "fast": 20, "slow": 50}),
            "model": AIModel.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)[0],
            "sector": address_of(Sector.objects.get(name="Layer 1")),
            "setting": SystemConfig.objects.order_by("pk").values_list("pk", flat=True)[0],
            "signal": AITradingSignal.objects.order_by("-pk").values_list("pk", flat=True)[0],
        }


if __name__ == "__main__":
    django.setup()
    main()
