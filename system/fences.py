"""Fences in the database: of a table with people's rows each sees their own, whatever a statement forgets to ask for.

For whom a statement is stands in the setting ``app.user_id`` (``system.acting``): the number of a person, ``guest``, or
one of the contexts that see everything. Without it no row of a fenced table is seen or written, by the owner of the
table neither. It is a second fence under the querysets, against a forgotten filter; not against injected SQL.
"""

from django.db import migrations

POLICY = "fence"
SETTING = "current_setting('app.user_id', true)"
SEES_EVERYONE = f"(SELECT coalesce({SETTING} IN ('admin', 'command', 'service', 'task'), false))"
"""As a sub-select of its own it is asked once for a statement, not for every row. It says the same as the function
below; to open that for each statement cost the planner a third of what a fence costs."""
ME = f"(SELECT CASE WHEN {SETTING} ~ '^[0-9]{{1,18}}$' THEN {SETTING}::bigint END)"
SOMEBODY = f"(SELECT coalesce({SETTING}, '') <> '')"

FUNCTIONS = """
CREATE FUNCTION acting_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN current_setting('app.user_id', true) ~ '^[0-9]{1,18}$'
        THEN current_setting('app.user_id', true)::bigint END
$$;
COMMENT ON FUNCTION acting_user IS 'For whom a statement is; NULL = for no single person';
CREATE FUNCTION sees_everyone() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('app.user_id', true) IN ('admin', 'command', 'service', 'task'), false)
$$;
COMMENT ON FUNCTION sees_everyone IS 'Whether a statement is for a context that sees the rows of all people';
CREATE FUNCTION somebody_acts() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('app.user_id', true), '') <> ''
$$;
COMMENT ON FUNCTION somebody_acts IS 'Whether a statement says for whom it is, be it a guest';
"""
DROP_FUNCTIONS = "DROP FUNCTION acting_user(); DROP FUNCTION sees_everyone(); DROP FUNCTION somebody_acts();"


WRITTEN_OUT = {"sees_everyone": SEES_EVERYONE, "acting_user": ME, "somebody_acts": SOMEBODY}
"""The same as each function."""


def own(column: str = "user_id") -> str:
    """Rows of the person that a column names."""
    return f"{column} = {ME}"


def own_or_nobodys(column: str = "user_id") -> str:
    """The same, and rows that belong to nobody, for everybody who acts."""
    return f"{own(column)} OR ({column} IS NULL AND {SOMEBODY})"


def among(column: str, function: str) -> str:
    """Rows of what a function lists, which is asked once for a statement."""
    return f"{column} = ANY ((SELECT public.{function}())::bigint[])"


def through(column: str, table: str, key: str = "id") -> str:
    """Rows of what is seen in another table, by its own fence."""
    return f"EXISTS (SELECT FROM public.{table} seen WHERE seen.{key} = @fenced.{column})"


def fence(table: str, seen: str) -> migrations.RunSQL:
    """Let people see and write only some rows of a table.

    Args:
        table: the table.
        seen: which, as a condition.
    """
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY {POLICY} ON {table} USING ({SEES_EVERYONE} OR {seen.replace("@fenced", table)});
        """,
        f"""
        DROP POLICY {POLICY} ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
        """,
    )


FENCED = frozenset(
    {
        # system
        "api_request_logs",
        "idempotency_keys",
        "outbox_events",
        "row_changes",
        # accounts
        "api_tokens",
        "change_drafts",
        "mfa_tickets",
        "notification_channels",
        "notification_deliveries",
        "notifications",
        "outgoing_mails",
        "passkey_ceremonies",
        "passkeys",
        "recovery_codes",
        "totp_devices",
        "used_refresh_tokens",
        "user_activities",
        "user_activities_archive",
        "user_feedback",
        "user_sessions",
        "webhook_deliveries",
        "webhook_subscriptions",
        # aimodels
        "predictions",
        # selection
        "ai_portfolio_analysis",
        "ai_suggestions",
        "ai_suggestions_archive",
        "ai_watchlist_analysis",
        "lot_disposals",
        "manual_prices",
        "portfolio_assets",
        "portfolio_days",
        "portfolios",
        "position_flows",
        "position_lots",
        "suggestion_outcomes",
        "suggestion_reviews",
        "watchlist_asset_history",
        "watchlist_assets",
        "watchlist_state_history",
        "watchlists",
        # trading
        "ai_portfolio_asset_analysis",
        "ai_trading_signals",
        "alert_firings",
        "backtests",
        "exchange_accounts",
        "exchange_records",
        "execution_fills",
        "paper_portfolios",
        "paper_trades",
        "recommendation_entries",
        "recommendation_outcomes",
        "recommendation_responses",
        "recommendations",
        "risk_management",
        "signal_alerts",
        "signal_executions",
        "trade_actions",
        "trade_imports",
        "trade_note_versions",
        "trade_notes",
        "trade_screenshots",
    }
)
"""Tables with a fence (a test holds them against the database)."""

VIEWS = frozenset(
    {"v_active_predictions", "v_active_signals", "v_ai_performance", "v_users_overview", "v_watchlist_summary"}
)
"""Views that show rows of fenced tables, behind the fences of these (``security_invoker``)."""

UNFENCED = {
    "audit_log": "insert only; who did something is written in everybody's transactions and read by admins alone",
    "django_admin_log": "what admins did in the admin, which admins alone read",
    "model_activations": "what admins did with models, which everybody may know",
    "model_jobs": "work on models, which is everybody's; only admins begin it",
    "model_performance": "how models do, which is public",
    "model_trials": "how models did in training, which is public",
    "prediction_links": "the ledger covers no person (rules, section 3)",
    "prediction_revisions": "outcomes of forecasts, in which nothing stands about a person",
    "prediction_scores": "outcomes of forecasts, in which nothing stands about a person",
    "signal_outcome_revisions": "what the market did with a plan, in which nothing stands about a person",
    "signal_outcomes": "what the market did with a plan, in which nothing stands about a person",
    "signal_tracks": "what the market does with a plan, in which nothing stands about a person",
    "system_config": "settings of the installation; who changed one is an admin",
    "system_config_history": "settings of the installation; who changed one is an admin",
    "users": "who logs in is looked up here before anybody is known; what belongs to people stands elsewhere",
    "users_groups": "Django's own: rights of admins",
    "users_user_permissions": "Django's own: rights of admins",
}
"""Tables that a person can be reached from and that have none, and why."""
