"""Weights on lists have a past, too."""

from decimal import Decimal

from django.db import migrations, models

from system.together import together

FROM_NOW_ON = """
WITH ended AS (
    UPDATE watchlist_asset_history h SET valid_to = now() FROM watchlist_assets e
    WHERE e.watchlist_id = h.watchlist_id AND e.asset_id = h.asset_id AND e.position_type = h.position_type
      AND e.weight > 0 AND h.series = 'live' AND h.valid_to IS NULL AND h.valid_from < now()
    RETURNING h.watchlist_id, h.asset_id, h.position_type, h.sort_order, h.series, h.changed_by, e.weight)
INSERT INTO watchlist_asset_history
    (watchlist_id, asset_id, position_type, sort_order, series, changed_by, weight, valid_from)
SELECT ended.*, now() FROM ended
"""
"""Since when the weights of today hold nobody knows: from now on."""


class Migration(migrations.Migration):
    dependencies = [("selection", "0012_paper_portfolios")]

    operations = [
        migrations.AddField(
            model_name="watchlistassethistory",
            name="weight",
            field=models.DecimalField(
                db_comment="Portfolio weight then, 0-1",
                db_default=Decimal("0.0"),
                decimal_places=4,
                default=Decimal("0.0"),
                max_digits=5,
            ),
        ),
        migrations.AddConstraint(
            model_name="watchlistassethistory",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__range", (0, 1))),
                name="chk_watchlist_history_weight",
                violation_error_message="weight must lie between 0 and 1.",
            ),
        ),
        migrations.RunSQL(FROM_NOW_ON, migrations.RunSQL.noop),
    ]
    operations = together(operations)
