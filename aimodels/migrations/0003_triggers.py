"""Times of change; a forecast is written once, and so is its outcome."""

from django.db import migrations

from system.sql import updated_at_trigger, write_once

OUTCOME = [
    "actual_price",
    "accuracy_percentage",
    "absolute_error",
    "squared_error",
    "is_realized",
    "is_accurate",
    "evaluated_at",
]
REFUSE_RESCORE = f"""
CREATE FUNCTION refuse_rescore() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the outcome of forecast % is written already', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER trg_predictions_scored_once BEFORE UPDATE ON predictions FOR EACH ROW
    WHEN (OLD.is_realized AND ({", ".join(f"OLD.{c}" for c in OUTCOME)})
                              IS DISTINCT FROM ({", ".join(f"NEW.{c}" for c in OUTCOME)}))
    EXECUTE FUNCTION refuse_rescore();
"""
DROP_RESCORE = "DROP TRIGGER trg_predictions_scored_once ON predictions; DROP FUNCTION refuse_rescore();"


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0002_initial"), ("system", "0002_triggers")]

    operations = [
        updated_at_trigger("ai_models"),
        updated_at_trigger("model_jobs"),
        updated_at_trigger("predictions"),
        write_once("predictions", free=[*OUTCOME, "notes", "debug_info", "user_id", "watchlist_id", "updated_at"]),
        migrations.RunSQL(REFUSE_RESCORE, DROP_RESCORE),
    ]
