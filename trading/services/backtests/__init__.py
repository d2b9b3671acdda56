"""Backtests: asked for, run, kept."""

from trading.services.backtests.keeping import request_backtest, run_backtest, settle_backtests
from trading.services.backtests.orders import order_backtest
from trading.services.backtests.report import facts, files_of, write_report
from trading.services.backtests.requests import Request, request_of
from trading.services.backtests.running import Done, run_request
from trading.services.backtests.sweeping import sweep_reports

__all__ = [
    "Done",
    "Request",
    "facts",
    "files_of",
    "order_backtest",
    "request_backtest",
    "request_of",
    "run_backtest",
    "run_request",
    "settle_backtests",
    "sweep_reports",
    "write_report",
]
