"""Settings of the running product, for admins."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from system import configuration
from system.api.serializers import ConfigSerializer, ConfigValueSerializer
from system.exceptions import InvalidInput
from system.models import SystemConfig
from system.read_only import Kept, writing
from system.rest import IsAdmin, caller
from system.rest.viewsets import ApiViewSet
from system.services import change_setting, ensure_settings, settings_in_force
from system.services.settings import merge_settings

GROUPS = {"type": "object", "properties": {group.key: {"type": "object"} for group in configuration.groups()}}
"""Every group, in the OpenAPI document."""


class ConfigViewSet(ApiViewSet):
    """Groups of settings. Past values stay known to the runs of their time."""

    permission_classes = (IsAdmin,)
    serializer_class: type[serializers.BaseSerializer[Any]] = ConfigSerializer
    queryset = SystemConfig.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        summary="Configuration", responses={(200, "application/json"): GROUPS}, operation_id="system_config_list"
    )
    def everything(self, request: Request) -> Response:  # noqa: ARG002
        """Every group with its values in force."""
        return Response(settings_in_force())

    @extend_schema(
        summary="Change configuration (given groups and keys; others stay)",
        request={"application/json": GROUPS},
        responses={(200, "application/json"): GROUPS},
        operation_id="system_config_merge",
    )
    def merge(self, request: Request) -> Response:
        """All of it or nothing. A lower limit does not remove what is there already; it refuses what is new."""
        given = request.data
        if not isinstance(given, dict) or not all(isinstance(value, dict) for value in given.values()):
            raise InvalidInput(_("Send groups of settings, each with its values."))
        return Response(merge_settings(given, actor=caller(request)))

    @extend_schema(summary="One group", operation_id="system_config_retrieve")
    def retrieve(self, request: Request, key: str) -> Response:  # noqa: ARG002
        """A group with its meaning."""
        return self.shown(self.row(key))

    @extend_schema(summary="Replace one group", request=ConfigValueSerializer, operation_id="system_config_replace")
    def update(self, request: Request, key: str) -> Response:
        """Needs the version that was read."""
        value = self.given(ConfigValueSerializer)["value"]
        with self.held(SystemConfig.objects.all(), pk=self.row(key).pk) as row:
            return self.shown(change_setting(row.key, value, actor=caller(request)))

    def row(self, key: str) -> SystemConfig:
        """The row of a known group, made if nobody has needed it yet; else 404."""
        if key not in {group.key for group in configuration.groups()}:
            raise Http404
        found = SystemConfig.objects.filter(key=key).first()
        if found is None:
            with writing(Kept.DEFAULTS):
                ensure_settings()
            found = SystemConfig.objects.get(key=key)
        return found
