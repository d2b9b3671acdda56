"""The page on which the first admin says where the market data come from."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from assets.selectors.shown import shown_market
from assets.services.probing import probe_exchange
from cryptopredict.pages.first_run.beginning import begin_collection, end_collection, pieces
from cryptopredict.pages.first_run.forms import SourceForm
from system.exceptions import DomainError
from system.selectors.settings import setting


@method_decorator(never_cache, name="dispatch")
class FirstRun(LoginRequiredMixin, FormView):
    """The demo market, or real data of an exchange: asked first whether it answers, then collected."""

    template_name = "pages/first_run.html"
    form_class = SourceForm
    success_url = reverse_lazy("first-run")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_staff:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        now = setting("collection")
        return {name: now[name] for name in SourceForm.base_fields}

    def get_context_data(self, **words: Any) -> dict[str, Any]:
        found = pieces()
        return super().get_context_data(
            market=shown_market(),
            is_collecting=setting("collection")["enabled"],
            pieces=found,
            is_at_work=any(one.is_open for one in found),
            **words,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("step") == "end":
            end_collection(actor=request.user)
            messages.success(request, _("Nothing is fetched from outside any more. What came so far stays."))
            return redirect(self.success_url)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SourceForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            probe = probe_exchange(given["exchange"], given["quote"], timezone.now())
            if self.request.POST.get("step") == "test":
                return self.render_to_response(self.get_context_data(form=form, probe=probe))
            begin_collection(given, actor=self.request.user)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, _("Collecting has begun. The first analysis follows the first candles."))
        return redirect(self.success_url)
