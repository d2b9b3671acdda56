"""The field of a file, with a button in the language of the page: the browser's own speaks the browser's language."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.template import loader
from django.utils.safestring import SafeString


class FileInput(forms.FileInput):
    """A button and the name of what was chosen. Without scripts it is the browser's own."""

    template_name = "components/file_input.html"

    class Media:
        js = ("js/file-input.js",)

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:  # noqa: ARG002
        """By a template of the product, which the renderer of Django's own forms does not look for."""
        return loader.render_to_string(template_name, context | {"attributes": flatatt(context["widget"]["attrs"])})
