"""/metrics: figures of all processes together and of how things stand, in the format of Prometheus, for nobody else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
import redis
from django.conf import settings as configured
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from assets.api.direct import ROUTE
from cryptopredict.live import places
from cryptopredict.observing import gauges
from system import figures
from system.models import ApiRequestLog, OutboxEvent
from system.selectors.figures import shared_counts, shared_key
from system.services import request_log
from system.services.figures import hand_over
from tests.assets.collecting import configure, listed_asset
from tests.cryptopredict.installation import ROOT
from tests.doors import client_of, client_with_token
from tests.factories import AssetFactory, UserFactory, add_candles

TOKEN = "a-token-of-some-length-1"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    """Counts of other tests are in this process's memory and in Redis."""
    client = redis.Redis.from_url(configured.REDIS_URL)
    keys = [shared_key(one.name) for one in (*figures.COUNTERS, *figures.HISTOGRAMS)]
    client.delete(*keys, places.COUNTS)
    figures.take()
    request_log._waiting.clear()
    yield
    client.delete(*keys, places.COUNTS)
    client.close()


def asked(client: Client | None = None, **headers: str) -> Samples:
    """All samples, as the client library of Prometheus reads them."""
    response = (client or Client()).get("/metrics", headers=headers)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_path() -> None:
    client = client_of()
    for number in (1, 2, 3):
        client.get(f"/api/v1/assets/{number}")
    client.get("/no/such/page/secret-4711")
    client.generic("BREW", "/healthz")
    found = asked()
    name, route = "cryptopredict_http_requests_total", "/api/v1/assets/<int:pk>"
    assert of(found, name, method="GET", route=route, status="404") == 3
    assert of(found, name, method="GET", route="unknown", status="404") == 1
    assert of(found, name, method="other", route="/healthz", status="405") == 1
    seconds = "cryptopredict_http_request_duration_seconds"
    assert of(found, f"{seconds}_count", route=route) == of(found, f"{seconds}_bucket", route=route, le="+Inf") == 3
    total = of(found, f"{seconds}_sum", route=route)
    assert total is not None
    assert total > 0
    assert "secret-4711" not in str(found)
    assert len({labels for one, labels in found if one == name}) == 3


@pytest.mark.django_db
def test_buckets_add_up_and_a_bound_belongs_to_its_bucket() -> None:
    for seconds in (0.005, 0.02, 0.02, 99.0):
        figures.observe(figures.REQUEST_SECONDS, seconds, "/x")
    found, name = asked(), "cryptopredict_http_request_duration_seconds_bucket"
    counted = [of(found, name, route="/x", le=le) for le in ("0.005", "0.01", "0.025", "10.0", "+Inf")]
    assert counted == [1, 1, 3, 3, 4]


@pytest.mark.django_db
def test_what_never_happened_is_0_so_that_the_first_time_is_a_rise() -> None:
    found = asked()
    assert of(found, "cryptopredict_errors_total", kind="task") == 0
    assert of(found, "cryptopredict_request_log_lost_total") == 0
    figures.count(figures.ERRORS, "task")
    assert of(asked(), "cryptopredict_errors_total", kind="task") == 1


@pytest.mark.django_db
def test_several_processes_count_together(settings: Any) -> None:
    script = (
        "import django; django.setup()\n"
        "from system import figures\n"
        "from system.services.figures import hand_over\n"
        "figures.count(figures.TASKS, 'send_events', 'success', by=3)\n"
        "assert hand_over()"
    )
    variables = {"DJANGO_SETTINGS_MODULE": "cryptopredict.settings", "PYTHONPATH": str(ROOT)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], env=os.environ | variables, cwd=ROOT, check=True)
    figures.count(figures.TASKS, "send_events", "success")
    assert of(asked(), "cryptopredict_tasks_total", task="send_events", outcome="success") == 7


@pytest.mark.django_db
def test_what_cannot_be_handed_over_is_counted_later_and_once(settings: Any) -> None:
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    figures.count(figures.ERRORS, "request")
    assert not hand_over()
    assert shared_counts(figures.ERRORS.name) is None
    settings.REDIS_URL = there
    figures.count(figures.ERRORS, "request")
    assert hand_over()
    assert hand_over()
    assert shared_counts(figures.ERRORS.name) == [(("request",), 2.0)]


@pytest.mark.django_db
def test_without_redis_what_is_not_known_is_left_out(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = asked()
    up = {
        dict(labels)["group"]: value for (name, labels), value in found.items() if name == "cryptopredict_collector_up"
    }
    assert {name for name, value in up.items() if not value} == {"counts", "queues", "workers", "live"}
    assert {name for name, value in up.items() if value} >= {"database", "candles", "outbox", "health"}
    assert not [name for name, _ in found if name.startswith("cryptopredict_queue")]


@pytest.mark.django_db
def test_without_a_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError

    tried: list[str] = []
    monkeypatch.setitem(gauges.GROUPS, "database", gone)
    monkeypatch.setitem(gauges.GROUPS, "outbox", lambda: tried.append("outbox"))
    found = asked()
    assert of(found, "cryptopredict_collector_up", group="database") == 0
    assert of(found, "cryptopredict_collector_up", group="queues") == 1
    assert tried == []


@pytest.mark.django_db
def test_queues_say_how_long_the_first_has_waited() -> None:
    client = redis.Redis.from_url(configured.REDIS_URL)
    begun = timezone.now().timestamp()
    message = {"headers": {"task": "x", "sent_at": begun - 90}, "body": ""}
    client.delete("models")
    client.lpush("models", orjson.dumps(message), orjson.dumps(message | {"headers": {"sent_at": begun}}))
    try:
        found = asked()
    finally:
        client.delete("models")
        client.close()
    assert of(found, "cryptopredict_queue_length", queue="models") == 2
    age = of(found, "cryptopredict_queue_oldest_seconds", queue="models")
    assert age is not None
    assert 90 <= age < 150


@pytest.mark.django_db
def test_candles_say_how_far_they_are_behind() -> None:
    """Two assets: one has the newest closed day, the other's newest is three days older."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days in (1, 4):
        add_candles(AssetFactory(current_price=1), [100], first=today - timedelta(days=days))
    found = asked()
    assert of(found, "cryptopredict_candle_lag_seconds", timeframe="1d") == 0
    assert of(found, "cryptopredict_candle_assets", timeframe="1d") == 2
    assert of(found, "cryptopredict_candle_assets_behind", timeframe="1d") == 1
    assert of(found, "cryptopredict_candle_lag_seconds", timeframe="1m") is None


@pytest.mark.django_db
def test_candles_that_have_stopped_long_ago_go_on_being_late() -> None:
    """Else the alert would end by itself when it is worst."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    far = timedelta(days=gauges.NEAR_PERIODS + 300)
    for timeframe, first in (("1d", today - far), ("4h", datetime(2024, 1, 1, tzinfo=UTC))):
        add_candles(AssetFactory(current_price=1), [100], timeframe=timeframe, first=first)
    found = asked()
    assert of(found, "cryptopredict_candle_lag_seconds", timeframe="1d") == (far - timedelta(days=1)).total_seconds()
    lag = of(found, "cryptopredict_candle_lag_seconds", timeframe="4h")
    assert lag is not None
    assert lag > 2 * 365 * 86_400
    for timeframe in ("1d", "4h"):
        assert of(found, "cryptopredict_candle_assets", timeframe=timeframe) == 1
        assert of(found, "cryptopredict_candle_assets_behind", timeframe=timeframe) == 1
    assert of(found, "cryptopredict_candle_assets_wanted", timeframe="1d") is None


@pytest.mark.django_db
def test_what_is_fetched_and_never_came_is_told_too() -> None:
    wanted, other = listed_asset(current_price=1), AssetFactory(current_price=1)
    configure(enabled=True, timeframes=["1h", "1d"])
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    add_candles(other, [100], first=today - timedelta(days=1))
    add_candles(wanted, [100], first=today - timedelta(days=3))
    found = asked()
    for timeframe, assets in (("1d", 1), ("1h", None)):
        assert of(found, "cryptopredict_candle_assets_wanted", timeframe=timeframe) == 1
        assert of(found, "cryptopredict_candle_assets", timeframe=timeframe) == assets
    assert of(found, "cryptopredict_candle_lag_seconds", timeframe="1d") == 2 * 86_400, "of what is fetched"
    assert of(found, "cryptopredict_candle_lag_seconds", timeframe="1h") is None


@pytest.mark.django_db
def test_what_waits_and_who_listens_is_told() -> None:
    OutboxEvent.objects.create(topic="x", payload={})
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    places.tell_count(4)
    found = asked()
    assert of(found, "cryptopredict_outbox_waiting") == 1
    assert of(found, "cryptopredict_outbox_oldest_seconds") == pytest.approx(120, abs=30)
    assert of(found, "cryptopredict_live_connections") == 4
    size = of(found, "cryptopredict_database_size_bytes")
    assert size is not None
    assert size > 1e6


@pytest.mark.django_db
def test_connections_of_a_process_that_has_gone_are_not_counted() -> None:
    client = redis.Redis.from_url(configured.REDIS_URL)
    client.hset(places.COUNTS, "other:1", f"7:{timezone.now().timestamp() - 31:.0f}")
    client.hset(places.COUNTS, "other:2", f"2:{timezone.now().timestamp():.0f}")
    assert places.connections_told() == 2
    assert client.hkeys(places.COUNTS) == [b"other:2"]
    client.close()


@pytest.mark.django_db
def test_the_short_way_counts_under_the_name_that_django_gives() -> None:
    client_of().get("/api/v1/assets/1/candles")
    assert of(asked(), "cryptopredict_http_requests_total", method="GET", route=ROUTE, status="404") == 1


# -- who may read -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("site", "address", "headers"),
    [
        ("https://crypto.example", "127.0.0.1", {}),
        ("http://127.0.0.1:8000", "192.0.2.7", {}),
        ("http://127.0.0.1:8000", "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("http://localhost:8000", "127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
    ],
)
def test_without_a_token_nobody_else_is_answered(
    site: str, address: str, headers: dict[str, str], settings: Any
) -> None:
    settings.SITE_URL = site
    response = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)
    assert response.status_code == 404
    assert b"cryptopredict_http" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"])
def test_with_a_token_set_it_alone_counts(sent: str, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = Client(REMOTE_ADDR="127.0.0.1").get("/metrics", headers={"Authorization": sent} if sent else {})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    settings.SITE_URL = "https://crypto.example"
    assert asked(Client(REMOTE_ADDR="192.0.2.7"), Authorization=f"Bearer {TOKEN}")


def test_it_is_only_read() -> None:
    assert Client().post("/metrics").status_code == 405


# -- rows about requests ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_to_the_api_become_rows_with_who_asked() -> None:
    user = UserFactory()
    client_of().get("/api/v1/assets?search=secret")
    client_of(user).get("/api/v1/watchlists")
    client_with_token(user, "read").get("/api/v1/assets/7")
    client_of().get("/healthz")
    assert not ApiRequestLog.objects.exists()
    assert request_log.write_requests() == 3
    rows = ApiRequestLog.objects.order_by("created_at").values_list(
        "http_method", "endpoint", "response_status", "user_id"
    )
    assert list(rows) == [
        ("GET", "/api/v1/assets", 200, None),
        ("GET", "/api/v1/watchlists", 200, user.pk),
        ("GET", "/api/v1/assets/<int:pk>", 404, user.pk),
    ]
    assert request_log.write_requests() == 0


@pytest.mark.django_db
def test_more_than_can_wait_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MOST_WAITING", 2)
    one = request_log.Answered(987654321, "/x", "GET", 200, Decimal(1), timezone.now())
    for _ in range(5):
        request_log.keep_request(one)
    assert request_log.write_requests() == 2
    assert set(ApiRequestLog.objects.values_list("user_id", flat=True)) == {None}, "that person is gone"
    assert of(asked(), "cryptopredict_request_log_lost_total") == 3
