"""Forms that could be used to try secrets out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from system.rest.throttles import LOGIN, take


class Counted(FormView):
    """A form that is sent so often from one address a minute, and no more, as the API counts logins."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rate = take(LOGIN, f"ip:{request.META.get('REMOTE_ADDR', '')}")
        if rate is None or rate.passed:
            return super().post(request, *args, **kwargs)
        words = self.get_context_data(form=self.get_form_class()(), refusal=_("Too many attempts. Wait a minute."))
        answer = self.render_to_response(words, status=429)
        answer.headers["Retry-After"] = str(rate.seconds)
        return answer
