from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import register
from system.retention import RetentionRule, register_retention


class SystemConfig(AppConfig):
    name = "system"
    verbose_name = _("System")

    def ready(self) -> None:
        from system.http.policy import GROUP
        from system.retention_settings import GROUP as RETENTION

        register(GROUP)
        register(RETENTION)
        register_retention(RetentionRule("api_request_logs", "created_at", "api_logs_days"))
        register_retention(RetentionRule("external_api_logs", "created_at", "api_logs_days"))
        register_retention(RetentionRule("idempotency_keys", "created_at", "idempotency_keys_days"))
        register_retention(RetentionRule("system_health", "check_time", "system_health_days"))
        register_retention(RetentionRule("background_tasks", "completed_at", "background_tasks_days"))
        register_retention(RetentionRule("analytics_data", "created_at", "analytics_days"))
        register_retention(RetentionRule("program_faults", "last_at", "faults_days"))
        register_retention(
            RetentionRule("row_changes", "at", "row_changes_months", archive="system.services.trail.forget_changes")
        )
        register_retention(RetentionRule("outbox_events", "sent_at", "sent_events_days"))
