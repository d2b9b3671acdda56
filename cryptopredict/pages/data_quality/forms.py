"""Which gaps the page lists."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe


class GapsForm(forms.Form):
    """A timeframe and an asset; nothing is required."""

    timeframe = forms.ChoiceField(label=_("Timeframe"), required=False, choices=[("", _("all")), *Timeframe.choices])
    asset = forms.CharField(label=_("Asset"), required=False, max_length=30)
