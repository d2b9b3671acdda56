"""What people write about their trades: a page for each entry, rewritten as often as they like, every version kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from system.choices import AuditOperation
from system.exceptions import InvalidInput, NotAllowed
from system.json_values import json_fault
from system.services import change_row, record_change
from trading.models import TradeAction, TradeNote, TradeNoteVersion
from trading.models.notes import LONGEST_TAG

REMARKS = frozenset({
    "emotion_state", "confidence_level", "stress_level", "market_sentiment", "volatility_level", "volume_profile",
    "primary_setup", "confirmation_signals", "chart_pattern", "analysis_snapshot", "lesson_learned", "notes",
})  # fmt: skip
"""Columns of an entry itself that may be changed later: they say nothing about coins or money."""
WRITTEN = ("text", "tags", "followed_rules", "broken_rules")
LONGEST_TEXT = 20_000
MOST_TAGS = 20


@transaction.atomic
def write_note(action: TradeAction, *, actor: User, remarks: Mapping[str, Any] | None = None, **said: Any) -> TradeNote:
    """Write the page about an entry; what is not said stays as it was. What is equal makes no new version.

    Args:
        action: the entry.
        actor: its owner; nobody else writes there.
        remarks: columns of the entry about the mood and the market, by name.
        said: ``text``, ``tags``, ``followed_rules``, ``broken_rules``.
    Raises:
        NotAllowed: not their entry.
        InvalidInput: a value that makes no sense; names the field.
    """
    if action.portfolio_asset.portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your journal."))
    new = _checked(said)
    action = TradeAction.objects.select_for_update(of=("self",)).get(pk=action.pk)
    if remarks:
        _remark(action, remarks, actor)
    note = TradeNote.objects.filter(trade_action=action).first()
    row = note or TradeNote(trade_action=action, version=0)
    old = {name: getattr(row, name) for name in WRITTEN}
    if note is not None and old == old | new:
        return note
    for name, value in new.items():
        setattr(row, name, value)
    if row.broken_rules and row.followed_rules is None:
        row.followed_rules = False
    if row.broken_rules and row.followed_rules:
        message = _("Who names a rule that was broken has not kept to the rules.")
        raise InvalidInput(message, field="followed_rules")
    row.version += 1
    row.save()
    written = {name: getattr(row, name) for name in WRITTEN}
    TradeNoteVersion.objects.create(note=row, version=row.version, written_by=actor, **written)
    operation = AuditOperation.INSERT if note is None else AuditOperation.UPDATE
    record_change(row, operation, actor=actor, old={"version": row.version - 1}, new={"version": row.version})
    return row


@transaction.atomic
def change_remarks(action: TradeAction, remarks: Mapping[str, Any], *, actor: User) -> TradeAction:
    """Say something else about the mood and the market of an entry; coins and money stay.

    Args:
        action: the entry.
        remarks: columns of the entry, by name.
        actor: its owner.
    Raises:
        NotAllowed: not their entry.
        InvalidInput: a value that makes no sense; names the field.
    """
    if action.portfolio_asset.portfolio.user_id != actor.pk:
        raise NotAllowed(_("This is not your journal."))
    _remark(action, remarks, actor)
    action.refresh_from_db()
    return action


def _remark(action: TradeAction, remarks: Mapping[str, Any], actor: User) -> None:
    unknown = sorted(remarks.keys() - REMARKS)
    if unknown:
        raise InvalidInput(_("%(field)s cannot be changed here.") % {"field": unknown[0]}, field=unknown[0])
    for name, value in remarks.items():
        if fault := json_fault(value):
            raise InvalidInput(fault, field=name)
    try:
        change_row(action, actor=actor, changes=remarks)
    except InvalidInput as error:
        if error.field is None:  # a rule of the table, which names its column in its sentence
            error.field = next((name for name in remarks if name in str(error)), None)
        raise


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(said.keys() - set(WRITTEN))
    if unknown:
        raise InvalidInput(_("%(field)s cannot be changed here.") % {"field": unknown[0]}, field=unknown[0])
    new = dict(said)
    for name in ("tags", "broken_rules"):
        if name in new:
            new[name] = _words(name, new[name] or [])
    text = new.get("text", "")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or json_fault(text):
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "text"}, field="text")
    if new.get("followed_rules") not in (None, True, False):
        raise InvalidInput(_("%(field)s is out of range.") % {"field": "followed_rules"}, field="followed_rules")
    return new


def _words(name: str, words: Iterable[Any]) -> list[str]:
    """Words in lower case, each once, in their order."""
    given = list(words) if isinstance(words, (list, tuple)) else [None]
    plain = [" ".join(word.lower().split()) if isinstance(word, str) else "" for word in given]
    is_sound = all(0 < len(word) <= LONGEST_TAG and not json_fault(word) for word in plain)
    if not is_sound or len(set(plain)) > MOST_TAGS:
        raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)
    return list(dict.fromkeys(plain))
