"""What addresses of pages may ask for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from macro.choices import MarketRegime
from system.formats import span


class MomentField(forms.Field):
    """An ISO time with its zone."""

    default_error_messages = {"invalid": _("Give a time with its zone, such as 2026-01-31T00:00:00Z.")}

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = parse_datetime(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class CandlesForm(forms.Form):
    """A stretch of candles. It must have a beginning, so that only the partitions it lies in are read."""

    MOST: ClassVar[int] = 5000

    timeframe = forms.ChoiceField(choices=Timeframe.choices)
    first = MomentField()
    end = MomentField()


class RecordForm(forms.Form):
    """Which forecasts the record is of. It offers what there is."""

    PERIODS: ClassVar[dict[str, tuple[int | None, Any]]] = {
        "90": (90, _("90 days")),
        "30": (30, _("30 days")),
        "365": (365, _("one year")),
        "all": (None, _("everything")),
    }
    USUAL: ClassVar[str] = "90"
    field_order = ("horizon", "model", "regime", "asset", "period")

    asset = forms.CharField(label=_("Asset"), required=False, max_length=30)
    period = forms.ChoiceField(
        label=_("Period"),
        required=False,
        choices=[(key, label) for key, (_days, label) in PERIODS.items()],
    )

    def __init__(self, query: Any, *, horizons: Iterable[int], models: Iterable[str], regimes: Iterable[str]) -> None:
        super().__init__(query)
        every: list[tuple[str, Any]] = [("", _("all"))]
        words = dict(MarketRegime.choices)
        self.fields["horizon"] = forms.ChoiceField(
            label=_("Horizon"), required=False, choices=[*every, *((str(one), span(one)) for one in horizons)]
        )
        self.fields["model"] = forms.ChoiceField(
            label=_("Model"), required=False, choices=[*every, *((one, one) for one in models)]
        )
        self.fields["regime"] = forms.ChoiceField(
            label=_("State of the market"),
            required=False,
            choices=[*every, *((one, words.get(one, one)) for one in regimes)],
        )
        self.order_fields(self.field_order)
