from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, optional, register, whole
from system.retention import RetentionRule, register_retention


class SystemConfig(AppConfig):
    name = "system"
    verbose_name = _("System")

    def ready(self) -> None:
        from system.http.policy import GROUP

        register(GROUP)
        register(
            ConfigGroup(
                "retention",
                _("How long rows stay before they are archived or swept. Candles without an age stay."),
                {
                    "user_activities_months": 6,
                    "implemented_suggestions_months": 3,
                    "price_1m_days": 30,
                    "price_5m_15m_days": 180,
                    "price_1h_days": 730,
                    "price_4h_days": None,
                    "price_1d_days": None,
                    "price_1w_days": None,
                    "price_1M_days": None,
                    "api_logs_days": 90,
                    "system_health_days": 90,
                    "background_tasks_days": 90,
                    "notification_deliveries_days": 90,
                    "webhook_deliveries_days": 30,
                    "change_drafts_days": 90,
                    "expired_notifications_days": 30,
                    "sent_events_days": 30,
                    "idempotency_keys_days": 7,
                    "mfa_tickets_days": 30,
                    "analytics_days": 730,
                },
                {
                    "user_activities_months": whole(1, 120),
                    "implemented_suggestions_months": whole(1, 120),
                    "price_1m_days": whole(1, 36500),
                    "price_5m_15m_days": whole(1, 36500),
                    "price_1h_days": whole(1, 36500),
                    "price_4h_days": optional(whole(1, 36500)),
                    "price_1d_days": optional(whole(1, 36500)),
                    "price_1w_days": optional(whole(1, 36500)),
                    "price_1M_days": optional(whole(1, 36500)),
                    "api_logs_days": whole(1, 36500),
                    "system_health_days": whole(1, 36500),
                    "background_tasks_days": whole(1, 36500),
                    "notification_deliveries_days": whole(31, 36500),
                    "webhook_deliveries_days": whole(4, 36500),
                    "change_drafts_days": whole(2, 36500),
                    "expired_notifications_days": whole(0, 36500),
                    "sent_events_days": whole(1, 36500),
                    "idempotency_keys_days": whole(7, 365),
                    "mfa_tickets_days": whole(1, 36500),
                    "analytics_days": whole(1, 36500),
                },
            )
        )
        register_retention(RetentionRule("api_request_logs", "created_at", "api_logs_days"))
        register_retention(RetentionRule("external_api_logs", "created_at", "api_logs_days"))
        register_retention(RetentionRule("idempotency_keys", "created_at", "idempotency_keys_days"))
        register_retention(RetentionRule("system_health", "check_time", "system_health_days"))
        register_retention(RetentionRule("background_tasks", "completed_at", "background_tasks_days"))
        register_retention(RetentionRule("analytics_data", "created_at", "analytics_days"))
        register_retention(RetentionRule("outbox_events", "sent_at", "sent_events_days"))
