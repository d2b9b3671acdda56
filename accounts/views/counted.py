"""Forms that could be used to try secrets out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from system.rest.throttles import LOGIN, take


class Counted(FormView):
    """A form that is sent so often a minute, and no more, as the API counts logins."""

    def counted_as(self) -> list[str]:
        """Under what a try counts: the address it comes from, and what a subclass knows of the account."""
        return [f"ip:{self.request.META.get('REMOTE_ADDR', '')}"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rates = [take(LOGIN, who) for who in self.counted_as()]
        spent = [rate.seconds for rate in rates if rate is not None and not rate.passed]
        if not spent:
            return super().post(request, *args, **kwargs)
        words = self.get_context_data(form=self.get_form_class()(), refusal=_("Too many attempts. Wait a minute."))
        answer = self.render_to_response(words, status=429)
        answer.headers["Retry-After"] = str(max(spent))
        return answer
