"""Users with what they use."""

from django.db import migrations

V_USERS_OVERVIEW = """
CREATE VIEW v_users_overview WITH (security_invoker = true) AS
SELECT u.id, u.email, u.first_name, u.last_name, u.role, u.is_active,
       (COALESCE(u.subscription_plan, 'free') <> 'free'
        AND (u.subscription_expires_at IS NULL OR u.subscription_expires_at > now())) AS is_premium,
       u.created_at, u.last_login, COALESCE(u.login_count, 0) AS login_count,
       w.personal_watchlists_count, w.total_assets_count,
       p.avg_prediction_accuracy, p.realized_predictions_count
FROM users u
CROSS JOIN LATERAL (
    SELECT COUNT(DISTINCT wl.id) AS personal_watchlists_count, COUNT(wa.id) AS total_assets_count
    FROM watchlists wl
    LEFT JOIN watchlist_assets wa ON wa.watchlist_id = wl.id AND wa.is_active
    WHERE wl.user_id = u.id AND wl.watchlist_type = 'personal' AND wl.is_active) w
CROSS JOIN LATERAL (
    SELECT AVG(pr.accuracy_percentage) AS avg_prediction_accuracy, COUNT(*) AS realized_predictions_count
    FROM predictions pr WHERE pr.user_id = u.id AND pr.is_realized) p
WHERE u.role = 'public' AND u.deleted_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_triggers"), ("selection", "0001_initial"), ("aimodels", "0002_initial")]

    operations = [
        migrations.RunSQL(V_USERS_OVERVIEW, "DROP VIEW v_users_overview"),
    ]
