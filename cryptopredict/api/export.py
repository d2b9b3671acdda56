"""The door of exports: everything of the caller in one file."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.services import Client
from cryptopredict.portability import requests
from system.choices import TaskStatus
from system.exceptions import NotAllowed
from system.models import BackgroundTask
from system.rest import JSONRenderer, UtcDateTimeField, caller
from system.rest.ordered import OrderedSerializer, accepted
from system.rest.permissions import IsPerson, readable_domains
from system.rest.viewsets import ApiViewSet

ZIP = "application/zip"
WITHIN = frozenset({"account", "lists", "portfolio", "signals"})
"""Parts of the API that the file has something of."""


class ExportSerializer(serializers.Serializer):
    """How an export stands."""

    status = serializers.ChoiceField(choices=TaskStatus.choices)
    url = serializers.URLField(allow_null=True, help_text="where the file is; null = not yet, or not any more")
    expires_at = UtcDateTimeField(allow_null=True)
    too_large = serializers.ListField(
        child=serializers.CharField(), help_text="files in it that are larger than an import takes; usually none"
    )


class ZipRenderer(BaseRenderer):
    """Lets a caller ask for the file by its type; what is answered is the file itself."""

    media_type = ZIP
    format = "zip"


class ExportViewSet(ApiViewSet):
    """Exports are for the person alone; not even admins fetch them."""

    domain = "account"
    permission_classes = (IsPerson,)
    serializer_class: type[serializers.BaseSerializer[Any]] = ExportSerializer
    queryset = BackgroundTask.objects.none()
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[BackgroundTask]:
        return requests.exports_of(caller(self.request))

    @extend_schema(
        summary="Start an export of everything of the user",
        request=None,
        responses={status.HTTP_202_ACCEPTED: OrderedSerializer},
        operation_id="users_me_export",
    )
    def begin(self, request: Request) -> Response:
        """One at a time: while one waits, asking again answers that one."""
        row = requests.order_export(caller(request), client=Client.of(request))
        return accepted(row, see=reverse("own-export", kwargs={"pk": row.pk}))

    @extend_schema(summary="The export file when ready", operation_id="users_me_export_get")
    def read(self, request: Request, pk: int) -> Response:
        """The file can be fetched for a day, by the person alone."""
        row = get_object_or_404(self.get_queryset(), pk=pk)
        is_there = requests.is_there(row, timezone.now())
        told = {
            "status": row.status,
            "url": reverse("own-export-file", kwargs={"pk": pk}, request=request) if is_there else None,
            "expires_at": requests.expires_at(row),
            "too_large": (row.result_data or {}).get("too_large", []),
        }
        return Response(ExportSerializer(told).data)


class ExportFileViewSet(ExportViewSet):
    """The file itself. Its address is told by the export, and not part of the document."""

    shapes = False
    renderer_classes = (JSONRenderer, ZipRenderer)

    @extend_schema(exclude=True)
    def fetch(self, request: Request, pk: int) -> FileResponse:
        """A zip of JSON and CSV with a manifest; no secrets in it. A token has to read all that is in it."""
        parts = readable_domains(request)
        if parts is not None and not parts >= WITHIN:
            raise NotAllowed(str(IsPerson.message))
        file = requests.file_of(get_object_or_404(self.get_queryset(), pk=pk), timezone.now())
        if file is None:
            raise Http404
        answer = FileResponse(file, as_attachment=True, filename="cryptopredict-export.zip", content_type=ZIP)
        answer.headers["Cache-Control"] = "no-store"
        return answer
