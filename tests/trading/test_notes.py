"""The trader's notes: rewritten as often as one likes, every version kept, nobody else's business."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from system.exceptions import InvalidInput, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, NoteVersionFactory, TradeActionFactory, UserFactory
from tests.trading.executing import D
from trading.models import TradeAction, TradeNote, TradeNoteVersion
from trading.services import write_note

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry() -> TradeAction:
    found: TradeAction = TradeActionFactory(executed_at=timezone.now())
    return found


def write(entry: TradeAction, **said: Any) -> TradeNote:
    return write_note(entry, actor=entry.portfolio_asset.portfolio.user, **said)


def test_a_note_is_rewritten_and_every_version_kept(entry: TradeAction) -> None:
    first = write(entry, text="Too late.", tags=["FOMO", "  break   out ", "fomo"])
    assert (first.version, first.tags, first.followed_rules) == (1, ["fomo", "break out"], None)
    second = write(entry, text="Much too late.", broken_rules=["no chasing"])
    assert (second.pk, second.version, second.followed_rules) == (first.pk, 2, False)
    assert second.tags == ["fomo", "break out"]
    assert write(entry, text="Much too late.").version == 2
    kept = TradeNoteVersion.objects.order_by("version").values_list("version", "text", "broken_rules")
    assert list(kept) == [(1, "Too late.", []), (2, "Much too late.", ["no chasing"])]
    assert AuditLog.objects.filter(table_name="trade_notes").count() == 2


def test_mood_and_market_are_columns_of_the_entry(entry: TradeAction) -> None:
    write(entry, remarks={"emotion_state": "calm", "confidence_level": 7, "lesson_learned": "Wait."})
    entry.refresh_from_db()
    assert (entry.emotion_state, entry.confidence_level, entry.lesson_learned) == ("calm", 7, "Wait.")
    assert AuditLog.objects.filter(table_name="trade_actions", record_id=entry.pk).count() == 1
    for remarks, field in (
        ({"quantity": D(3)}, "quantity"),
        ({"confidence_level": 11}, "confidence_level"),
        ({"market_sentiment": "happy"}, "market_sentiment"),
        ({"analysis_snapshot": {"x": float("nan")}}, "analysis_snapshot"),
        ({"emotion_state": "a\x00b"}, "emotion_state"),
    ):
        with pytest.raises(InvalidInput) as caught:
            write(entry, remarks=remarks)
        assert caught.value.field == field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "x" * 20_001}, "text"),
        ({"text": "\x00"}, "text"),
        ({"text": None}, "text"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": "fomo"}, "tags"),
        ({"tags": [str(n) for n in range(21)]}, "tags"),
        ({"tags": [5]}, "tags"),
        ({"followed_rules": "yes"}, "followed_rules"),
        ({"followed_rules": True, "broken_rules": ["size"]}, "followed_rules"),
        ({"version": 9}, "version"),
    ],
)
def test_what_makes_no_sense(entry: TradeAction, said: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        write(entry, **said)
    assert (caught.value.field, TradeNote.objects.count()) == (field, 0)


@pytest.mark.parametrize("stranger", [UserFactory, AdminFactory])
def test_nobody_else_writes(entry: TradeAction, stranger: Any) -> None:
    with pytest.raises(NotAllowed):
        write_note(entry, actor=stranger(), text="mine")


def test_a_version_stays(entry: TradeAction) -> None:
    version = NoteVersionFactory(note__trade_action=entry)
    for deed in (
        lambda: TradeNoteVersion.objects.filter(pk=version.pk).update(text="other"),
        lambda: TradeNoteVersion.objects.filter(pk=version.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
