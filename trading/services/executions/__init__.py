"""Signals that people execute: within their limits, into their journal."""

from trading.services.executions.executing import execute_signal
from trading.services.executions.filling import cancel_execution, fill_execution

__all__ = ["cancel_execution", "execute_signal", "fill_execution"]
