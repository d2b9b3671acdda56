"""What each channel does with events, and with what its clients say."""

from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any

import orjson
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.models import User
from accounts.services.live_access import Access
from assets.api.serializers import MOST_PRICES
from cryptopredict.api.dashboard_serializers import OverviewSerializer
from cryptopredict.dashboards import overviews
from cryptopredict.live.channels import HEALTH, Channel
from cryptopredict.live.connection import UNKNOWN, Connection, Receive, Send
from cryptopredict.live.messages import Frame, message, price_message, priced
from cryptopredict.live.outbox import newest_event
from cryptopredict.live.recall import recall
from system.api.health import HealthReportSerializer
from system.selectors.health import newest_health

LARGEST_ID = 2**63 - 1
MOST_COUNTED = 2000
MOST_TOLD = 500_000
"""Characters of events in one message: well below what libraries of clients take (often 1 MiB)."""


def fitting(texts: Sequence[str]) -> list[orjson.Fragment]:
    """The first of some messages, as many as go into one; never none where there are any."""
    room = sum(size <= MOST_TOLD for size in accumulate(map(len, texts)))
    return [orjson.Fragment(text) for text in texts[: max(room, 1)]]


class Account:
    """Which events a connection has told since one that its client has, so that a client can tell that one is missing:
    their numbers have gaps by themselves."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.told: dict[int, None] = {}

    def begin(self, seq: int) -> None:
        """Count from this event on."""
        self.since, self.told = seq, {}

    def add(self, seq: int) -> None:
        """An event is told; again it counts once. Of very many only the newest are known."""
        self.told[seq] = None
        if len(self.told) > MOST_COUNTED:
            del self.told[next(iter(self.told))]
            self.since = None

    def count_after(self, seq: int) -> int | None:
        """How many after this one; None if it is not known."""
        return len(self.after(seq)) if seq == self.since or seq in self.told else None

    def after(self, seq: int) -> list[int]:
        """Those that were told after one of them, as far as is known."""
        told = [*self.told]
        return told[told.index(seq) + 1 :] if seq in self.told else told if seq == self.since else []


class Listener(Connection):
    """A connection to a channel.

    Attributes:
        about: whose events it tells besides those for everybody.
    """

    def __init__(self, channel: Channel, access: Access, about: int | None, receive: Receive, send: Send) -> None:
        super().__init__(receive, send)
        self.channel, self.access, self.about = channel, access, about
        self.account = Account()

    async def begin(self) -> None:
        """Find out what was sent last, and say the present state where the channel tells states."""
        before = self.head
        newest = await database_sync_to_async(newest_event)(self.channel.topics, self.about)
        if self.head == before:  # else something has come in meanwhile
            self.know(newest)
            self.account.begin(newest)
        if self.about and self.about != self.access.user_id and not await User.objects.filter(pk=self.about).aexists():
            self.end(UNKNOWN)

    def wants(self, frame: Frame) -> bool:
        return frame["topic"] in self.channel.topics and frame["user"] in (None, self.about)

    def take(self, frame: Frame) -> None:
        """Tell an event that it wants."""
        if frame["text"] is not None:
            self.account.add(frame["seq"])
            self.tell(frame["text"], frame["seq"])

    async def hear(self, said: dict[str, Any]) -> None:
        action = said.get("action")
        if action == "ping":
            self.say("pong", {"after": said["seq"], "count": self.count_after(said["seq"])} if "seq" in said else {})
        elif action == "resume":
            await self.resume(said.get("seq"), said.get("have", []))
        else:
            self.complain("unknown_action", "action is one of: ping, resume.")

    def count_after(self, seq: Any) -> int | None:
        """How many events were told here after one of them; None where that is not known, or each tells a state."""
        return None if self.channel.tells_state or type(seq) is not int else self.account.count_after(seq)

    def complain(self, code: str, detail: str) -> None:
        """Say that something was asked that cannot be done."""
        self.say("error", {"code": code, "detail": detail})

    async def resume(self, seq: Any, have: Any = ()) -> None:
        """Tell what came after an event, but for what the client says it has, in one message: parts would be lost in
        parts. Where that cannot be told, say that it has to be fetched anew."""
        if type(seq) is not int or not 0 <= seq <= LARGEST_ID:
            self.complain("invalid_seq", "seq is the number of the last message that you have.")
            return
        if not isinstance(have, list) or not all(type(one) is int for one in have):
            self.complain("invalid_have", "have is a list of the numbers of messages that you have.")
            return
        if self.channel.tells_state:
            await self.begin()
            return
        self.hold()
        missed = [] if seq == self.head else await self.missed(seq)
        held = self.release()
        if missed is None:
            for number, text in held:
                self.tell(text, number)
            self.say("resync", {})
            return
        had, found = set(have), {frame["seq"] for frame in missed}
        told = [*self.account.after(seq), *(number for number, _text in held)]
        self.account.begin(seq)
        for number in (*(frame["seq"] for frame in missed if frame["text"] is not None or frame["seq"] in had), *told):
            self.account.add(number)
        lacks = [frame["text"] for frame in missed if frame["text"] is not None and frame["seq"] not in had]
        lacks += [text for number, text in held if number not in found | had]
        events = fitting(lacks)
        data = {"missed": len(lacks), "after": seq, "count": self.count_after(seq), "events": events}
        self.say("resumed", data, len(events))

    async def missed(self, seq: int) -> list[Frame] | None:
        found = await recall(self.channel.topics, self.about, seq, self.head_since)
        if found and not self.held:
            self.know(found[-1]["seq"])
        return found


class DashboardListener(Listener):
    """The overview of a person: at the beginning, and again after each run and whatever happens to him."""

    def wants(self, frame: Frame) -> bool:
        return frame["user"] == self.about or (frame["user"] is None and frame["topic"] in self.channel.topics)

    async def begin(self) -> None:
        await super().begin()
        self.show(await database_sync_to_async(dashboard_data)([self.about or 0]))

    def show(self, states: dict[int, Any]) -> None:
        """Tell the state of the person; there is none of one who is gone."""
        if self.about not in states:
            self.end(UNKNOWN)
            return
        self.tell_newest(0, message("dashboard.update", self.head, states[self.about]))


def dashboard_data(user_ids: Collection[int]) -> dict[int, Any]:
    """The overviews of some people by id, each made once."""
    people = User.objects.filter(pk__in=user_ids, deleted_at__isnull=True)
    found = overviews(people, timezone.now())
    return {key: OverviewSerializer(one).data for key, one in found.items()}


class StatusListener(Listener):
    """The state of the product: at the beginning, and with every round of checks."""

    async def begin(self) -> None:
        await super().begin()
        report = await database_sync_to_async(health_report)()
        if report is not None:
            self.say(HEALTH, report)


def health_report() -> Any:
    """The newest round of checks as it is told; None before the first."""
    check = newest_health()
    return None if check is None else HealthReportSerializer(check).data


class PriceListener(Listener):
    """Prices of some assets: the present ones at the beginning, then each when it changes. Of a price that changes
    while the reader is busy only the newest is told."""

    def __init__(self, channel: Channel, access: Access, receive: Receive, send: Send, assets: Collection[int]) -> None:
        super().__init__(channel, access, None, receive, send)
        self.assets = set(assets)

    def wants(self, frame: Frame) -> bool:
        return super().wants(frame) and any(key in self.assets for key, _text in frame.get("texts", ()))

    def take(self, frame: Frame) -> None:
        for key, text in frame["texts"]:
            if key in self.assets:
                self.tell_newest(key, text)

    async def begin(self) -> None:
        await super().begin()
        if not await self.show(self.assets):
            self.end(UNKNOWN)

    async def show(self, asset_ids: Collection[int]) -> bool:
        """Tell the present prices; whether all of the assets are known."""
        found = await database_sync_to_async(priced)(asset_ids)
        if len(found) < len(asset_ids):
            return False
        for key, asset in found.items():
            self.tell_newest(key, price_message(asset, self.head))
        return True

    async def hear(self, said: dict[str, Any]) -> None:
        if said.get("action") not in ("subscribe", "unsubscribe"):
            await super().hear(said)
            return
        ids = said.get("asset_ids")
        if not isinstance(ids, list) or not ids or not all(type(one) is int and 0 < one <= LARGEST_ID for one in ids):
            self.complain("invalid_assets", "asset_ids is a list of ids.")
            return
        if said["action"] == "unsubscribe":
            self.assets -= set(ids)
            for one in ids:
                self.newest.pop(one, None)
            return
        if len(self.assets | set(ids)) > MOST_PRICES:
            self.complain("too_many_assets", f"A connection tells the prices of at most {MOST_PRICES} assets.")
            return
        if await self.show(set(ids)):
            self.assets |= set(ids)
        else:
            self.complain("unknown_asset", "There is no such asset.")
