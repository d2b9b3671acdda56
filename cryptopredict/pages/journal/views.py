"""Pages of the journal."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from cryptopredict.pages.journal import calendar, figures, table
from cryptopredict.pages.journal.forms import CorrectForm, NoteForm, PictureForm, QuickNoteForm
from cryptopredict.pages.portfolios.doors import OwnView, person
from cryptopredict.pages.portfolios.forms import refuse
from cryptopredict.pages.tables import csv_response
from selection.selectors.visible import visible_portfolios
from system.calendars import Calendar as Dates
from system.calendars import telling_dates_in
from system.exceptions import DomainError
from system.pages import attempt
from trading.choices import ActionType
from trading.models import TradeAction, TradeNoteVersion
from trading.selectors.journal_table import journal_rows
from trading.selectors.screenshots import own_screenshots
from trading.services.journal import correct_entry, reverse_entry
from trading.services.notes import write_note
from trading.services.screenshots import add_screenshot, remove_screenshot


class Journal(OwnView):
    """Entries as a table."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = table.journal_page(person(request), request.GET.dict())
        return render(request, "pages/journal.html", {"page": page, "here": "table"})


class JournalFile(OwnView):
    """The same as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = table.journal_cells(person(request), request.GET.dict())
        return csv_response("journal.csv", table.COLUMNS, rows)


class Calendar(OwnView):
    """Entries by day."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = calendar.calendar_page(person(request), request.GET.get("month", ""), timezone.now())
        return render(request, "pages/journal_calendar.html", {"page": page, "here": "calendar"})


class CalendarFile(OwnView):
    """The days of a month as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with telling_dates_in(lambda: Dates.GREGORIAN):  # as files do; a month that the address names is what it is
            first, after = calendar.month_of(request.GET.get("month", ""), timezone.now())
        days = calendar.month_days(person(request), first, after)
        rows = [(one.day.isoformat(), f"{one.realized_usd.normalize():f}", one.entries) for one in days]
        return csv_response(f"journal-{first}.csv", ("day", "realized_usd", "entries"), rows)


class Statistics(OwnView):
    """Closed trades in figures."""

    def get(self, request: HttpRequest) -> HttpResponse:
        page = figures.statistics_page(person(request), request.GET.dict(), timezone.now())
        return render(request, "pages/journal_statistics.html", {"page": page, "here": "statistics"})


class StatisticsFile(OwnView):
    """The same as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = figures.statistics_cells(person(request), request.GET.dict(), timezone.now())
        return csv_response("journal-statistics.csv", figures.COLUMNS, rows)


class OfEntry(OwnView):
    """What belongs to one of the own entries."""

    def entry(self, request: HttpRequest, pk: int) -> TradeAction:
        """The entry of the address; 404 where it is somebody else's."""
        own = TradeAction.objects.filter(portfolio_asset__portfolio__in=visible_portfolios(person(request)))
        return get_object_or_404(own.select_related("portfolio_asset__portfolio", "portfolio_asset__asset"), pk=pk)

    def page(
        self, request: HttpRequest, pk: int, note: NoteForm | None = None, picture: PictureForm | None = None
    ) -> HttpResponse:
        """The page of the entry with its forms, as they were filled."""
        row = journal_rows([self.entry(request, pk)])[0]
        action = row.action
        context = {
            "row": row,
            "portfolio": action.portfolio_asset.portfolio,
            "note_form": note or NoteForm.of(action, row.note),
            "picture_form": picture or PictureForm(),
            "pictures": action.screenshots.order_by("pk"),
            "versions": TradeNoteVersion.objects.filter(note=row.note).order_by("-version")[:20] if row.note else [],
            "stands_in": getattr(action, "correction", None),
            "can_be_corrected": not row.is_reversed and action.action_type != ActionType.REVERSAL,
        }
        return render(request, "pages/journal_entry.html", context)


class Entry(OfEntry):
    """An entry with everything that is said of it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(request, pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write its page."""
        action, form = self.entry(request, pk), NoteForm(request.POST)
        if form.is_valid():
            try:
                write_note(action, actor=person(request), remarks=form.remarks, **form.said)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Kept."))
                return redirect("journal-entry", pk=pk)
        return self.page(request, pk, note=form)


class QuickNote(OfEntry):
    """Note and tags of an entry, edited in the table."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action, form = self.entry(request, pk), QuickNoteForm(request.POST)
        if not form.is_valid():
            raise Http404
        act = partial(write_note, action, actor=person(request), **form.cleaned_data)
        attempt(request, act, _("Kept."))
        state = urlsplit(request.POST.get("state", "")).query
        return redirect(f"/journal?{state}#entry-{pk}" if state else f"/journal#entry-{pk}")


class Reverse(OfEntry):
    """Take an entry back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = self.entry(request, pk)
        act = partial(reverse_entry, action, actor=person(request), notes=request.POST.get("why", "")[:1000])
        attempt(request, act, _("Taken back. What follows from the journal was derived anew."))
        return redirect("journal-entry", pk=pk)


class Correct(OfEntry):
    """Take an entry back and enter it anew with what was wrong put right."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        action = self.entry(request, pk)
        return self.form(request, action, CorrectForm.of(action))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action, form = self.entry(request, pk), CorrectForm(request.POST)
        if form.is_valid():
            changes = form.changes(action)
            if not changes:
                form.add_error(None, _("Nothing differs from the entry."))
                return self.form(request, action, form)
            try:
                made = correct_entry(action, actor=person(request), **changes)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Corrected. The former entry stays to be seen."))
                return redirect("journal-entry", pk=made.pk)
        return self.form(request, action, form)

    def form(self, request: HttpRequest, action: TradeAction, form: CorrectForm) -> HttpResponse:
        context = {"action": action, "form": form, "portfolio": action.portfolio_asset.portfolio}
        return render(request, "pages/journal_correct.html", context)


class AddPicture(OfEntry):
    """Put a picture on the page of an entry."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        action, form = self.entry(request, pk), PictureForm(request.POST, request.FILES)
        if form.is_valid():
            given: dict[str, Any] = form.cleaned_data
            try:
                add_screenshot(action, given["file"], actor=person(request), caption=given["caption"])
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                messages.success(request, _("Added."))
                return redirect("journal-entry", pk=pk)
        return self.page(request, pk, picture=form)


class RemovePicture(OfEntry):
    """Take a picture away."""

    def post(self, request: HttpRequest, pk: int, picture: int) -> HttpResponse:
        self.entry(request, pk)
        found = get_object_or_404(own_screenshots(request.user), pk=picture, trade_action=pk)
        attempt(request, partial(remove_screenshot, found, actor=person(request)), _("Removed."))
        return redirect("journal-entry", pk=pk)
