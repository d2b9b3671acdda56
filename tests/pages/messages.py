"""Messages, ways outside and logins of a reader, for the pages about them."""

from datetime import UTC, datetime, timedelta

from accounts.models import ChangeDraft, User
from tests.factories import (
    ApiTokenFactory,
    ChannelFactory,
    DeliveryFactory,
    NotificationFactory,
    SuggestionFactory,
    UserSessionFactory,
    WatchlistFactory,
)
from tests.pages import market as making

HOUR = timedelta(hours=1)


def add_messages(market: making.Market, user: User) -> None:
    """Of each state and kind, with every fate outside the app."""
    sent = {"user": user, "sent_at": making.NOW - HOUR}
    first = NotificationFactory(
        **sent, notification_type="alert", priority="high", title="BTC is above 67,000",
        message="Look at it.\nThe candle closed at 67,100.", data={"asset_id": market.asset.pk, "key": "a"},
    )  # fmt: skip
    NotificationFactory(**sent, status="read", read_at=making.NOW, title="Read before", notification_type="signal")
    NotificationFactory(**sent, status="dismissed", title="Put away before")
    NotificationFactory(**sent, priority="urgent", title="<b>not bold</b>", notification_type="educational")
    NotificationFactory(user=user, title="Not due yet")
    number = user.channels.count() // 2
    telegram = ChannelFactory(user=user, label=f"phone{number or ''}")
    hook = ChannelFactory(user=user, kind="webhook", label=f"hook{number or ''}")
    DeliveryFactory(notification=first, channel=telegram, status="sent", sent_at=making.NOW, attempts=1)
    DeliveryFactory(
        notification=first, channel=hook, status="dead", attempts=5, last_error="webhook: 410, Gone.",
        last_attempt_at=making.NOW,
    )  # fmt: skip
    DeliveryFactory(
        notification=NotificationFactory(**sent, status="read"), channel=telegram, attempts=2,
        last_error="telegram /bot: 503, busy.", next_try_at=making.NOW + HOUR,
    )  # fmt: skip


def add_drafts(market: making.Market, user: User) -> None:
    """Of each kind; of what is not there any more; and decided ones."""
    suggestion = SuggestionFactory(
        asset=market.asset, watchlist=WatchlistFactory(user=user, name=f"Core{user.watchlists.count() or ''}")
    )
    of_it = {"suggestion_id": suggestion.pk}
    kept = {"user": user, "made_with": "assistant", "expires_at": datetime(2100, 1, 1, tzinfo=UTC)}
    contents = [
        ("review", of_it | {"decision": "approve", "review_notes": "It <b>grows</b>."}),
        ("review", of_it | {"decision": "reject", "review_notes": "No."}),
        ("review", of_it | {"decision": "defer", "deferred_until": "2099-06-01T10:30:00+03:30"}),
        ("review", {"suggestion_id": 987_654_321, "decision": "approve"}),
        ("alert", {"asset_id": market.asset.pk, "alert_type": "price_target", "trigger_value": "100000.5",
                   "condition": "above", "message": "Look at it."}),
        ("alert", {"asset_id": 987_654_321, "alert_type": "price_target", "trigger_value": "1"}),
        ("alert", {"alert_type": "gone", "trigger_value": "1"}),
    ]  # fmt: skip
    ChangeDraft.objects.bulk_create(
        ChangeDraft(kind=kind, content=content, summary="as it was said", **kept) for kind, content in contents
    )
    for status in ("confirmed", "discarded"):
        ChangeDraft.objects.create(
            kind="alert", content={}, summary="decided before", status=status, decided_at=making.NOW, **kept
        )


def add_logins(_market: making.Market, user: User) -> None:
    """Programs and tokens."""
    UserSessionFactory(user=user, device_info={"name": "Phone of mine"}, ip_address="192.0.2.7")
    ApiTokenFactory(user=user, name="spreadsheet", scopes=["market:read"], allowed_ips=["192.0.2.1"])
