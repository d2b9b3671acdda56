"""The sums over forecasts follow every write of the ledger, in its own transaction."""

from django.db import migrations

KEYS = "series, layer_source, market, as_of, prediction_horizon, model_name, market_conditions, bin"
# What a forecast adds. ``sign`` takes back what an outcome said before it was corrected; ``is_new`` is whether the
# forecast itself is counted, or only what came of it.
ADD = """
INSERT INTO prediction_sums (@keys, issued, late, scored, n, hits, rises, chance, brier, brier_naive, n_intervals,
    in_interval_90, in_interval_50, pinball, pinball_naive)
SELECT @keys, sum(@sign * (is_new AND in_time)::int), sum(@sign * (is_new AND NOT in_time)::int),
    sum(@sign * counts::int), sum(@sign * (counts AND brier IS NOT NULL)::int),
    coalesce(sum(@sign * is_accurate::int) FILTER (WHERE counts AND brier IS NOT NULL), 0),
    coalesce(sum(@sign * (log_return > 0)::int) FILTER (WHERE counts AND brier IS NOT NULL), 0),
    coalesce(sum(@sign * round(chance::numeric, 18)) FILTER (WHERE bin IS NOT NULL), 0),
    coalesce(sum(@sign * round(brier::numeric, 18)) FILTER (WHERE counts), 0),
    coalesce(sum(@sign * round(brier_naive::numeric, 18)) FILTER (WHERE counts), 0),
    sum(@sign * (counts AND in_interval_90 IS NOT NULL)::int),
    coalesce(sum(@sign * in_interval_90::int) FILTER (WHERE counts), 0),
    coalesce(sum(@sign * in_interval_50::int) FILTER (WHERE counts), 0),
    coalesce(sum(@sign * round(pinball::numeric, 18)) FILTER (WHERE counts), 0),
    coalesce(sum(@sign * round(pinball_naive::numeric, 18)) FILTER (WHERE counts), 0)
FROM (
    SELECT p.series, p.layer_source, p.as_of, p.prediction_horizon, p.model_name,
        CASE WHEN @source = 'demo' THEN 'demo' ELSE 'real' END AS market,
        coalesce(p.market_conditions, '') AS market_conditions, @new AS is_new, t.in_time, t.counts, o.*,
        f.chance, CASE WHEN f.chance IS NOT NULL THEN least(floor(f.chance * 20), 19)::int END AS bin
    FROM @rows JOIN assets a ON a.id = p.asset_id
    CROSS JOIN LATERAL (SELECT p.created_at < p.target_datetime OR p.series <> 'live' AS in_time) i
    CROSS JOIN LATERAL (SELECT i.in_time, i.in_time AND s.prediction_id IS NOT NULL AS counts OFFSET 0) t
    CROSS JOIN LATERAL (
        SELECT coalesce(r.brier, s.brier) AS brier, coalesce(r.brier_naive, s.brier_naive) AS brier_naive,
            coalesce(r.is_accurate, p.is_accurate) AS is_accurate, coalesce(r.log_return, s.log_return) AS log_return,
            coalesce(r.in_interval_90, s.in_interval_90) AS in_interval_90,
            coalesce(r.in_interval_50, s.in_interval_50) AS in_interval_50,
            coalesce(r.pinball, s.pinball) AS pinball, coalesce(r.pinball_naive, s.pinball_naive) AS pinball_naive
    ) o
    CROSS JOIN LATERAL (
        SELECT CASE WHEN t.counts AND p.prediction_type = 'direction'
            THEN (p.predicted_value ->> 'probability_up')::float8 END AS chance OFFSET 0
    ) f
    WHERE @condition AND (@new OR t.in_time)
) d GROUP BY @keys;
"""
LAST = """
LEFT JOIN LATERAL (
    SELECT v.* FROM prediction_revisions v WHERE v.prediction_id = p.id @among ORDER BY v.number DESC LIMIT 1
) r ON true
"""
NEWEST = LAST.replace("@among", "")
KNOWN = f"predictions p LEFT JOIN prediction_scores s ON s.prediction_id = p.id {NEWEST}"
SCORED = f"added s JOIN predictions p ON p.id = s.prediction_id {NEWEST}"
CORRECTED = (
    "(SELECT DISTINCT prediction_id FROM added) c JOIN predictions p ON p.id = c.prediction_id "
    "JOIN prediction_scores s ON s.prediction_id = p.id "
)
BEFORE = LAST.replace("@among", "AND NOT EXISTS (SELECT FROM added b WHERE b.id = v.id)")


def add(rows: str, *, sign: str = "1", new: bool, condition: str = "p.user_id IS NULL", source: str = "") -> str:
    """The statement that adds some forecasts, or takes them back.

    Args:
        rows: forecasts ``p`` with scores ``s`` and corrections ``r``.
        sign: 1 or -1.
        new: whether the forecasts are counted themselves.
        condition: on the rows.
        source: where the prices of the asset come from.
    """
    words = {"keys": KEYS, "sign": sign, "new": str(new).lower(), "rows": rows, "condition": condition}
    text = ADD.replace("@source", source or "a.data_source")
    for name, word in words.items():
        text = text.replace(f"@{name}", word)
    return text


FUNCTION = """
CREATE FUNCTION @name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    @body
    RETURN NULL;
END $$;
"""
# A forecast that is being issued has neither score nor correction; the rows of a table are looked at as they are.
ISSUED = "added p LEFT JOIN prediction_scores s ON false LEFT JOIN prediction_revisions r ON false"
OF_USER = "p.id = NEW.id"
OF_ASSET = "p.asset_id = NEW.id AND p.user_id IS NULL"
BODIES = {
    "sum_issued": add(ISSUED, new=True),
    "sum_scored": add(SCORED, new=False),
    "sum_corrected": add(CORRECTED + BEFORE, sign="-1", new=False) + add(CORRECTED + NEWEST, new=False),
    "sum_given": add(KNOWN, sign="(CASE WHEN @taken THEN -1 ELSE 1 END)", new=True, condition=OF_USER).replace(
        "@taken", "OLD.user_id IS NULL"
    ),
    "sum_moved": add(KNOWN, sign="-1", new=True, condition=OF_ASSET, source="OLD.data_source")
    + add(KNOWN, new=True, condition=OF_ASSET, source="NEW.data_source"),
}
TRIGGERS = """
CREATE TRIGGER trg_predictions_sum AFTER INSERT ON predictions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sum_issued();
CREATE TRIGGER trg_prediction_scores_sum AFTER INSERT ON prediction_scores
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sum_scored();
CREATE TRIGGER trg_prediction_revisions_sum AFTER INSERT ON prediction_revisions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sum_corrected();
CREATE TRIGGER trg_predictions_sum_given AFTER UPDATE OF user_id ON predictions FOR EACH ROW
    WHEN ((OLD.user_id IS NULL) <> (NEW.user_id IS NULL)) EXECUTE FUNCTION sum_given();
CREATE TRIGGER trg_assets_sum_moved AFTER UPDATE OF data_source ON assets FOR EACH ROW
    WHEN ((OLD.data_source = 'demo') <> (NEW.data_source = 'demo')) EXECUTE FUNCTION sum_moved();
CREATE TRIGGER trg_prediction_sums_write_once BEFORE INSERT OR UPDATE OR DELETE ON prediction_sums
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_outside_ledger();
CREATE TRIGGER trg_prediction_sums_keep BEFORE TRUNCATE ON prediction_sums
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_outside_ledger();
"""
DROP = """
DROP TRIGGER trg_prediction_sums_keep ON prediction_sums;
DROP TRIGGER trg_prediction_sums_write_once ON prediction_sums;
DROP TRIGGER trg_assets_sum_moved ON assets;
DROP TRIGGER trg_predictions_sum_given ON predictions;
DROP TRIGGER trg_prediction_revisions_sum ON prediction_revisions;
DROP TRIGGER trg_prediction_scores_sum ON prediction_scores;
DROP TRIGGER trg_predictions_sum ON predictions;
"""


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0013_prediction_sums")]

    operations = [
        migrations.RunSQL(add(KNOWN, new=True), migrations.RunSQL.noop),
        migrations.RunSQL(
            [FUNCTION.replace("@name", name).replace("@body", body) for name, body in BODIES.items()],
            [f"DROP FUNCTION {name}()" for name in BODIES],
        ),
        migrations.RunSQL(TRIGGERS, DROP),
    ]
