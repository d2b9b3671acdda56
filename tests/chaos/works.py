"""Work of every kind that is under way when something is killed, and what has to be there when it is done.

Each piece of work says whether it is under way, whether it is done, and when it ended: a kill counts only if the work
was under way before it and ended after it.
"""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User, WebhookDelivery
from aimodels.choices import JobCategory, JobStatus
from aimodels.models import AIModel, ModelJob
from aimodels.services import jobs
from assets.choices import FIXED_SOURCE, AssetType
from assets.models import Asset, IngestState, PriceData
from cryptopredict import tasks
from selection.choices import SuggestionStatus
from selection.models import AISuggestion, Portfolio, PortfolioAsset, PositionLot, SuggestionReview, Watchlist
from system.choices import AuditOperation, RunStatus, TaskStatus
from system.models import AuditLog, BackgroundTask, IdempotencyKey, OutboxEvent, PipelineRun
from system.services import publish
from tests.chaos.outside import LENGTH, Outside, close_of
from tests.chaos.product import Product, until
from tests.cryptopredict.web_processes import ask
from tests.doors import API
from tests.factories import SuggestionFactory, WatchlistFactory

DAYS = 600
EVENTS = 12
"""A program takes no more than 60 messages a minute from us, and those about decisions come on top."""
CLIENTS, EACH = 6, 4
TOPIC = "suggestion.reviewed"


class Work:
    """One piece of work of a round."""

    name = ""

    def __init__(self, number: int, outside: Outside) -> None:
        self.number, self.outside = number, outside
        self.may_fail = False
        """An attempt may end with a fault that is told, as long as the next one, which the schedule begins, does it."""

    def begin(self) -> None:
        raise NotImplementedError

    def is_under_way(self) -> bool:
        raise NotImplementedError

    def ended_at(self) -> datetime | None:
        """None while it is not done."""
        raise NotImplementedError

    def check(self) -> None:
        """All of it is there, once."""
        assert self.ended_at() is not None


class Ingest(Work):
    """A new asset's history of candles is fetched from the exchange, in pages."""

    name = "ingest"

    def begin(self) -> None:
        self.pair, self.has_failed = f"CHAOS{self.number}USDT", False
        Asset.objects.filter(symbol__startswith="CHAOS").update(is_active=False)
        self.asset = Asset.objects.create(
            symbol=f"CHAOS{self.number}",
            name=f"Chaos {self.number}",
            asset_type=AssetType.CRYPTO,
            data_source=FIXED_SOURCE,
            external_ids={"binance": self.pair},
            market_cap_rank=1000 + self.number,
        )
        self.until = datetime(2026, 6, 1, tzinfo=UTC) + self.number * 2 * LENGTH  # two, for the close after it
        self.begins = self.until - timedelta(days=DAYS)
        self.collect()

    def collect(self) -> None:
        tasks.collect_candles.apply_async(args=["4h", (self.until + timedelta(minutes=1)).isoformat()])

    def is_under_way(self) -> bool:
        return self.outside.asked_for(self.pair) > 0 and IngestState.objects.filter(asset=self.asset).exists()

    def round(self) -> BackgroundTask | None:
        params = {"task_params__timeframe": "4h", "task_params__until": self.until.isoformat()}
        return BackgroundTask.objects.filter(**params).order_by("pk").last()

    def ended_at(self) -> datetime | None:
        row = self.round()
        if row is None or row.status == TaskStatus.RUNNING:
            return None
        if self.may_fail and row.status == TaskStatus.FAILED and self.outside.is_well and not self.has_failed:
            assert row.error_message, "it has failed and does not say why"
            self.has_failed = True
            self.until += LENGTH  # a close has one round; the next one's brings what is missing
            self.collect()
            return None
        return row.completed_at

    def check(self) -> None:
        row = self.round()
        assert row is not None
        assert row.status == TaskStatus.COMPLETED, row.error_message
        count = int((self.until - self.begins) / LENGTH)
        moments = [self.begins + number * LENGTH for number in range(count)]
        stored = PriceData.objects.filter(asset=self.asset, timeframe="4h")
        assert list(stored.order_by("candle_time").values_list("candle_time", flat=True)) == moments
        assert stored.aggregate(total=Sum("close_price"))["total"] == sum(
            (close_of(self.pair, int(moment.timestamp() * 1000)) for moment in moments), Decimal(0)
        )


class Pipeline(Work):
    """A run of all stages at the close of a past day."""

    name = "pipeline"

    def begin(self) -> None:
        self.as_of = datetime(2026, 9, 1, tzinfo=UTC) - timedelta(days=self.number)
        tasks.run_pipeline.apply_async(args=["1d", self.as_of.isoformat()])

    def is_under_way(self) -> bool:
        """Its row is there, and held by the transaction in which all of its rows are written."""
        with connections["default"].cursor() as cursor:
            row = "FROM pipeline_runs WHERE as_of = %s AND timeframe = '1d'"
            cursor.execute(f"SELECT count(*) {row}", [self.as_of])
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(f"SELECT id {row} FOR UPDATE SKIP LOCKED", [self.as_of])
            return cursor.fetchone() is None

    def ended_at(self) -> datetime | None:
        row = PipelineRun.objects.filter(as_of=self.as_of, timeframe="1d", status=RunStatus.DONE).first()
        return None if row is None else row.finished_at


class Training(Work):
    """A model is trained in a process of its own."""

    name = "training"

    def begin(self) -> None:
        as_of = datetime(2026, 9, 2, 1, tzinfo=UTC) + timedelta(minutes=self.number)
        config = {"models": ["asset_direction_1d_24h"], "as_of": as_of.isoformat()}
        model = AIModel.objects.get(name="asset_rules", is_active=True)
        self.job = jobs.enqueue_job(
            model, category=JobCategory.TRAINING, job_type="full_training", actor=None, config=config
        )

    def is_under_way(self) -> bool:
        return ModelJob.objects.filter(pk=self.job.pk, job_status=JobStatus.RUNNING).exists()

    def ended_at(self) -> datetime | None:
        ended = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
        row = ModelJob.objects.filter(pk=self.job.pk, job_status__in=ended).first()
        return None if row is None else row.completed_at

    def check(self) -> None:
        row = ModelJob.objects.get(pk=self.job.pk)
        assert row.job_status == JobStatus.COMPLETED, row.error_message
        (one,) = (row.job_results or {})["models"].values()
        version = AIModel.objects.get(pk=one["model"])
        assert AIModel.objects.filter(name=version.name, version=version.version).count() == 1


class Reviews(Work):
    """People decide about suggestions and buy coins over HTTP; each repeats his request until he has an answer."""

    name = "review"

    def __init__(self, number: int, outside: Outside, product: Product, owner: User, token: str) -> None:
        super().__init__(number, outside)
        self.product, self.owner, self.token = product, owner, token
        self.flying, self.refused = 0, list[Any]()
        self.done = dict[str, datetime]()
        self.lock = threading.Lock()

    def begin(self) -> None:
        self.watchlist: Watchlist = WatchlistFactory(user=self.owner, name=f"Chaos {self.number}")
        coins = list(Asset.objects.filter(symbol__startswith="MADE").order_by("pk")[: CLIENTS * EACH])
        self.suggestions = [SuggestionFactory(watchlist=self.watchlist, asset=coin) for coin in coins]
        book = until(lambda: self.send("POST", "portfolios", {"name": f"Chaos {self.number}"}, "book"))
        self.book = Portfolio.objects.get(pk=book["id"])
        opened = {"asset_id": coins[0].pk, "entry_price": "100", "quantity": "1"}
        self.position = until(lambda: self.send("POST", f"portfolios/{self.book.pk}/assets", opened, "position"))["id"]
        self.threads = [threading.Thread(target=self.act, args=(place,), daemon=True) for place in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def act(self, place: int) -> None:
        for suggestion in self.suggestions[place * EACH : (place + 1) * EACH]:
            is_wanted = suggestion.pk % 2 == 0
            decision = {"decision": "approve"} if is_wanted else {"decision": "reject", "review_notes": "No."}
            bought = {"action_type": "buy", "asset_price": "100", "quantity": "1"}
            self.insist(f"suggestions/{suggestion.pk}/review", decision, f"review-{suggestion.pk}")
            self.insist(f"portfolios/{self.book.pk}/assets/{self.position}/actions", bought, f"buy-{suggestion.pk}")

    def insist(self, path: str, body: dict[str, Any], key: str) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and not self.send("POST", path, body, key):
            time.sleep(0.1)
        self.done[key] = timezone.now()

    def send(self, method: str, path: str, body: dict[str, Any], key: str) -> Any:
        """What is answered; None if it is to be sent again."""
        with self.lock:
            self.flying += 1
        content = json.dumps(body).encode()
        named = f"chaos-{self.number}-{key}"
        found = ask(self.product.port, method, f"{API}{path}", self.token, content, Idempotency_Key=named)
        with self.lock:
            self.flying -= 1
        if found.status in (200, 201):
            return json.loads(found.body)
        is_overtaken = (
            found.status == 400 and b"lies in the future" in found.body
        )  # by a clock that was put back meanwhile
        if found.status not in (None, 409, 500, 502, 503) and not (self.may_fail and is_overtaken):
            self.refused.append((path, found.status, found.body[:500]))
        return None

    def is_under_way(self) -> bool:
        return self.flying > 0 and len(self.done) > 2

    def ended_at(self) -> datetime | None:
        whole = len(self.done) == 2 * len(self.suggestions)
        return max(self.done.values()) if whole else None

    def check(self) -> None:
        """Each answer has its effect, and each effect is there once."""
        assert not self.refused, self.refused[:3]
        for suggestion in self.suggestions:
            row = AISuggestion.objects.get(pk=suggestion.pk)
            is_wanted = suggestion.pk % 2 == 0
            assert row.status == (SuggestionStatus.IMPLEMENTED if is_wanted else SuggestionStatus.REJECTED)
            assert SuggestionReview.objects.filter(suggestion=row).count() == 1
            assert self.watchlist.entries.filter(asset=row.asset).count() == is_wanted
            audited = AuditLog.objects.filter(table_name="ai_suggestions", record_id=row.pk)
            assert audited.filter(operation=AuditOperation.UPDATE).count() == 1
            assert OutboxEvent.objects.filter(topic=TOPIC, payload__suggestion_id=row.pk).count() == 1
        keys = IdempotencyKey.objects.filter(key__startswith=f"chaos-{self.number}-")
        assert keys.count() == 2 * len(self.suggestions) + 2
        lots = PositionLot.objects.filter(position_id=self.position)
        assert (lots.count(), lots.aggregate(total=Sum("quantity"))["total"]) == (25, 25)
        assert PortfolioAsset.objects.get(pk=self.position, portfolio=self.book).quantity == 25


class Deliveries(Work):
    """Events go to a program, one after the other."""

    name = "delivery"

    def __init__(self, number: int, outside: Outside, owner: User) -> None:
        super().__init__(number, outside)
        self.owner = owner

    def begin(self) -> None:
        self.mark = f"delivery {self.number}"
        said = {"status": "rejected", "decision": self.mark}
        self.events = [publish(TOPIC, {"suggestion_id": 0, **said}, user=self.owner).pk for _ in range(EVENTS)]

    def came(self) -> list[datetime]:
        """When each message of this round was heard."""
        return [at for _number, body, at in list(self.outside.told) if body["data"].get("decision") == self.mark]

    def is_under_way(self) -> bool:
        return 0 < len(self.came()) < EVENTS

    def ended_at(self) -> datetime | None:
        """When the last one was heard: the rows are dated by when their sweep began."""
        rows = WebhookDelivery.objects.filter(event_id__in=self.events, status="sent")
        return max(self.came()) if rows.count() == EVENTS else None

    def check(self) -> None:
        arrived = self.outside.arrivals()
        rows = list(WebhookDelivery.objects.filter(event_id__in=self.events))
        assert len(rows) == EVENTS
        for row in rows:
            times = arrived[str(row.message_id)]
            assert times == 1 or (times > 1 and row.possible_double), (times, row.possible_double)
