"""Fields of forms for values that are no single word: several lines, and rows with columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.template import loader
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from system.admin_base import dress
from system.formats import number

BLANK_ROWS = 3
"""So many empty rows stand under the filled ones, to be filled."""
MOST_ROWS = 500
Row = dict[str, Any]


class LinesField(forms.CharField):
    """Several texts, one a line."""

    def __init__(self, *, line: forms.Field, most: int | None, is_unique: bool, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false"})
        super().__init__(widget=widget, required=False, **options)
        self.line, self.most, self.is_unique = line, most, is_unique

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The texts; of those that cannot be one, which line it is."""
        lines = [text.strip() for text in str(super().clean(value) or "").splitlines()]
        found, errors = [], []
        for place, text in enumerate(lines, start=1):
            try:
                if text:
                    found.append(self.line.clean(text))
            except forms.ValidationError as error:
                told = {"line": number(place), "error": " ".join(error.messages)}
                errors.append(gettext("Line %(line)s: %(error)s") % told)
        if self.is_unique and len(set(found)) < len(found):
            errors.append(gettext("The same text stands there twice."))
        if self.most is not None and len(found) > self.most:
            errors.append(gettext("At most %(high)s.") % {"high": number(self.most)})
        if errors:
            raise forms.ValidationError(errors)
        return found


class RowsWidget(forms.Widget):
    """A table with an input in each cell."""

    template_name = "admin/rows_field.html"
    use_fieldset = True

    def __init__(self, columns: Mapping[str, forms.Field]) -> None:
        super().__init__()
        self.columns = columns

    def id_for_label(self, id_: str) -> str:  # noqa: ARG002 - each input has its own label
        return ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [*(value or ()), *({} for _blank in range(BLANK_ROWS))]
        cells = [
            [self._cell(field, f"{name}-{place}-{column}", row.get(column), place) for column, field in self.each()]
            for place, row in enumerate(rows)
        ]
        shown = {"columns": list(self.columns.values()), "rows": cells, "count": len(rows)}
        return super().get_context(name, value, attrs) | shown

    def _cell(self, field: forms.Field, name: str, value: Any, place: int) -> str:
        words = {"column": field.label, "row": number(place + 1)}
        told = gettext("%(column)s, row %(row)s") % words
        return field.widget.render(name, field.prepare_value(value), {"aria-label": told, "id": f"id_{name}"})

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:  # noqa: ARG002
        """By a template of the product, which the renderer of Django's own forms does not look for."""
        return loader.render_to_string(template_name, context)

    def each(self) -> Sequence[tuple[str, forms.Field]]:
        return list(self.columns.items())

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        """What was typed, row by row."""
        text = str(data.get(f"{name}-rows", ""))
        count = min(int(text), MOST_ROWS) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        return [
            {
                column: field.widget.value_from_datadict(data, files, f"{name}-{place}-{column}")
                for column, field in self.each()
            }
            for place in range(count)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002
        return f"{name}-rows" not in data


class RowsField(forms.Field):
    """Rows with columns. A row that was left empty, or was emptied, is none.

    Args:
        columns: a field for each.
        most: so many rows there may be.
        lift: rows of a stored value.
        land: what is stored of rows.
    """

    default_error_messages = {"rows": gettext_lazy("Row %(row)s, %(column)s: %(error)s")}

    def __init__(
        self,
        columns: Mapping[str, forms.Field],
        *,
        most: int | None,
        lift: Callable[[Any], list[Row]],
        land: Callable[[list[Row]], Any],
        **options: Any,
    ) -> None:
        super().__init__(widget=RowsWidget(columns), required=False, **options)
        for field in columns.values():
            dress(field)
        self.columns, self.most, self.lift, self.land = columns, most, lift, land

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        return BoundRows(form, self, field_name)

    def clean(self, value: list[Row]) -> Any:
        found, errors = [], []
        for place, row in enumerate(value, start=1):
            if not any(one not in (None, "", False) for one in row.values()):
                continue
            cleaned = {}
            for column, field in self.columns.items():
                try:
                    cleaned[column] = field.clean(row[column])
                except forms.ValidationError as error:
                    told = {"row": number(place), "column": field.label, "error": " ".join(error.messages)}
                    errors.append(self.error_messages["rows"] % told)
            found.append(cleaned)
        if self.most is not None and len(found) > self.most:
            errors.append(gettext("At most %(high)s.") % {"high": number(self.most)})
        if errors:
            raise forms.ValidationError(errors)
        return self.land(found)


class BoundRows(forms.BoundField):
    """Shows what was typed as it was typed, else the rows of what is stored."""

    def value(self) -> Any:
        if self.form.is_bound:
            return self.data
        return self.field.lift(self.initial)  # type: ignore[attr-defined]
