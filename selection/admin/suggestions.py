"""The review queue: approve, reject and defer, one by one or many at once."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from selection.choices import Decision, Factor, SuggestionStatus, SuggestionType, WatchlistType
from selection.models import AISuggestion, SuggestionReview
from selection.selectors.visible import ran_out, suggestion_status_now, waiting, with_suggestion_status
from selection.services import implement_suggestion, review_suggestion
from system import formats
from system.admin_base import AdminForm, AdminPage, HistoryInline, actor, row_or_404
from system.choices import LIVE, Priority

OPEN = "open"
REASONS_SHOWN = 3


class StateFilter(admin.SimpleListFilter):
    """The queue unless asked otherwise: what waits for an admin's decision now; personal lists are their owners'."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return [("all", _("all")), *SuggestionStatus.choices]

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("open"),
        }
        for value, words in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[AISuggestion]) -> QuerySet[AISuggestion]:  # noqa: ARG002
        state = self.value()
        if state is None:
            admins_decide = queryset.filter(watchlist__watchlist_type=WatchlistType.DEFAULT)
            return admins_decide.filter(waiting()).exclude(ran_out())
        return queryset if state == "all" else with_suggestion_status(queryset, state)


class RejectForm(AdminForm):
    """Why not."""

    notes = forms.CharField(
        label=_("Reason"), help_text=_("Kept with the decision."), max_length=10_000, widget=forms.Textarea
    )


class DeferForm(AdminForm):
    """When to look again."""

    defer_until = forms.DateTimeField(
        label=_("Back in the queue on (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    notes = forms.CharField(label=_("Note"), required=False, max_length=10_000, widget=forms.Textarea)

    def clean_defer_until(self) -> datetime:
        """The widget knows no zones; what is typed is UTC."""
        moment: datetime = self.cleaned_data["defer_until"]
        return moment.replace(tzinfo=UTC)


class ReviewInline(HistoryInline):
    model = SuggestionReview
    fields = readonly_fields = ("reviewed_at", "reviewer", "decision", "target_tier", "review_notes")
    ordering = ("reviewed_at",)
    related = ("reviewer",)


@admin.register(AISuggestion)
class SuggestionAdmin(AdminPage):
    """Suggestions. A status changes by a decision only."""

    list_display = (
        "change", "symbol", "watchlist_name", "clearness", "reasons", "urgency", "age", "expiry", "state", "result",
    )  # fmt: skip
    list_display_links = ("change", "symbol")
    related = ("asset", "watchlist")
    list_filter = (StateFilter, "suggestion_type", "priority", "ai_layer", "watchlist", "series")
    search_fields = ("=asset__symbol", "asset__name", "watchlist__name")
    date_hierarchy = "created_at"
    fieldsets = (
        (
            _("What is suggested"),
            {
                "fields": (
                    "suggestion_type",
                    "asset",
                    "watchlist",
                    "target_tier",
                    "target_position",
                    "target_weight",
                    "priority",
                    "confidence_score",
                    "expected_return",
                    "risk_score",
                    "horizon_hours",
                    "expires_at",
                )
            },
        ),
        (_("Why"), {"fields": ("reasoning", "context_data", "performance_metrics", "ai_layer", "ai_model", "run")}),
        (
            _("What became of it"),
            {
                "fields": (
                    "status",
                    "deferred_until",
                    "reviewed_by",
                    "reviewed_at",
                    "implemented_at",
                    "actual_return",
                    "success_score",
                    "created_at",
                )
            },
        ),
    )
    inlines = (ReviewInline,)
    actions = ("approve", "reject", "defer")
    actions_detail = ("approve_this", "reject_this", "defer_this", "implement_this")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AISuggestion]:
        return super().get_queryset(request).filter(series=LIVE)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:  # noqa: ARG002
        """The most urgent first, then the most confident."""
        ranks = [When(priority=value, then=Value(rank)) for rank, value in enumerate(reversed(Priority.values))]
        return (Case(*ranks, output_field=IntegerField()).asc(), "-confidence_score", "-pk")

    @admin.display(description=_("suggestion"), ordering="suggestion_type")
    def change(self, suggestion: AISuggestion) -> str:
        """What is to happen."""
        kind = suggestion.get_suggestion_type_display()
        if not suggestion.target_tier:
            return kind
        return _("%(kind)s → %(tier)s") % {"kind": kind, "tier": suggestion.get_target_tier_display()}

    @admin.display(description=_("asset"), ordering="asset__symbol")
    def symbol(self, suggestion: AISuggestion) -> str:
        return suggestion.asset.symbol

    @admin.display(description=_("list"), ordering="watchlist__name")
    def watchlist_name(self, suggestion: AISuggestion) -> str:
        return suggestion.watchlist.name

    @admin.display(description=_("clearness"), ordering="confidence_score")
    def clearness(self, suggestion: AISuggestion) -> str:
        """How clear the rank is; no probability."""
        return formats.number(suggestion.confidence_score, 2)

    @admin.display(description=_("rank and reasons"))
    def reasons(self, suggestion: AISuggestion) -> str:
        """Its place in the ranking and the factors that put it there, with the share of assets below it."""
        return explained(suggestion)

    @admin.display(description=_("priority"), ordering="priority")
    def urgency(self, suggestion: AISuggestion) -> str:
        return suggestion.get_priority_display()

    @admin.display(description=_("age"), ordering="-created_at")
    def age(self, suggestion: AISuggestion) -> str:
        return formats.digits(timesince(suggestion.created_at, depth=1))

    @admin.display(description=_("expires in"), ordering="expires_at")
    def expiry(self, suggestion: AISuggestion) -> str:
        if suggestion.expires_at is None:
            return "–"
        over = suggestion.expires_at <= timezone.now()
        return str(_("lapsed")) if over else formats.digits(timeuntil(suggestion.expires_at, depth=1))

    @admin.display(description=_("state"), ordering="status")
    def state(self, suggestion: AISuggestion) -> Any:
        return SuggestionStatus(suggestion_status_now(suggestion)).label

    @admin.display(description=_("return, success"), ordering="success_score")
    def result(self, suggestion: AISuggestion) -> str:
        """Return of the asset after its horizon, and the percentile among all of its kind."""
        if suggestion.actual_return is None or suggestion.success_score is None:
            return "–"
        percent = formats.percent(suggestion.actual_return)
        return f"{percent}{gettext(', ')}{formats.number(suggestion.success_score, 2)}"

    @admin.action(description=_("Approve the selected suggestions"))
    def approve(self, request: HttpRequest, suggestions: QuerySet[AISuggestion]) -> None:
        """Approve; each changes its list in its own transaction."""
        self.decide(request, self.selected(request, suggestions), Decision.APPROVE, {})

    @admin.action(description=_("Reject the selected suggestions …"))
    def reject(self, request: HttpRequest, suggestions: QuerySet[AISuggestion]) -> HttpResponse | None:
        """Ask for a reason, then reject."""
        return self.ask_then_decide(request, suggestions, Decision.REJECT, RejectForm, _("Reject"))

    @admin.action(description=_("Defer the selected suggestions …"))
    def defer(self, request: HttpRequest, suggestions: QuerySet[AISuggestion]) -> HttpResponse | None:
        """Ask for a date, then defer."""
        return self.ask_then_decide(request, suggestions, Decision.DEFER, DeferForm, _("Defer"))

    @staticmethod
    def selected(request: HttpRequest, filtered: QuerySet[AISuggestion]) -> QuerySet[AISuggestion]:
        """What was ticked, even if it has left the queue meanwhile: then it gets its message."""
        if request.POST.get("select_across") == "1":
            return filtered
        ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
        return AISuggestion.objects.filter(series=LIVE, pk__in=ids).select_related("asset", "watchlist").order_by("pk")

    def ask_then_decide(
        self,
        request: HttpRequest,
        suggestions: QuerySet[AISuggestion],
        decision: Decision,
        form_class: type[forms.Form],
        verb: Any,
    ) -> HttpResponse | None:
        """A page for what the decision needs; the decision once it has been filled in."""
        suggestions = self.selected(request, suggestions)
        form = form_class(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self.decide(request, suggestions, decision, form.cleaned_data)
            return None
        chosen = [(ACTION_CHECKBOX_NAME, suggestion.pk) for suggestion in suggestions]
        title = _("%(verb)s %(count)s suggestions") % {"verb": verb, "count": len(chosen)}
        hidden = [("action", request.POST["action"]), *chosen]
        return self.form_page(request, form, title=title, button=verb, note=names(suggestions), hidden=hidden)

    def decide(
        self, request: HttpRequest, suggestions: Iterable[AISuggestion], decision: Decision, given: dict[str, Any]
    ) -> None:
        """Decide on each; what is refused says why, the others are done all the same."""
        done = {
            Decision.APPROVE: _("%s: approved and carried out."),
            Decision.REJECT: _("%s: rejected."),
            Decision.DEFER: _("%s: deferred."),
        }[decision]
        for suggestion in suggestions:
            deed = partial(review_suggestion, suggestion.pk, reviewer=actor(request), decision=decision, **given)
            self.attempt(request, deed, done % suggestion, about=str(suggestion))

    @action(description=_("Approve"), url_path="approve", icon="check")
    def approve_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve the suggestion of the page, after a look at what will happen."""
        return self.decide_this(request, object_id, Decision.APPROVE, AdminForm, _("Approve"))

    @action(description=_("Reject …"), url_path="reject", icon="close")
    def reject_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Reject the suggestion of the page."""
        return self.decide_this(request, object_id, Decision.REJECT, RejectForm, _("Reject"))

    @action(description=_("Defer …"), url_path="defer", icon="schedule")
    def defer_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Defer the suggestion of the page."""
        return self.decide_this(request, object_id, Decision.DEFER, DeferForm, _("Defer"))

    @action(description=_("Carry out"), url_path="implement", icon="playlist_add_check")
    def implement_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Carry out what was approved without being carried out; it asks, because a link must not change anything."""
        suggestion = row_or_404(self.get_queryset(request).select_related("asset", "watchlist"), object_id)
        form = AdminForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            deed = partial(implement_suggestion, suggestion.pk, actor=actor(request))
            self.attempt(request, deed, _("%s: carried out.") % suggestion, about=str(suggestion))
            return redirect("admin:selection_aisuggestion_change", object_id)
        title = _("Carry out")
        return self.form_page(request, form, title=title, button=title, note=names([suggestion]))

    def decide_this(
        self, request: HttpRequest, object_id: str, decision: Decision, form_class: type[forms.Form], verb: Any
    ) -> HttpResponse:
        """The same decision on the page of one suggestion; it always asks, because a link must not change anything."""
        suggestion = row_or_404(self.get_queryset(request).select_related("asset", "watchlist"), object_id)
        form = form_class(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self.decide(request, [suggestion], decision, form.cleaned_data)
            return redirect("admin:selection_aisuggestion_change", object_id)
        return self.form_page(request, form, title=verb, button=verb, note=names([suggestion]))


def explained(suggestion: AISuggestion) -> str:
    """``rank 36 of 36: trend 3 %, return of 7 days 6 %``: what speaks for the change the most, first."""
    reasoning = suggestion.reasoning
    if "percentiles" not in reasoning:
        return "–"
    leaves = suggestion.suggestion_type in {SuggestionType.REMOVE, SuggestionType.DEMOTE}
    strongest = sorted(reasoning["percentiles"].items(), key=itemgetter(1), reverse=not leaves)[:REASONS_SHOWN]
    factors = [f"{factor_name(name)} {formats.share(value)}" for name, value in strongest]
    rank = 1 + round((1 - reasoning["place"]) * (reasoning["among"] - 1))
    return _("rank %(rank)s of %(among)s: %(factors)s") % {
        "rank": formats.number(rank),
        "among": formats.number(reasoning["among"]),
        "factors": gettext(", ").join(factors),
    }


def factor_name(stored: str) -> str:
    """A factor in the language; one that rankings no longer know by its key."""
    return str(Factor(stored).label) if stored in Factor.values else stored


def names(suggestions: Iterable[AISuggestion]) -> str:
    """What is decided about, in words."""
    return "; ".join(f"{suggestion} → {suggestion.watchlist}" for suggestion in suggestions)
