"""Forecasts that wait for their outcome."""

from django.db import migrations

V_ACTIVE_PREDICTIONS = """
CREATE VIEW v_active_predictions WITH (security_invoker = true) AS
SELECT p.id, p.asset_id, p.watchlist_id, p.user_id, p.ai_model_id, p.model_name, p.model_version, p.layer_source,
       p.prediction_type, p.predicted_price, p.predicted_value, p.confidence_score, p.prediction_horizon, p.target_datetime,
       p.features_used, p.model_parameters, p.input_price, p.input_features, p.context_data, p.accuracy_threshold,
       p.training_data_end, p.market_conditions, p.volatility_level, p.notes, p.as_of, p.created_at, p.updated_at,
       a.symbol, a.name AS crypto_name, a.current_price,
       u.email AS user_email,
       (p.target_datetime <= now()) AS is_due,
       CASE WHEN p.predicted_price IS NOT NULL THEN round((p.predicted_price / p.input_price - 1) * 100, 4) END AS predicted_change_pct
FROM predictions p
JOIN assets a ON a.id = p.asset_id
LEFT JOIN users u ON u.id = p.user_id
WHERE NOT p.is_realized AND p.series = 'live'
"""


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0003_triggers"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(V_ACTIVE_PREDICTIONS, "DROP VIEW v_active_predictions"),
    ]
