"""Requests in and calls out."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import HttpMethod
from system.constraints import at_least, between, one_of
from system.fields import Numeric
from system.models.base import TimeStamped


class ApiRequestLog(TimeStamped):
    """One request to our API."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_comment="Caller, if authenticated",
    )
    endpoint = models.CharField(max_length=255, db_comment="Route template, without query string and secrets")
    http_method = models.CharField(max_length=10, choices=HttpMethod, db_comment="Method")
    response_status = models.IntegerField(db_comment="HTTP status")
    response_time_ms = Numeric(12, 3, db_comment="Duration, ms")

    class Meta:
        db_table = "api_request_logs"
        verbose_name = _("API request")
        verbose_name_plural = _("API requests")
        constraints = [
            one_of("http_method", HttpMethod, name="chk_api_request_logs_http_method"),
            between("response_status", 100, 599, name="chk_api_request_logs_response_status"),
            at_least("response_time_ms", 0, name="chk_api_request_logs_response_time_ms"),
        ]
        indexes = [
            BrinIndex(fields=["created_at"], name="idx_api_logs_created_brin"),
            models.Index(fields=["user", "-created_at"], name="idx_api_logs_user_time"),
            models.Index(fields=["endpoint", "-created_at"], name="idx_api_logs_endpoint_time"),
            models.Index(fields=["-created_at", "-id"], name="idx_api_logs_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.http_method} {self.endpoint} {self.response_status}"


class ExternalApiLog(TimeStamped):
    """One call that we made to somebody else's API."""

    api_provider = models.CharField(max_length=50, db_comment="Provider")
    endpoint = models.CharField(max_length=255, db_comment="Path called, without keys")
    http_method = models.CharField(max_length=10, choices=HttpMethod, db_comment="Method")
    response_status = models.IntegerField(db_comment="HTTP status; 0 = no answer (timeout, DNS, TLS)")
    response_time_ms = Numeric(12, 3, db_comment="Duration, ms")

    class Meta:
        db_table = "external_api_logs"
        verbose_name = _("outside call")
        verbose_name_plural = _("outside calls")
        constraints = [
            one_of("http_method", HttpMethod, name="chk_external_api_logs_http_method"),
            models.CheckConstraint(
                condition=models.Q(response_status=0) | models.Q(response_status__range=(100, 599)),
                name="chk_external_api_logs_response_status",
                violation_error_message=_("An HTTP status lies between 100 and 599; 0 means no answer."),
            ),
            at_least("response_time_ms", 0, name="chk_external_api_logs_response_time_ms"),
        ]
        indexes = [
            BrinIndex(fields=["created_at"], name="idx_ext_logs_created_brin"),
            models.Index(fields=["api_provider", "-created_at"], name="idx_ext_logs_provider_time"),
            models.Index(fields=["-created_at", "-id"], name="idx_ext_logs_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.api_provider} {self.endpoint} {self.response_status}"
