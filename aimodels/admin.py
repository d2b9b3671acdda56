"""Models, jobs, evaluations and the forecast ledger in the admin: to look at. Jobs are ordered, stopped and retried."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from aimodels.admin_filters import HorizonFilter, ModelFilter
from aimodels.choices import JobCategory
from aimodels.models import (
    ActivePrediction,
    AIModel,
    ModelActivation,
    ModelJob,
    ModelPerformance,
    ModelTrial,
    Prediction,
    PredictionChain,
    PredictionLink,
    PredictionRevision,
    PredictionScore,
    PredictionSum,
)
from aimodels.selectors.gate_words import gate_lines
from aimodels.services import jobs
from aimodels.services.activation import activate, demote
from aimodels.services.evidence import kept_failures, was_tested
from system.admin_base import AdminForm, History, JSONInput, actor, row_or_404
from system.choices import Priority


class JobForm(AdminForm):
    """What is to be done with a model."""

    category = forms.ChoiceField(label=_("Category"), choices=JobCategory.choices)
    job_type = forms.CharField(
        label=_("Kind"),
        help_text=_("full_training, retrain, backtest, batch_prediction, score_predictions …"),
        max_length=25,
    )
    name = forms.CharField(label=_("Name"), max_length=30, required=False)
    config = JSONInput(label=_("Configuration"), required=False, initial=dict)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices, initial=Priority.NORMAL)
    cron = forms.CharField(
        label=_("Schedule"),
        help_text=_("Minute, hour, day, month, day of the week in UTC, such as 0 2 * * *. Empty = once, now."),
        max_length=100,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        return given | {
            "config": given.get("config") or {},
            "name": given.get("name") or None,
            "cron": given.get("cron") or None,
        }


class ReasonForm(AdminForm):
    """Why somebody does something."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


@admin.register(AIModel)
class AIModelAdmin(History):
    actions_detail = ("order_job", "put_into_force", "take_out_of_force")
    list_display = (
        "name",
        "version",
        "model_type",
        "status",
        "is_active",
        "architecture",
        "last_trained",
        "deployed_at",
    )
    list_filter = ("model_type", "status", "is_active")
    search_fields = ("name", "version")
    ordering = ("name", "-created_at")

    @action(description=_("New job …"), url_path="new-job", icon="playlist_add")
    def order_job(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a job about this version into the queue, or make a schedule of it."""
        model = row_or_404(AIModel.objects.all(), object_id)
        form = JobForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            deed = partial(jobs.enqueue_job, model, actor=actor(request), **form.cleaned_data)
            if self.attempt(request, deed, _("The job waits for a worker.")):
                return redirect("admin:aimodels_modeljob_changelist")
        title = _("New job of %(model)s") % {"model": model}
        return self.form_page(request, form, title=title, button=_("Order"))

    @action(description=_("Put into force"), url_path="activate", icon="toggle_on")
    def put_into_force(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Its gates decide: nobody can force it."""
        model = row_or_404(AIModel.objects.all(), object_id)
        if request.method == "POST":
            deed = partial(activate, model.pk, at=timezone.now(), actor=actor(request))
            self.attempt(request, deed, _("%s is in force.") % model)
            return redirect("admin:aimodels_aimodel_change", model.pk)
        failed = kept_failures(model)
        words = {True: _("passed"), False: _("not passed"), None: _("not asked")}
        gates = gate_lines(failed, was_tested=was_tested(model))
        return self.form_page(
            request,
            AdminForm(None),
            title=_("Put %(model)s into force") % {"model": model},
            button=_("Put into force"),
            note=_("It would be refused: a gate is not passed.") if failed else _("It passed every gate."),
            columns=(_("Gate"), _("Result"), _("What stands against it")),
            rows=[(gate.label, words[gate.passed], " ".join(gate.reasons) or "–") for gate in gates],
        )

    @action(description=_("Take out of force …"), url_path="demote", icon="toggle_off")
    def take_out_of_force(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The rules serve again."""
        model = row_or_404(AIModel.objects.all(), object_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            deed = partial(demote, model.pk, at=timezone.now(), actor=actor(request), **form.cleaned_data)
            if self.attempt(request, deed, _("%s is no longer in force; the rules serve.") % model):
                return redirect("admin:aimodels_aimodel_change", model.pk)
        title = _("Take %(model)s out of force") % {"model": model}
        return self.form_page(request, form, title=title, button=_("Take out of force"))


@admin.register(ModelTrial)
class ModelTrialAdmin(History):
    list_display = ("created_at", "name", "generation", "number", "kind", "final_from", "final_to", "final_read_at")
    list_filter = ("kind", ("final_read_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "settings_hash")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


@admin.register(ModelActivation)
class ModelActivationAdmin(History):
    list_display = ("model", "valid_from", "valid_to", "activated_by")
    list_filter = (("valid_to", admin.EmptyFieldListFilter), "model__model_type")
    ordering = ("-valid_from", "-pk")


@admin.register(ModelJob)
class ModelJobAdmin(History):
    list_display = (
        "job_name",
        "model",
        "job_category",
        "job_type",
        "job_status",
        "progress_pct",
        "current_phase",
        "priority",
        "created_at",
        "execution_time_seconds",
    )
    list_filter = ("job_status", "job_category", "priority", "is_recurring")
    search_fields = ("job_name", "model__name", "error_message")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("cancel", "pause", "resume", "retry")

    @admin.action(description=_("Cancel the selected jobs"))
    def cancel(self, request: HttpRequest, chosen: QuerySet[ModelJob]) -> None:
        """Running ones end within seconds."""
        self.order(request, chosen, jobs.cancel_job, _("Job %s: cancelled."))

    @admin.action(description=_("Pause the selected jobs"))
    def pause(self, request: HttpRequest, chosen: QuerySet[ModelJob]) -> None:
        """Running ones stop at their next step."""
        self.order(request, chosen, jobs.pause_job, _("Job %s: paused."))

    @admin.action(description=_("Resume the selected jobs"))
    def resume(self, request: HttpRequest, chosen: QuerySet[ModelJob]) -> None:
        """They go on from their last checkpoint."""
        self.order(request, chosen, jobs.resume_job, _("Job %s: resumed."))

    @admin.action(description=_("Try the selected jobs again"))
    def retry(self, request: HttpRequest, chosen: QuerySet[ModelJob]) -> None:
        """They begin at the beginning."""
        self.order(request, chosen, jobs.retry_job, _("Job %s: waits to be tried again."))

    def order(
        self, request: HttpRequest, chosen: QuerySet[ModelJob], order: Callable[..., ModelJob], done: Any
    ) -> None:
        """Give the order to each; what is refused says why, the others are done all the same."""
        for job_id in chosen.order_by("pk").values_list("pk", flat=True):
            self.attempt(request, partial(order, job_id, actor=actor(request)), done % job_id, about=f"#{job_id}")


@admin.register(ModelPerformance)
class ModelPerformanceAdmin(History):
    list_display = (
        "evaluation_date",
        "model",
        "evaluation_type",
        "performance_grade",
        "sample_count",
        "accuracy",
        "sharpe_ratio",
        "meets_threshold",
        "evaluation_status",
    )
    list_filter = ("evaluation_type", "performance_grade", "meets_threshold", "evaluation_status")
    search_fields = ("model__name",)
    date_hierarchy = "evaluation_date"
    ordering = ("-evaluation_date",)


@admin.register(Prediction)
class PredictionAdmin(History):
    """The ledger, the newest entry first. It grows without end: its months, the moments in their order and the
    different values of a column would each take a reading of the whole."""

    list_display = (
        "as_of",
        "asset",
        "prediction_type",
        "prediction_horizon",
        "predicted_price",
        "input_price",
        "confidence_score",
        "model_name",
        "is_realized",
        "is_accurate",
        "series",
    )
    list_filter = (
        ("as_of", admin.DateFieldListFilter),
        "prediction_type",
        HorizonFilter,
        "is_realized",
        "is_accurate",
        "series",
        ModelFilter,
    )
    search_fields = ("=asset__symbol", "model_name")
    ordering = ("-pk",)


@admin.register(ActivePrediction)
class ActivePredictionAdmin(History):
    list_display = (
        "created_at",
        "symbol",
        "prediction_type",
        "prediction_horizon",
        "predicted_price",
        "current_price",
        "predicted_change_pct",
        "target_datetime",
        "is_due",
        "user_email",
    )
    list_filter = ("prediction_type", "prediction_horizon", "is_due")
    search_fields = ("=symbol",)
    ordering = ("-created_at",)


@admin.register(PredictionScore)
class PredictionScoreAdmin(History):
    list_display = (
        "prediction",
        "scored_at",
        "timeframe",
        "actual_price",
        "log_return",
        "brier",
        "brier_naive",
        "pinball",
        "pinball_naive",
        "in_interval_90",
    )
    related = ("prediction__asset",)
    list_filter = ("timeframe", "in_interval_90")
    search_fields = ("=prediction__model_name", "=prediction__asset__symbol")
    ordering = ("-pk",)


@admin.register(PredictionRevision)
class PredictionRevisionAdmin(History):
    list_display = ("prediction", "number", "created_at", "previous_price", "actual_price", "reason")
    related = ("prediction__asset",)
    list_filter = ("is_accurate",)
    search_fields = ("=prediction__model_name", "=prediction__asset__symbol")
    ordering = ("-created_at", "-pk")


@admin.register(PredictionChain)
class PredictionChainAdmin(History):
    list_display = ("model_name", "model_version", "length", "head")
    list_filter = ("model_name",)
    search_fields = ("model_name",)
    ordering = ("model_name", "model_version")


@admin.register(PredictionLink)
class PredictionLinkAdmin(History):
    list_display = ("prediction", "chain", "position", "recorded_at", "hash")
    related = ("prediction__asset",)
    list_filter = ("chain",)
    search_fields = ("=chain__model_name", "=hash")
    ordering = ("-pk",)


@admin.register(PredictionSum)
class PredictionSumAdmin(History):
    list_display = (
        "model_name", "prediction_horizon", "as_of", "market", "market_conditions", "bin", "issued", "scored", "n",
        "hits", "brier", "brier_naive", "n_intervals", "in_interval_90",
    )  # fmt: skip
    list_filter = ("series", "market", "layer_source", "prediction_horizon")
    search_fields = ("=model_name",)
    ordering = ("-pk",)
