"""Signals that people see."""

from django.db import migrations

V_ACTIVE_SIGNALS = """
CREATE VIEW v_active_signals WITH (security_invoker = true) AS
SELECT s.id, s.asset_id, s.ai_model_id, s.metrics_snapshot_id, s.signal_type, s.signal_origin, s.signal_quality, s.confidence_score,
       s.entry_price, s.target_price, s.stop_loss, s.risk_level, s.risk_reward_ratio, s.market_context, s.sector_context, s.ai_analysis,
       s.time_horizon_hours, s.status, s.signal_strength, s.confluence_count, s.created_at AS generated_at, s.expires_at, s.updated_at,
       a.symbol, a.name AS crypto_name, a.current_price,
       round(CASE s.signal_type WHEN 'long'  THEN (s.target_price - s.entry_price)
                                WHEN 'short' THEN (s.entry_price - s.target_price) END
             / NULLIF(s.entry_price, 0) * 100, 4) AS potential_return_pct,
       round(CASE s.signal_type WHEN 'long'  THEN (s.entry_price - s.stop_loss)
                                WHEN 'short' THEN (s.stop_loss - s.entry_price) END
             / NULLIF(s.entry_price, 0) * 100, 4) AS max_loss_pct
FROM ai_trading_signals s
JOIN assets a ON a.id = s.asset_id
WHERE s.status = 'active' AND s.series = 'live'
  AND (s.expires_at IS NULL OR s.expires_at > now())
"""


class Migration(migrations.Migration):
    dependencies = [("trading", "0002_triggers")]

    operations = [
        migrations.RunSQL(V_ACTIVE_SIGNALS, "DROP VIEW v_active_signals"),
    ]
