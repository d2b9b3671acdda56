"""What services refuse, beside the fields of a form; what was typed stays in it."""

from collections.abc import Mapping

from django import forms

from system.exceptions import DomainError


def refuse(form: forms.Form, refusal: DomainError, names: Mapping[str, str] | None = None) -> None:
    """Say what was refused where it was typed.

    Args:
        form: that was sent, and is valid by itself.
        names: of inputs in the service, where the form calls them otherwise.
    """
    for fault in refusal.faults:
        name = (names or {}).get(fault.field or "", fault.field)
        form.add_error(name if name in form.fields else None, str(fault))
