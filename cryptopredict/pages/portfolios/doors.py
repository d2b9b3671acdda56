"""What all doors of portfolios share: who asks, and for which portfolio."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from accounts.models import User
from selection.models import Portfolio
from selection.selectors.visible import visible_portfolios


def person(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


@method_decorator(never_cache, name="dispatch")
class OwnView(LoginRequiredMixin, View):
    """A page of somebody who is logged in. Portfolios of others are not there, for admins too."""

    def portfolio(self, request: HttpRequest, pk: int) -> Portfolio:
        return get_object_or_404(visible_portfolios(person(request)), pk=pk)
