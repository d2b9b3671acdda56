"""What addresses of pages may ask for."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe


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
