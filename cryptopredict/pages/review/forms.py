"""What a decision needs besides the verb."""

from datetime import UTC, datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from selection.choices import Decision

LONGEST = 10_000


class DecisionForm(forms.Form):
    """A decision; of a deferral the date, of a rejection the reason. What must be there the service says."""

    decision = forms.ChoiceField(choices=Decision.choices)
    notes = forms.CharField(required=False, max_length=LONGEST, label=_("Reason"))
    defer_until = forms.DateTimeField(required=False, label=_("Back in the queue on (UTC)"))

    def clean_defer_until(self) -> datetime | None:
        """The field knows no zones; what is typed is UTC."""
        moment: datetime | None = self.cleaned_data["defer_until"]
        return moment.replace(tzinfo=UTC) if moment else None
