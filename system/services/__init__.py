"""Writes of the lowest app: runs, settings, audit, events, landing of results."""

from system.selectors.settings import setting
from system.services.audit import record_change
from system.services.background import background_task
from system.services.events import publish
from system.services.landing import Landed, complete, fitted, land, plain
from system.services.orders import carry_out, order_work
from system.services.retention import sweep_old_rows
from system.services.rows import change_row, create_row
from system.services.runs import pipeline_run
from system.services.settings import change_setting, ensure_settings, settings_in_force

__all__ = [
    "Landed",
    "background_task",
    "carry_out",
    "change_row",
    "change_setting",
    "complete",
    "create_row",
    "ensure_settings",
    "fitted",
    "land",
    "order_work",
    "pipeline_run",
    "plain",
    "publish",
    "record_change",
    "setting",
    "settings_in_force",
    "sweep_old_rows",
]
