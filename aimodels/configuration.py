"""Settings of the models that admins change while the product runs."""

from django.utils.translation import gettext_lazy as _

from system.configuration import ConfigGroup, Words, number, register, whole


def register_settings() -> None:
    """Make the groups known."""
    register(
        ConfigGroup(
            "model_jobs",
            _(
                "Work on models: how long a job belongs to a worker that gives no sign of life, how often it gives "
                "one, how long it may take to stop when asked, how long a retry waits, and how many jobs run at once."
            ),
            {
                "lease_seconds": 15,
                "beat_seconds": 1,
                "grace_seconds": 6,
                "backoff_seconds": 30,
                "backoff_max_seconds": 3600,
                "running_max": 2,
                "heavy_max": 1,
            },
            {
                "lease_seconds": number(1, 600),
                "beat_seconds": number(0.1, 60),
                "grace_seconds": number(0, 60),
                "backoff_seconds": number(0, 3600),
                "backoff_max_seconds": number(0, 86400),
                "running_max": whole(1, 64),
                "heavy_max": whole(1, 64),
            },
            title=_("Jobs of models"),
            words={
                "lease_seconds": Words(_("How long a silent worker keeps a job"), _("seconds")),
                "beat_seconds": Words(_("Time between two signs of life"), _("seconds")),
                "grace_seconds": Words(_("Time to stop when asked"), _("seconds")),
                "backoff_seconds": Words(_("Wait before the first retry"), _("seconds")),
                "backoff_max_seconds": Words(_("Longest wait before a retry"), _("seconds")),
                "running_max": Words(_("Jobs at once")),
                "heavy_max": Words(_("Heavy jobs at once")),
            },
        )
    )
