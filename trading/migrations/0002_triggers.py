"""Times of change; levels of signals and entries of the journal are written once."""

from django.db import migrations

from system.sql import updated_at_trigger, write_once

# What happens to a signal later, and context that may be erased.
OUTCOMES_OF_SIGNALS = [
    "status",
    "actual_entry_price",
    "max_favorable_excursion",
    "max_adverse_excursion",
    "signal_successful",
    "invalidated_at",
    "watchlist_analysis_id",
    "portfolio_analysis_id",
    "generated_by",
    "updated_at",
]
# What a person writes about a trade may change; what was traded may not.
NOTES_OF_THE_JOURNAL = [
    "pnl_realized_usd",
    "emotion_state",
    "confidence_level",
    "stress_level",
    "market_sentiment",
    "volatility_level",
    "volume_profile",
    "primary_setup",
    "confirmation_signals",
    "chart_pattern",
    "analysis_snapshot",
    "lesson_learned",
    "notes",
    "ai_signal_id",
    "updated_at",
]


class Migration(migrations.Migration):
    dependencies = [("trading", "0001_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("ai_trading_signals"),
        updated_at_trigger("signal_executions"),
        updated_at_trigger("risk_management"),
        updated_at_trigger("signal_alerts"),
        updated_at_trigger("trade_actions"),
        updated_at_trigger("ai_portfolio_asset_analysis"),
        updated_at_trigger("recommendations"),
        write_once("ai_trading_signals", free=OUTCOMES_OF_SIGNALS),
        write_once("trade_actions", free=NOTES_OF_THE_JOURNAL, owner_may=True),
    ]
