"""Writes of layer 4."""

from trading.services.alerts import (
    AlertReport,
    acknowledge_alert,
    change_alert,
    check_alerts,
    create_alert,
    delete_alert,
    pause_alert,
    rearm_alert,
    resume_alert,
)
from trading.services.exchange_accounts import change_account, connect_account, disconnect_account, renew_key
from trading.services.exchange_sync import SyncReport, active_accounts, sync_account
from trading.services.executions import cancel_execution, execute_signal, fill_execution
from trading.services.imports import choose_symbols, confirm_import, expire_imports, preview_import
from trading.services.journal import (
    NewEntry,
    Recorded,
    RefusedEntries,
    RowError,
    change_keeping,
    correct_entry,
    join_transfer,
    rebuild_portfolio,
    record_trade,
    record_trades,
    reverse_entry,
    state_price,
    us_dollar,
)
from trading.services.notes import change_remarks, write_note
from trading.services.paper import PaperBooked, PaperRules, follow_signals, open_paper_portfolio, stop_following
from trading.services.positions import analyse_positions
from trading.services.recommendation_curation import change_recommendation, create_recommendation
from trading.services.recommendation_decisions import (
    expire_recommendations,
    respond_to_recommendation,
    review_recommendation,
)
from trading.services.recommendation_scoring import ScoredRecommendations, score_recommendations
from trading.services.recommendations import recommend, tell_people
from trading.services.risk import RiskLimit, change_limits, refresh_exposure, risk_profile
from trading.services.screenshots import add_screenshot, remove_screenshot, sweep_screenshots
from trading.services.signals import Generated, generate_signals
from trading.services.tracking import Tracked, track_signals
from trading.services.withdrawing import withdraw_signal

__all__ = [
    "AlertReport",
    "Generated",
    "NewEntry",
    "PaperBooked",
    "PaperRules",
    "Recorded",
    "RefusedEntries",
    "RiskLimit",
    "RowError",
    "ScoredRecommendations",
    "SyncReport",
    "Tracked",
    "acknowledge_alert",
    "active_accounts",
    "add_screenshot",
    "analyse_positions",
    "cancel_execution",
    "change_account",
    "change_alert",
    "change_keeping",
    "change_limits",
    "change_recommendation",
    "change_remarks",
    "check_alerts",
    "choose_symbols",
    "confirm_import",
    "connect_account",
    "correct_entry",
    "create_alert",
    "create_recommendation",
    "delete_alert",
    "disconnect_account",
    "execute_signal",
    "expire_imports",
    "expire_recommendations",
    "fill_execution",
    "follow_signals",
    "generate_signals",
    "join_transfer",
    "open_paper_portfolio",
    "pause_alert",
    "preview_import",
    "rearm_alert",
    "rebuild_portfolio",
    "recommend",
    "record_trade",
    "record_trades",
    "refresh_exposure",
    "remove_screenshot",
    "renew_key",
    "respond_to_recommendation",
    "resume_alert",
    "reverse_entry",
    "review_recommendation",
    "risk_profile",
    "score_recommendations",
    "state_price",
    "stop_following",
    "sweep_screenshots",
    "sync_account",
    "tell_people",
    "track_signals",
    "us_dollar",
    "withdraw_signal",
    "write_note",
]
