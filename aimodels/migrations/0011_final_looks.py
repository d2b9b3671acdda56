"""A look at a final block says what it looked at with which features; of the versions of a name one serves at a time."""

from django.db import migrations, models

from system.together import together

ONE_AT_A_TIME = """
CREATE FUNCTION refuse_overlapping_activation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of ai_models%ROWTYPE;
BEGIN
    SELECT * INTO of FROM ai_models WHERE id = NEW.model_id;
    -- One writer of a name at a time: what the other one writes is seen by the question below.
    PERFORM pg_advisory_xact_lock(hashtextextended('activation of ' || of.model_type || ' ' || of.name, 0));
    IF EXISTS (SELECT FROM model_activations a JOIN ai_models m ON m.id = a.model_id
               WHERE m.name = of.name AND m.model_type = of.model_type AND a.id <> NEW.id
                 AND tstzrange(a.valid_from, a.valid_to) && tstzrange(NEW.valid_from, NEW.valid_to)) THEN
        RAISE EXCEPTION 'another version of % is active in that time', of.name USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trg_model_activations_one_at_a_time BEFORE INSERT OR UPDATE ON model_activations
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_activation();
"""
DROP = """
DROP TRIGGER trg_model_activations_one_at_a_time ON model_activations;
DROP FUNCTION refuse_overlapping_activation();
"""


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0010_scored_quickly")]

    operations = [
        migrations.AddField(
            model_name="modeltrial",
            name="features",
            field=models.JSONField(blank=True, db_comment="Features, in the order of their columns", default=list),
        ),
        migrations.AddField(
            model_name="modeltrial",
            name="data_hash",
            field=models.CharField(
                blank=True,
                db_comment="SHA-256 of the data of the training that tested it; empty = none did",
                default="",
                max_length=64,
            ),
        ),
        migrations.RunSQL(ONE_AT_A_TIME, DROP),
    ]
    operations = together(operations)
