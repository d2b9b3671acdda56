"""Forms of the journal: which entries, what is said of one, its correction, a picture."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from cryptopredict.pages.portfolios import words
from cryptopredict.pages.portfolios.entry_forms import amount, moment
from selection.models import Portfolio
from system.file_input import FileInput
from trading.choices import PrimarySetup
from trading.models import TradeAction, TradeNote
from trading.selectors.journal_table import BROKEN, FOLLOWED, UNSAID, Wanted
from trading.services.notes import LONGEST_TEXT
from trading.services.screenshots import LONGEST_CAPTION

ANY: tuple[str, Any] = ("", _("all"))


class DayInput(forms.DateInput):
    """A day in the browser's own field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"dir": "ltr"})


class FilterForm(forms.Form):
    """Which entries of the journal."""

    asset = forms.CharField(label=_("Asset"), required=False, max_length=30)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[ANY, *((kind.value, told) for kind, told in words.KINDS.items())]
    )
    setup = forms.ChoiceField(label=_("Setup"), required=False, choices=[ANY, *PrimarySetup.choices])
    rules = forms.ChoiceField(
        label=_("Own rules"),
        required=False,
        choices=[ANY, (FOLLOWED, _("kept")), (BROKEN, _("broken")), (UNSAID, _("not said"))],
    )
    first = forms.DateField(label=_("From"), required=False, widget=DayInput())
    last = forms.DateField(label=_("To"), required=False, widget=DayInput())
    taken_back = forms.BooleanField(label=_("with those taken back"), required=False)

    field_order = ("portfolio", "asset", "kind", "setup", "tag", "rules", "first", "last", "taken_back")

    def __init__(self, query: Any, portfolios: Iterable[Portfolio], tags: Iterable[str]) -> None:
        super().__init__(query)
        self.fields["portfolio"] = forms.ChoiceField(
            label=_("Portfolio"), required=False,
            choices=[("", _("all real ones")), *((str(one.pk), one.name) for one in portfolios)],
        )  # fmt: skip
        self.fields["tag"] = forms.ChoiceField(
            label=_("Tag"), required=False, choices=[ANY, *((one, one) for one in tags)]
        )
        self.order_fields(self.field_order)

    @property
    def wanted(self) -> Wanted:
        """What was asked for; a field that makes no sense chooses nothing, and says so beside itself."""
        self.is_valid()
        given = self.cleaned_data
        first, last = given.get("first"), given.get("last")
        return Wanted(
            portfolio=int(given["portfolio"]) if given.get("portfolio") else None,
            symbol=(given.get("asset") or "").strip().upper(),
            kind=given.get("kind") or "",
            setup=given.get("setup") or "",
            tag=given.get("tag") or "",
            rules=given.get("rules") or "",
            since=midnight(first) if first else None,
            until=midnight(last) + timedelta(days=1) if last else None,
            with_reversed=bool(given.get("taken_back")),
        )


def midnight(day: date) -> datetime:
    """When a day begins (UTC)."""
    return datetime.combine(day, time(), UTC)


class WordsField(forms.CharField):
    """Some words, separated by commas."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return [word.strip() for word in text.replace("،", ",").split(",") if word.strip()]


class NoteForm(forms.Form):
    """What a person says of an entry."""

    KEPT: ClassVar[dict[str, bool | None]] = {"": None, "yes": True, "no": False}

    text = forms.CharField(
        label=_("Note"), required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
    tags = WordsField(label=_("Tags"), required=False, help_text=_("Separated by commas."))
    followed_rules = forms.ChoiceField(
        label=_("Did you keep to your own rules?"),
        required=False,
        choices=[("", _("not said")), ("yes", _("yes")), ("no", _("no"))],
    )
    broken_rules = WordsField(label=_("Which rules were broken"), required=False, help_text=_("Separated by commas."))
    primary_setup = forms.ChoiceField(
        label=_("Setup"), required=False, choices=[("", _("not said")), *PrimarySetup.choices]
    )
    emotion_state = forms.CharField(
        label=_("Mood"), required=False, max_length=20, help_text=_("A word, such as calm or hasty.")
    )
    confidence_level = forms.IntegerField(label=_("Confidence, 1 to 10"), required=False, min_value=1, max_value=10)
    stress_level = forms.IntegerField(label=_("Stress, 1 to 10"), required=False, min_value=1, max_value=10)
    lesson_learned = forms.CharField(
        label=_("Lesson"), required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 2})
    )

    REMARKS: ClassVar[tuple[str, ...]] = (
        "primary_setup", "emotion_state", "confidence_level", "stress_level", "lesson_learned",
    )  # fmt: skip

    @classmethod
    def of(cls, action: TradeAction, note: TradeNote | None) -> "NoteForm":
        """As it was said before."""
        said = {name: getattr(action, name) for name in cls.REMARKS}
        if note is not None:
            kept = next(key for key, value in cls.KEPT.items() if value is note.followed_rules)
            said |= {
                "text": note.text, "tags": ", ".join(note.tags), "followed_rules": kept,
                "broken_rules": ", ".join(note.broken_rules),
            }  # fmt: skip
        return cls(initial=said)

    @property
    def said(self) -> dict[str, Any]:
        """The page that is written."""
        given = self.cleaned_data
        return {
            "text": given["text"],
            "tags": given["tags"],
            "followed_rules": self.KEPT[given["followed_rules"]],
            "broken_rules": given["broken_rules"],
        }

    @property
    def remarks(self) -> dict[str, Any]:
        """Columns of the entry; what is empty is taken away."""
        return {name: self.cleaned_data[name] or None for name in self.REMARKS}


class QuickNoteForm(forms.Form):
    """Note and tags, edited in the table."""

    text = forms.CharField(required=False, max_length=LONGEST_TEXT)
    tags = WordsField(required=False)


class CorrectForm(forms.Form):
    """What was wrong about an entry. Only what differs is entered anew."""

    executed_at = moment(_("Time (UTC)"))
    quantity = amount(_("Quantity, coins"))
    price = amount(_("Price of a coin, USD"), required=False)
    fee = amount(_("Fee, USD"), required=False)
    stop_loss = amount(_("Stop, USD"), required=False)
    take_profit = amount(_("Target, USD"), required=False)
    venue = forms.CharField(label=_("Exchange or wallet"), max_length=50, required=False)

    COLUMNS: ClassVar[dict[str, str]] = {
        "executed_at": "executed_at", "quantity": "quantity", "price": "asset_price", "fee": "fees_paid",
        "stop_loss": "stop_loss", "take_profit": "take_profit", "venue": "venue",
    }  # fmt: skip

    @classmethod
    def of(cls, action: TradeAction) -> "CorrectForm":
        """As it was entered."""
        return cls(initial={name: plain(getattr(action, column)) for name, column in cls.COLUMNS.items()})

    def clean_executed_at(self) -> datetime:
        at: datetime = self.cleaned_data["executed_at"]
        return at.replace(tzinfo=UTC)

    def changes(self, action: TradeAction) -> dict[str, Any]:
        """What differs from the entry as it is; a time that only lacks its microseconds does not."""
        new: dict[str, Any] = {}
        for name, column in self.COLUMNS.items():
            before, now = getattr(action, column), self.cleaned_data[name]
            if name == "executed_at" and before.replace(microsecond=0) == now.replace(microsecond=0):
                continue
            if (now if now != "" else None) != before:
                new[name] = now if now != "" else None
        return new


def plain(value: Any) -> Any:
    """A number as people type it."""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else value


class PictureForm(forms.Form):
    """A picture of the chart."""

    file = forms.FileField(label=_("Picture"), widget=FileInput, help_text=_("PNG, JPEG or WebP."))
    caption = forms.CharField(label=_("What it shows"), required=False, max_length=LONGEST_CAPTION)
