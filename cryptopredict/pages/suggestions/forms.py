"""Which suggestions the page is of."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from selection.choices import SuggestionType

FATES: dict[str, Any] = {
    "accepted": _("accepted"),
    "rejected": _("rejected"),
    "expired": _("expired"),
    "open": _("open"),
}
"""What was decided about a suggestion."""


class SuggestionsForm(forms.Form):
    """The time and the kind choose everything on the page; what was decided narrows the list alone."""

    PERIODS: ClassVar[dict[str, tuple[int | None, Any]]] = {
        "365": (365, _("one year")),
        "90": (90, _("90 days")),
        "30": (30, _("30 days")),
        "all": (None, _("everything")),
    }
    USUAL: ClassVar[str] = "365"

    period = forms.ChoiceField(
        label=_("Period"), required=False, choices=[(key, label) for key, (_days, label) in PERIODS.items()]
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all")), *SuggestionType.choices])
    fate = forms.ChoiceField(
        label=_("Decision (of the list below)"), required=False, choices=[("", _("all")), *FATES.items()]
    )
