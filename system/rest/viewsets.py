"""Bases of the viewsets. A viewset parses, calls one selector or service, and presents."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from system.history import History, read_history
from system.rest.conditional import knows_version, not_modified, require_match, tagged, version_of, weak
from system.rest.idempotency import HEADER, answered_once, idempotency_key
from system.rest.kept import kept_answer
from system.rest.parameters import refuse_empty
from system.rest.permissions import acts_as_admin, scopes_of
from system.rest.rendering import CSVRenderer, JSONRenderer
from system.rest.shaping import FIELDS, only, wanted_fields, wants_epoch
from system.rest.tables import as_table

Handler = Callable[..., HttpResponseBase]


class Negotiation(DefaultContentNegotiation):
    """Which form an answer has."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:  # noqa: A002 - the framework's name
        """Those of the form that ``?format=`` asks for."""
        found = [one for one in renderers if one.format == format]
        if not found:
            raise NotAcceptable(available_renderers=[*renderers])
        return found


class ApiViewSet(GenericViewSet):
    """What all doors do alike, around each handler.

    A POST with ``Idempotency-Key`` acts once; a read has an ETag and is 304 for who knows it; ``?fields=`` and
    ``?time=`` shape an answer; lists are CSV for who accepts only that. Ids are whole numbers; fixed words in their
    place are other paths.

    Attributes:
        replayable: its POSTs may be sent again. Not those whose refusals leave something behind, such as a counted
            wrong password: with a key, a refusal undoes everything.
        rate_scope: scope of its own for the limits of calls; None for that of readers and writers.
        needs_match: writes of the action go through ``held`` and need ``If-Match`` (told in the OpenAPI document).
        shapes: ``?fields=``, ``?time=`` and CSV hold; not where the answer is made elsewhere.
        rows_in: under which name the answer of the action, an object, holds rows that are narrowed, and are CSV.
        delete_has_body: its DELETE has to be confirmed in the body.
        row_is_all: an answer about a row depends on that row alone, so that its version decides before it is written.
        same_for_all: actions whose answers are the same for everybody but admins, and are kept until one of the tables
            is written that they are read from. Each of these tables has a trigger (``system.sql.public_write``).
        reads_history: actions that read what lies back, which a copy of the database may answer. None of them is in
            ``same_for_all``: what is kept has to be of the present.
        known: columns that may be unknown in the table, but never are in the list, which is ordered by them.
    """

    lookup_value_converter = "int"
    replayable = True
    content_negotiation_class = Negotiation
    rate_scope: str | None = None
    needs_match = False
    shapes = True
    rows_in: str | None = None
    is_table = False
    delete_has_body = False
    row_is_all = False
    known: Container[str] = ()
    same_for_all: Container[str] = ()
    reads_history: Mapping[str, History] = {}
    version: str | None = None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if HEADER in request.headers:
            _body = request.body  # kept, so that it can be read again after it was parsed
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        if handler is not None:
            setattr(self, method, partial(self.handled, handler))

    def perform_authentication(self, request: Request) -> None:
        """Calls are counted before they are judged: who tries tokens or what is not his comes to the limit as well."""
        try:
            super().perform_authentication(request)
        finally:
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Done with the authentication."""

    def get_renderers(self) -> list[Any]:
        """Nothing is written to be answered as CSV: it would be done, and then refused. A method that the address does
        not know is refused as that."""
        found: list[Any] = super().get_renderers()
        request = getattr(self, "request", None)
        if request is None or request.method in SAFE_METHODS or not hasattr(self, request.method.lower()):
            return found
        return [one for one in found if not isinstance(one, CSVRenderer)]

    def check_permissions(self, request: Request) -> None:
        """A token whose scopes are all for other parts of the API opens nothing here, not even what is public."""
        if scopes_of(request) == set():
            self.permission_denied(request, message=_("This token is not for this part of the API."))
        super().check_permissions(request)

    def handled(self, handler: Handler, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer of a handler, in the shape that is asked for."""
        refuse_empty(request)
        names, _epoch = wanted_fields(request), wants_epoch(request)
        if names and request.method not in SAFE_METHODS:  # an unknown name would be refused after the deed was done
            raise serializers.ValidationError({FIELDS: _("Only answers to reads can be narrowed.")})
        work = partial(handler, request, *args, **kwargs)
        if request.method in SAFE_METHODS and self.action in self.reads_history:
            work = partial(read_history, self.reads_history[self.action], work)
        if isinstance(getattr(request, "accepted_renderer", None), CSVRenderer):
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
            self.is_table = True
            return as_table(request, work, paged=self.pagination_class is not None, rows_in=self.rows_in)
        key = idempotency_key(request) if request.method == "POST" and self.replayable else None
        if key is not None:
            operation = f"{type(self).__module__}.{type(self).__qualname__}.{self.action} {sorted(kwargs.items())}"
            return answered_once(request, key, operation, work)
        answer = partial(narrowed, work, names, self.rows_in)
        if request.method == "GET" and self.action in self.same_for_all and not acts_as_admin(request):
            return kept_answer(request, answer)
        return answer()

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:  # noqa: ARG002
        """The header ``Allow`` says what there is; what it takes, the OpenAPI document."""
        return Response(status=status.HTTP_204_NO_CONTENT)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        rate = getattr(request, "rate", None)
        for name, value in (rate.headers() if rate else {}).items():
            answer.headers[name] = value
        if isinstance(answer, Response) and request.method in SAFE_METHODS and answer.status_code == status.HTTP_200_OK:
            answer.add_post_render_callback(lambda rendered: tagged(request, rendered, self.version))
        return answer

    @contextmanager
    def held(
        self,
        rows: QuerySet[Any] | None = None,
        *,
        pk: int | None = None,
        needed: bool = True,
        whole: Callable[[], str] | None = None,
    ) -> Iterator[Any]:
        """The row of the path for a change, locked until the end of the block, in the version that the caller has read.

        Args:
            rows: among these, else among all that the caller sees.
            pk: its id, where the path names it otherwise.
            needed: whether ``If-Match`` has to be sent.
            whole: version of the list that the row is read in, where it cannot be read by itself.
        Raises:
            Http404: there is none that the caller sees.
            UnreadError, StaleError: see ``require_match``.
        """
        visible = self.get_queryset() if rows is None else rows
        with transaction.atomic():
            seen = get_object_or_404(visible, pk=pk or self.kwargs["pk"])
            row = type(seen)._default_manager.select_for_update(of=("self",)).filter(pk=seen.pk).first()
            if row is None or not visible.filter(pk=seen.pk).exists():  # it may have gone while the lock was awaited
                raise Http404
            require_match(self.request, row, needed=needed, whole=whole() if whole else None)
            yield row

    def shown(self, row: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """A row in the serializer of the action, with its version as ETag."""
        if self.request.method not in SAFE_METHODS and version_of(row):
            row.refresh_from_db(fields=["updated_at"])  # a trigger decides on it
        self.version = version_of(row)
        headers = {"ETag": weak(self.version)} if self.version else {}
        return Response(self.get_serializer(row).data, status=code, headers=headers)

    def parameters(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """Query parameters of an address that is no list, checked."""
        return checked(serializer_class, self.request)

    def given(self, serializer_class: type[serializers.BaseSerializer] | None = None, **options: Any) -> dict[str, Any]:
        """The input of the action, checked."""
        form = (serializer_class or self.get_serializer_class())(data=self.request.data, **options)
        form.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(form.validated_data)
        return values

    def rows(self, queryset: QuerySet[Any]) -> list[Any]:
        """The rows of the page that is asked for."""
        return list(self.paginate_queryset(queryset) or ())

    def page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows in the serializer of the action."""
        return self.get_paginated_response(self.get_serializer(self.rows(queryset), many=True).data)

    def filtered_page(self, queryset: QuerySet[Any]) -> Response:
        """A page of rows that pass the filters of the action."""
        return self.page(self.filter_queryset(queryset))


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """A list and its rows."""

    def get_object(self) -> Any:
        """The row of the path. Filters, and their defaults, are for lists only."""
        row = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        self.version = version_of(row)
        return row

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        row = self.get_object()
        if self.row_is_all and knows_version(request, row):
            return not_modified(Response(headers={"ETag": request.headers["If-None-Match"]}))
        return Response(self.get_serializer(row).data)


def narrowed(work: Callable[[], HttpResponseBase], names: Sequence[str], rows_in: str | None) -> HttpResponseBase:
    """What the work answers, with these fields only, if any are named."""
    response = work()
    if names and isinstance(response, Response):
        response.data = only(response.data, names, rows_in)
    return response


def checked(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Query parameters by the names and rules of a serializer."""
    form = serializer_class(data=request.query_params)
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


def router() -> SimpleRouter:
    """Paths without a slash at their end; ``ApiMiddleware`` answers the other spelling too."""
    return SimpleRouter(trailing_slash=False, use_regex_path=False)
