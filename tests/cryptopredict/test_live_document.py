"""The document of the live channels says what they say. What is really sent is checked wherever a test listens."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.services.notifications import DELIVERED
from cryptopredict.environment import BASE_DIR
from cryptopredict.live import channels
from cryptopredict.live.channels import Channel
from cryptopredict.live.document import ADDRESSES, DATA, document, text
from cryptopredict.live.entrance import DOORS
from cryptopredict.live.listeners import dashboard_data
from cryptopredict.live.messages import frames, message, price_message
from cryptopredict.measuring import measure_health
from system.models import OutboxEvent
from system.services import publish
from tests.cryptopredict.listening import as_documented
from tests.factories import (
    AlertFactory,
    AssetFactory,
    ExecutionFactory,
    ModelJobFactory,
    NotificationFactory,
    RegimeFactory,
    SignalFactory,
    SuggestionFactory,
    UserFactory,
)


def test_the_document_is_up_to_date() -> None:
    kept = (BASE_DIR / "docs" / "api" / "asyncapi.yaml").read_text()
    assert kept == text(), "run: python manage.py asyncapi"


def test_it_has_every_address_and_every_kind() -> None:
    every = {value for value in vars(channels).values() if isinstance(value, Channel)}
    assert {channel for _key, _address, channel in ADDRESSES} == every == {door.channel for door in DOORS.values()}
    told = {name for channel in document()["channels"].values() for name in channel["messages"]}
    assert told == document()["components"]["messages"].keys()
    for channel in every - {channels.DASHBOARD, channels.PRICE}:
        assert channel.topics <= DATA.keys()


@pytest.mark.django_db
def test_every_kind_of_event_is_told_as_documented() -> None:
    user, now = UserFactory(), timezone.now()
    signal, suggestion = SignalFactory(risk_level="low"), SuggestionFactory(risk_score=Decimal("0.4"))
    for kind in ("signal.created", "signal.updated", "signal.expired"):
        publish(kind, {"signal_id": signal.pk})
    for kind in ("suggestion.created", "suggestion.reviewed", "suggestion.expired"):
        publish(kind, {"suggestion_id": suggestion.pk})
    publish("execution.updated", {"execution_id": ExecutionFactory(user=user).pk}, user=user)
    publish("alert.triggered", {"alert_id": AlertFactory(user=user, triggered_at=now).pk}, user=user)
    note = NotificationFactory(user=user, sent_at=now, expires_at=now + timedelta(days=1))
    publish(DELIVERED, {"notification_id": note.pk}, user=user)
    job = ModelJobFactory()
    publish(
        "job.progress",
        {"job_id": job.pk, "job_status": job.job_status, "progress_pct": 42.0, "current_phase": None},
    )
    measure_health(now)
    events = list(OutboxEvent.objects.order_by("pk"))
    told: list[dict[str, Any]] = [json.loads(frame["text"]) for frame in frames(events) if frame["text"]]
    assert {one["type"] for one in told} == {event.topic for event in events}
    RegimeFactory(analysis_time=now)
    told.append(json.loads(message("dashboard.update", 1, dashboard_data([user.pk])[user.pk])))
    told.append(json.loads(price_message(AssetFactory(current_price=Decimal("0.1")), 1)))
    for one in told:
        as_documented(one)


@pytest.mark.django_db
def test_more_events_of_a_kind_need_no_more_queries(django_assert_num_queries: Any) -> None:
    def events(count: int) -> list[OutboxEvent]:
        return [publish("signal.created", {"signal_id": SignalFactory().pk}) for _number in range(count)]

    for count in (1, 20):
        rows = events(count)
        with django_assert_num_queries(1):
            assert len(frames(rows)) == count


@pytest.mark.django_db
def test_what_is_gone_is_not_told() -> None:
    event = publish("signal.created", {"signal_id": 10**9})
    (frame,) = frames([event])
    assert frame["text"] is None
