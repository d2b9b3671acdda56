"""Trades, plans and alerts of people, and advice to one of them, are their owner's (``system.fences``)."""

from django.db import migrations

from system.fences import SOMEBODY, among, fence, own, own_or_nobodys, through

OWN = ("alert_firings", "recommendation_responses", "risk_management", "signal_alerts", "signal_executions")
OF_PORTFOLIOS = ("exchange_accounts", "paper_portfolios", "trade_imports")
OF_POSITIONS = ("ai_portfolio_asset_analysis", "trade_actions")
# Signals that the analysis of a portfolio made are its owner's; all others are everybody's.
OF_PORTFOLIO = through("portfolio_analysis_id", "ai_portfolio_analysis")
SIGNAL = f"(portfolio_analysis_id IS NULL AND {SOMEBODY}) OR {OF_PORTFOLIO}"


class Migration(migrations.Migration):
    dependencies = [("trading", "0017_newest_first"), ("selection", "0015_fences")]

    operations = [
        *(fence(table, own()) for table in OWN),
        fence("backtests", own_or_nobodys("created_by")),
        fence("recommendations", own_or_nobodys()),
        *(fence(table, among("portfolio_id", "own_portfolios")) for table in OF_PORTFOLIOS),
        *(fence(table, among("portfolio_asset_id", "own_positions")) for table in OF_POSITIONS),
        fence("ai_trading_signals", SIGNAL),
        fence("exchange_records", through("account_id", "exchange_accounts")),
        fence("execution_fills", through("execution_id", "signal_executions")),
        fence("paper_trades", through("paper_id", "paper_portfolios", "portfolio_id")),
        fence("recommendation_entries", through("recommendation_id", "recommendations")),
        fence("recommendation_outcomes", through("recommendation_id", "recommendations")),
        fence("trade_notes", through("trade_action_id", "trade_actions")),
        fence("trade_note_versions", through("note_id", "trade_notes")),
        fence("trade_screenshots", through("trade_action_id", "trade_actions")),
    ]
