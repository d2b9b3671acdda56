"""Doors of the pages of models. They are for admins, as the API of models is."""

from functools import partial
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import View

from aimodels.models import AIModel, ModelJob
from aimodels.selectors.versions import jobs_to_watch, whole_versions
from aimodels.services import jobs
from cryptopredict.pages.admins import for_admins
from cryptopredict.pages.models.page import MOST_JOBS, card, models_page
from cryptopredict.pages.navigation import is_admin
from system.pages import attempt


@for_admins
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """Every model with what it has shown."""
    return render(request, "pages/models.html", {"page": models_page()})


@for_admins
@require_safe
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a version."""
    found = get_object_or_404(whole_versions(), pk=pk)
    return render(request, "pages/model.html", {"card": card(found)})


@for_admins
@require_safe
def model_jobs(request: HttpRequest) -> HttpResponse:
    """The work that goes on now, for the page to keep itself up to date; of one version with ``model``."""
    about: AIModel | None = None
    if wanted := request.GET.get("model", ""):
        keys = AIModel.objects.filter(pk=int(wanted)) if wanted.isdecimal() and len(wanted) < 19 else None
        about = keys.first() if keys is not None else None
        if about is None:
            raise Http404
    context = {"jobs": jobs_to_watch(MOST_JOBS, about), "about": about}
    return render(request, "pages/models/jobs.html", context)


class JobOrder(LoginRequiredMixin, View):
    """An admin's word on a job."""

    def post(self, request: HttpRequest, pk: int, order: str) -> HttpResponse:
        orders: dict[str, tuple[Any, str]] = {
            "cancel": (jobs.cancel_job, _("The job is cancelled; a running one ends within seconds.")),
            "pause": (jobs.pause_job, _("The job is paused.")),
            "resume": (jobs.resume_job, _("The job goes on.")),
            "retry": (jobs.retry_job, _("The job waits to be tried again.")),
        }
        if not is_admin(request) or order not in orders or not ModelJob.objects.filter(pk=pk).exists():
            raise Http404
        act, done = orders[order]
        attempt(request, partial(act, pk, actor=request.user), done)
        back = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
            return redirect(back)
        return redirect("models")
