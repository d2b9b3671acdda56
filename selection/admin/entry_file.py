"""Entries of a list from a file: the one that the page of a list gives, or names of assets in a column."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from selection.services.watchlists.bulk import MERGE, REPLACE
from system.admin_base import AdminForm
from system.exceptions import DomainError
from system.file_input import FileInput
from system.rest.tables import STARTS_FORMULA

LARGEST = 1024 * 1024
TOLD = ("price_usd", "change_24h_pct", "change_7d_pct", "rank", "better_than", "risk_level", "open_signals", "added")
"""Columns of the file of a list that only tell; they are passed over."""
WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
COLUMNS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "direction": ("position_type", str),
    "place": ("position", lambda text: int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text),
    "weight": ("weight", str),
    "target_allocation": ("target_allocation", str),
    "notes": ("notes", str),
    "is_active": ("is_active", lambda text: WORDS.get(text.lower(), text)),
}
"""Columns by their heads: the field of the entry, and how its text is taken."""
HEADS = {field: head for head, (field, _taken) in COLUMNS.items()} | {"asset_id": "asset"}


class FileForm(AdminForm):
    """Rows, as a file or typed."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=FileInput,
        help_text=_(
            "CSV with the column asset, and any of: direction, place, weight, target_allocation, notes, is_active."
        ),
    )
    text = forms.CharField(
        label=_("Or the rows themselves"),
        required=False,
        max_length=LARGEST,
        help_text=_("As in the file; or only names of assets, one in a line."),
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
    )
    mode = forms.ChoiceField(
        label=_("Entries that it does not name"),
        choices=[(MERGE, _("stay")), (REPLACE, _("leave the list"))],
        initial=MERGE,
    )

    def clean(self) -> dict[str, Any]:
        """What the service takes; every fault of the file with its line and column."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        where = "file" if given.get("file") else "text"
        text = read_text(given["file"]) if where == "file" else given.get("text") or ""
        if text is None:
            raise forms.ValidationError({where: gettext("The file must be text in UTF-8, of at most 1 MB.")})
        rows = rows_of(text)
        if rows.faults or not rows.updates:
            raise forms.ValidationError({where: rows.faults or [gettext("There are no rows.")]})
        return given | {"rows": rows, "where": where}


def read_text(file: UploadedFile) -> str | None:
    """What stands in a file; None if it cannot be read."""
    if (file.size or 0) > LARGEST:
        return None
    try:
        text = str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


@dataclass(frozen=True)
class Rows:
    """Rows of a file as the bulk update takes them, the line of each, and what is wrong with them before that."""

    updates: list[dict[str, Any]]
    lines: list[int]
    faults: list[str]


def rows_of(text: str) -> Rows:
    """The rows; only names of assets need no head."""
    reader = csv.reader(StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        fault = gettext("Line %(line)s is no CSV: %(reason)s.") % {"line": reader.line_num, "reason": error}
        return Rows([], [], [fault])
    found = [(line, row) for line, row in found if any(row)]
    heads = [name.lower() for name in found[0][1]] if found else []
    if "asset" in heads:
        found = found[1:]
    elif len(heads) == 1:
        heads = ["asset"]
    if "asset" not in heads and found:
        return Rows([], [], [gettext("There is no column asset.")])
    if unknown := [name for name in heads if name not in {"asset", *COLUMNS, *TOLD}]:
        return Rows([], [], [gettext("Unknown columns: %(names)s.") % {"names": ", ".join(unknown)}])
    rows = [(line, dict(zip_longest(heads, row[: len(heads)], fillvalue=""))) for line, row in found]
    known = ids_of(row["asset"] for _line, row in rows)
    faults = [
        gettext("Line %(line)s, asset: no asset is called %(name)s.") % {"line": line, "name": row["asset"] or "–"}
        for line, row in rows
        if row["asset"].upper() not in known
    ]
    updates = [{"asset_id": known.get(row["asset"].upper()), **content(row)} for _line, row in rows]
    return Rows(updates, [line for line, _row in rows], faults)


def ids_of(symbols: Iterable[str]) -> dict[str, int]:
    """Assets by their symbols in capitals, in one query."""
    wanted = {symbol.upper() for symbol in symbols}
    rows = Asset.objects.annotate(capitals=Upper("symbol")).filter(capitals__in=wanted)
    return dict(rows.values_list("capitals", "pk"))


def content(row: Mapping[str, str]) -> dict[str, Any]:
    """What a row says of its entry; an empty cell says nothing."""
    return {field: taken(bared(row[name])) for name, (field, taken) in COLUMNS.items() if row.get(name)}


def guarded(value: Any) -> Any:
    """A cell of a file that a spreadsheet takes for no formula; ``bared`` takes the guard away again."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(STARTS_FORMULA) else value


def bared(text: str) -> str:
    """A cell as it was meant."""
    return text[1:] if text.startswith("'") and text[1:].startswith(STARTS_FORMULA) else text


def told(refusal: DomainError, lines: Sequence[int]) -> list[str]:
    """Why the service refused, fault by fault, with line and column."""
    return [_fault(one, lines) for one in refusal.faults]


def _fault(refusal: DomainError, lines: Sequence[int]) -> str:
    parts = (refusal.field or "").split(".")
    if len(parts) < 2 or not parts[1].isdecimal():
        return str(refusal)
    head = HEADS.get(parts[-1], parts[-1])
    return gettext("Line %(line)s, %(column)s: %(reason)s") % {
        "line": lines[int(parts[1])],
        "column": head,
        "reason": refusal,
    }
