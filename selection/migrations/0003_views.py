"""Lists with their counts, and what became of suggestions."""

from django.db import migrations

V_WATCHLIST_SUMMARY = """
CREATE VIEW v_watchlist_summary WITH (security_invoker = true) AS
SELECT w.id, w.name, w.watchlist_type, w.tier, w.user_id, u.email AS user_email, w.is_active, w.sort_order,
       COUNT(wa.id) FILTER (WHERE wa.is_active)                       AS asset_count,
       COUNT(wa.id) FILTER (WHERE NOT wa.is_active)                   AS paused_count,
       w.max_assets, w.created_at, w.updated_at,
       AVG(wa.weight) FILTER (WHERE wa.is_active)                     AS avg_asset_weight,
       SUM(wa.weight) FILTER (WHERE wa.is_active)                     AS total_weight,
       STRING_AGG(a.symbol, ', ' ORDER BY wa.sort_order) FILTER (WHERE wa.is_active) AS asset_symbols
FROM watchlists w
LEFT JOIN users u ON u.id = w.user_id
LEFT JOIN watchlist_assets wa ON wa.watchlist_id = w.id
LEFT JOIN assets a ON a.id = wa.asset_id
GROUP BY w.id, u.email
"""

V_AI_PERFORMANCE = """
CREATE VIEW v_ai_performance WITH (security_invoker = true) AS
SELECT l.ai_layer,
       COUNT(s.id)                                                          AS total_suggestions,
       COUNT(s.id) FILTER (WHERE s.status IN ('approved', 'implemented'))   AS approved_count,
       COUNT(s.id) FILTER (WHERE s.status = 'approved')                     AS awaiting_implementation_count,
       COUNT(s.id) FILTER (WHERE s.status = 'implemented')                  AS implemented_count,
       COUNT(s.id) FILTER (WHERE s.status = 'rejected')                     AS rejected_count,
       COUNT(s.id) FILTER (WHERE s.status IN ('pending', 'deferred'))       AS open_count,
       COUNT(s.id) FILTER (WHERE s.status = 'expired')                      AS expired_count,
       AVG(s.confidence_score)                                              AS avg_confidence,
       AVG(s.actual_return)                                                 AS avg_actual_return,
       AVG(s.success_score)                                                 AS avg_success_score,
       COUNT(s.id) FILTER (WHERE s.success_score > 0.7)                     AS high_success_count
FROM generate_series(1, 4) AS l(ai_layer)
LEFT JOIN ai_suggestions s ON s.ai_layer = l.ai_layer AND s.series = 'live' AND s.created_at >= now() - interval '30 days'
GROUP BY l.ai_layer
"""


class Migration(migrations.Migration):
    dependencies = [("selection", "0002_triggers")]

    operations = [
        migrations.RunSQL(V_WATCHLIST_SUMMARY, "DROP VIEW v_watchlist_summary"),
        migrations.RunSQL(V_AI_PERFORMANCE, "DROP VIEW v_ai_performance"),
    ]
