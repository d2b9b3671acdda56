"""Runs, settings, logs, audit and events."""

from system.models.audit import AuditLog
from system.models.changes import RowChange, RowChangeChain, RowChangeLink
from system.models.config import SystemConfig, SystemConfigHistory
from system.models.faults import Fault, FaultKind
from system.models.health import AnalyticsData, BackgroundTask, SystemHealth
from system.models.idempotency import IdempotencyKey
from system.models.logs import ApiRequestLog, ExternalApiLog
from system.models.outbox import OutboxEvent
from system.models.runs import PipelineRun

__all__ = [
    "AnalyticsData",
    "ApiRequestLog",
    "AuditLog",
    "BackgroundTask",
    "ExternalApiLog",
    "Fault",
    "FaultKind",
    "IdempotencyKey",
    "OutboxEvent",
    "PipelineRun",
    "RowChange",
    "RowChangeChain",
    "RowChangeLink",
    "SystemConfig",
    "SystemConfigHistory",
    "SystemHealth",
]
