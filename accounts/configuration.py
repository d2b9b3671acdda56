"""Settings of the app that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, register, whole


def register_settings() -> None:
    """Make the groups known."""
    register(
        ConfigGroup(
            "delivery",
            _("Messages outside the app: how long they are tried, and servers of ntfy that people may use."),
            {
                "give_up_days": 3,
                "most_attempts": 100,
                "most_channels": 10,
                "most_webhooks": 10,
                "ntfy_servers": [],
            },
            {
                "give_up_days": whole(1, 30),
                "most_attempts": whole(1, 1000),
                "most_channels": whole(0, 100),
                "most_webhooks": whole(0, 100),
                "ntfy_servers": {
                    "type": "array",
                    "items": {"type": "string", "pattern": r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$"},
                },
            },
            title=_("Delivery of messages"),
            words={
                "give_up_days": Words(_("How long a message is tried"), _("days")),
                "most_attempts": Words(_("Most attempts")),
                "most_channels": Words(_("Most channels of a person")),
                "most_webhooks": Words(_("Most webhooks of a person")),
                "ntfy_servers": Words(
                    _("Further servers of ntfy"), hint=_("Addresses with http:// or https://, without a path.")
                ),
            },
        )
    )
    register(
        ConfigGroup(
            "security",
            _("When logins are locked, and how long sessions and mailed links work."),
            {
                "max_failed_logins": 5,
                "lockout_minutes": 15,
                "reset_token_hours": 1,
                "verify_token_hours": 48,
                "session_days": 30,
                "browser_days": 14,
                "browser_idle_hours": 72,
                "admins_need_second_factor": True,
            },
            {
                "max_failed_logins": whole(1, 100),
                "lockout_minutes": whole(1, 7 * 24 * 60),
                "reset_token_hours": whole(1, 48),
                "verify_token_hours": whole(1, 14 * 24),
                "session_days": whole(1, 366),
                "browser_days": whole(1, 366),
                "browser_idle_hours": whole(1, 31 * 24),
                "admins_need_second_factor": {"type": "boolean"},
            },
            title=_("Security of logins"),
            words={
                "max_failed_logins": Words(_("Wrong passwords before an account is locked")),
                "lockout_minutes": Words(_("How long the lock holds"), _("minutes")),
                "reset_token_hours": Words(_("Life of a link to a new password"), _("hours")),
                "verify_token_hours": Words(_("Life of a link that confirms an address"), _("hours")),
                "session_days": Words(_("Life of a session of the API"), _("days")),
                "browser_days": Words(_("Life of a login in a browser"), _("days")),
                "browser_idle_hours": Words(_("Idle time after which a browser is logged out"), _("hours")),
                "admins_need_second_factor": Words(_("Admins need a second factor")),
            },
        )
    )
