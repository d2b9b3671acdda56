"""Alerts: kept by people, checked after each ingest, fired once."""

from trading.services.alerts.checking import AlertReport, check_alerts
from trading.services.alerts.keeping import (
    acknowledge_alert,
    change_alert,
    create_alert,
    delete_alert,
    pause_alert,
    rearm_alert,
    resume_alert,
)
from trading.services.alerts.past import Past, Watch, past_of

__all__ = [
    "AlertReport",
    "Past",
    "Watch",
    "acknowledge_alert",
    "change_alert",
    "check_alerts",
    "create_alert",
    "delete_alert",
    "past_of",
    "pause_alert",
    "rearm_alert",
    "resume_alert",
]
