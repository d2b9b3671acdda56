"""What people tell us, in the admin: who handles it, what is answered, what is done."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.choices import FeedbackPriority
from accounts.models import User, UserFeedback
from accounts.services.feedback import (
    OPEN,
    assign_feedback,
    close_feedback,
    reopen_feedback,
    reply_to_feedback,
    weigh_feedback,
)
from system.admin_base import AdminForm, History, Text, actor, row_or_404

MINE, OTHERS, NOBODY = "mine", "others", "nobody"


class StandFilter(admin.SimpleListFilter):
    """Whether something is still to be done."""

    title = _("stand")
    parameter_name = "stand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return [("open", _("To be done")), ("done", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:  # noqa: ARG002
        if self.value() == "open":
            return queryset.filter(status__in=OPEN)
        return queryset.exclude(status__in=OPEN) if self.value() == "done" else None


class HandlerFilter(admin.SimpleListFilter):
    """Who handles it."""

    title = _("who handles it")
    parameter_name = "handler"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return [(MINE, _("I")), (OTHERS, _("Another admin")), (NOBODY, _("Nobody yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        match self.value():
            case "mine":
                return queryset.filter(reviewed_by=actor(request))
            case "others":
                return queryset.filter(reviewed_by__isnull=False).exclude(reviewed_by=actor(request))
            case "nobody":
                return queryset.filter(reviewed_by__isnull=True)
        return None


class ReplyForm(AdminForm):
    """What its author is told."""

    response_message = forms.CharField(
        label=_("Answer"),
        max_length=10_000,
        help_text=_("Who wrote it is told of it, and it counts as done."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class AssignForm(AdminForm):
    """Who is to handle it."""

    to = forms.ModelChoiceField(
        label=_("Admin"), queryset=User.objects.none(), help_text=_("They are told of it, unless it is you.")
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        field: Any = self.fields["to"]
        field.queryset = User.objects.filter(role="admin", is_active=True).order_by("email")


@admin.register(UserFeedback)
class UserFeedbackAdmin(History):
    """What people tell us. States follow from what is done: nobody sets them by hand."""

    list_display = ("created_at", "user", "feedback_type", "said", "status", "priority", "reviewed_by")
    list_filter = (StandFilter, HandlerFilter, "feedback_type", "priority", "status")
    search_fields = ("user__email", "message")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("take_on", "assign", "close", "reopen", "make_urgent", "make_normal", "make_unurgent")
    actions_detail = ("answer", "take_one", "assign_one", "close_one", "reopen_one")

    @admin.display(description=_("message"))
    def said(self, row: UserFeedback) -> str:
        return row.message if len(row.message) <= 120 else f"{row.message[:119]}…"

    @admin.action(description=_("Take the selected feedback on"))
    def take_on(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.each(request, chosen, partial(assign_feedback, to=actor(request)), _("#%s is yours."))

    @admin.action(description=_("Give the selected feedback to an admin …"))
    def assign(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> HttpResponse | None:
        form = AssignForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            to = form.cleaned_data["to"]
            self.each(request, chosen, partial(assign_feedback, to=to), _("#%(n)s is handled by %(to)s."), to=to)
            return None
        ticked = [(ACTION_CHECKBOX_NAME, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        rows = [[f"#{row.pk}", str(row.user), row.message[:120]] for row in chosen.select_related("user")]
        return self.form_page(
            request,
            form,
            title=_("Give to an admin"),
            button=_("Give"),
            hidden=[("action", "assign"), *ticked],
            columns=("#", _("user"), _("message")),
            rows=rows,
        )

    @admin.action(description=_("Close the selected feedback"))
    def close(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.each(request, chosen, close_feedback, _("#%s is closed."))

    @admin.action(description=_("Open the selected feedback again"))
    def reopen(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.each(request, chosen, reopen_feedback, _("#%s is open again."))

    @admin.action(description=_("Priority of the selected feedback: high"))
    def make_urgent(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.weigh(request, chosen, FeedbackPriority.HIGH)

    @admin.action(description=_("Priority of the selected feedback: normal"))
    def make_normal(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.weigh(request, chosen, FeedbackPriority.NORMAL)

    @admin.action(description=_("Priority of the selected feedback: low"))
    def make_unurgent(self, request: HttpRequest, chosen: QuerySet[UserFeedback]) -> None:
        self.weigh(request, chosen, FeedbackPriority.LOW)

    def weigh(self, request: HttpRequest, chosen: QuerySet[UserFeedback], priority: FeedbackPriority) -> None:
        deed = partial(weigh_feedback, priority=priority)
        self.each(request, chosen, deed, _("Priority of #%(n)s: %(priority)s."), priority=priority.label)

    def each(
        self,
        request: HttpRequest,
        chosen: QuerySet[UserFeedback],
        deed: Callable[..., UserFeedback],
        done: Text,
        **words: Any,
    ) -> None:
        """Do it to each, and say of each how it went."""
        for row in chosen.order_by("pk"):
            said = str(done) % ({"n": row.pk} | words if words else row.pk)
            self.attempt(request, partial(deed, row, actor=actor(request)), said, about=f"#{row.pk}")

    @action(description=_("Answer …"), url_path="answer", icon="reply")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = row_or_404(UserFeedback.objects.select_related("user"), object_id)
        initial = {"response_message": row.response_message or ""}
        form = ReplyForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            deed = partial(reply_to_feedback, row, actor=actor(request), message=form.cleaned_data["response_message"])
            if self.attempt(request, deed, _("It is answered. Who wrote it is told.")):
                return self.back(row)
        title = _("Answer %(user)s") % {"user": row.user}
        return self.form_page(request, form, title=title, button=_("Answer"), note=row.message)

    @action(description=_("Take on"), url_path="take", icon="front_hand")
    def take_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.ask(
            request, object_id, partial(assign_feedback, to=actor(request)), _("Take on"), _("It is yours.")
        )

    @action(description=_("Give to an admin …"), url_path="assign", icon="person_add")
    def assign_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = row_or_404(UserFeedback.objects.select_related("user"), object_id)
        form = AssignForm(request.POST if request.method == "POST" else None, initial={"to": row.reviewed_by_id})
        if form.is_valid():
            to = form.cleaned_data["to"]
            said = _("#%(n)s is handled by %(to)s.") % {"n": row.pk, "to": to}
            if self.attempt(request, partial(assign_feedback, row, actor=actor(request), to=to), said):
                return self.back(row)
        return self.form_page(request, form, title=_("Give to an admin"), button=_("Give"), note=row.message)

    @action(description=_("Mark as closed"), url_path="close", icon="done")
    def close_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.ask(request, object_id, close_feedback, _("Mark as closed"), _("It is closed."))

    @action(description=_("Open again"), url_path="reopen", icon="undo")
    def reopen_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.ask(request, object_id, reopen_feedback, _("Open again"), _("It is open again."))

    def ask(
        self, request: HttpRequest, object_id: str, deed: Callable[..., UserFeedback], button: Text, done: Text
    ) -> HttpResponse:
        """A link only asks; the button does it."""
        row = row_or_404(UserFeedback.objects.select_related("user"), object_id)
        if request.method == "POST":
            self.attempt(request, partial(deed, row, actor=actor(request)), done)
            return self.back(row)
        title = _("Feedback of %(user)s") % {"user": row.user}
        return self.form_page(request, AdminForm(), title=title, button=button, note=row.message)

    def back(self, row: UserFeedback) -> HttpResponse:
        return redirect("admin:accounts_userfeedback_change", row.pk)
