"""When an admin took a signal out of the market is told apart from when it was invalidated: a cancelled one never was."""

from django.db import migrations, models

from system.together import together

FREE = (
    "status", "actual_entry_price", "max_favorable_excursion", "max_adverse_excursion", "signal_successful",
    "invalidated_at", "withdrawn_at", "watchlist_analysis_id", "portfolio_analysis_id", "generated_by", "updated_at",
)  # fmt: skip
GUARD = """
DROP TRIGGER trg_ai_trading_signals_write_once ON ai_trading_signals;
CREATE TRIGGER trg_ai_trading_signals_write_once BEFORE UPDATE OR DELETE ON ai_trading_signals
    FOR EACH ROW EXECUTE FUNCTION refuse_change('all', {free});
"""
WITHDRAWN = """
UPDATE ai_trading_signals s SET withdrawn_at = s.invalidated_at,
    invalidated_at = CASE WHEN s.status = 'invalidated' THEN s.invalidated_at END
WHERE s.invalidated_at IS NOT NULL AND (
    s.status = 'cancelled'
    OR s.status = 'invalidated' AND EXISTS (
        SELECT FROM audit_log a WHERE a.table_name = 'ai_trading_signals' AND a.record_id = s.id
        AND a.details = 'withdraw'))
"""
BACK = "UPDATE ai_trading_signals SET invalidated_at = withdrawn_at WHERE withdrawn_at IS NOT NULL"


def guard(*names: str) -> str:
    return GUARD.format(free=", ".join(f"'{name}'" for name in names))


class Migration(migrations.Migration):
    dependencies = [("trading", "0015_judged_series")]

    operations = [
        migrations.AddField(
            model_name="aitradingsignal",
            name="withdrawn_at",
            field=models.DateTimeField(
                blank=True, db_comment="When an admin cancelled or invalidated it; NULL = nobody has", null=True
            ),
        ),
        migrations.RunSQL(guard(*FREE), guard(*(name for name in FREE if name != "withdrawn_at"))),
        migrations.AddConstraint(
            model_name="aitradingsignal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True), ("status__in", ["cancelled", "invalidated"]), _connector="OR"
                ),
                name="chk_signal_withdrawn",
                violation_error_message="A signal that was withdrawn is cancelled or invalidated.",
            ),
        ),
        migrations.RunSQL(WITHDRAWN, BACK),
    ]
    operations = together(operations)
