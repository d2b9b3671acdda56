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

__all__ = [
    "AlertReport",
    "acknowledge_alert",
    "change_alert",
    "check_alerts",
    "create_alert",
    "delete_alert",
    "pause_alert",
    "rearm_alert",
    "resume_alert",
]
