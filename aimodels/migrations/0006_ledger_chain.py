"""The ledger guards itself: forecasts are written once, and each is linked into the chain of its model version."""

from django.db import migrations

from system.sql import write_once

IDENTITY = [
    "id",
    "ai_model_id",
    "model_name",
    "model_version",
    "asset_id",
    "layer_source",
    "prediction_type",
    "prediction_horizon",
    "as_of",
    "target_datetime",
    "created_at",
    "series",
    "run_id",
    "input_price",
    "predicted_price",
    "predicted_value",
    "confidence_score",
    "features_used",
    "features_hash",
    "input_features",
    "model_parameters",
    "context_data",
    "market_conditions",
    "volatility_level",
    "accuracy_threshold",
    "training_data_end",
    "model_training_time",
    "prediction_time",
]
"""What a forecast says. Times count as seconds since 1970, so that no setting of a session changes the text."""
TIMES = {"as_of", "target_datetime", "created_at", "training_data_end"}
TEXT = ", ".join(f"extract(epoch FROM p.{name})" if name in TIMES else f"p.{name}" for name in IDENTITY)

FUNCTIONS = """
CREATE FUNCTION prediction_digest(p predictions) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(ROW(@columns)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION prediction_digest IS 'SHA-256 of what a forecast says: neither user, list, notes nor outcome';

CREATE FUNCTION prediction_link_hash(previous text, content text, place bigint, recorded timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(
        concat_ws(':', previous, content, place, (extract(epoch FROM recorded) * 1000000)::bigint), 'UTF8')), 'hex')
$$;

CREATE FUNCTION prediction_next_hash(previous text, head text, content text, place bigint, recorded timestamptz)
RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN prediction_link_hash(coalesce(previous, head), content, place, recorded);
END $$;
CREATE AGGREGATE prediction_hash_chain(text, text, bigint, timestamptz) (SFUNC = prediction_next_hash, STYPE = text);
""".replace("@columns", TEXT)
DROP_FUNCTIONS = """
DROP AGGREGATE prediction_hash_chain(text, text, bigint, timestamptz);
DROP FUNCTION prediction_next_hash;
DROP FUNCTION prediction_link_hash;
DROP FUNCTION prediction_digest;
"""

# Whoever writes to a chain holds its row until the end of the transaction, so the next writer sees the new head. Chains
# are locked in the order of their names: two statements never wait for each other. The clock is read once the lock is
# held; one that was set back does not turn the order of a chain around.
LINK = """
INSERT INTO prediction_chains (model_name, model_version)
    SELECT DISTINCT model_name, model_version FROM {source} ORDER BY model_name, model_version
    ON CONFLICT DO NOTHING;
PERFORM FROM prediction_chains
    WHERE (model_name, model_version) IN (SELECT model_name, model_version FROM {source})
    ORDER BY model_name, model_version FOR UPDATE;
recorded := greatest(clock_timestamp(), (
    SELECT max(l.recorded_at) FROM prediction_chains c JOIN prediction_links l
        ON l.chain_id = c.id AND l.position = c.length
    WHERE (c.model_name, c.model_version) IN (SELECT model_name, model_version FROM {source})));
WITH placed AS (
    SELECT p.id, c.id AS chain_id, c.head, prediction_digest(p) AS content,
           c.length + row_number() OVER (PARTITION BY c.id ORDER BY p.id) AS place
    FROM {source} a JOIN predictions p ON p.id = a.id
    JOIN prediction_chains c ON c.model_name = p.model_name AND c.model_version = p.model_version
), linked AS (
    INSERT INTO prediction_links (prediction_id, chain_id, position, recorded_at, content_hash, hash)
    SELECT id, chain_id, place, recorded, content,
           prediction_hash_chain(head, content, place, recorded)
               OVER (PARTITION BY chain_id ORDER BY place)
    FROM placed
    RETURNING chain_id, position, hash
), ends AS (
    SELECT DISTINCT ON (chain_id) chain_id, position, hash FROM linked ORDER BY chain_id, position DESC
)
UPDATE prediction_chains c SET length = e.position, head = e.hash FROM ends e WHERE c.id = e.chain_id;
"""
LINK_ADDED = f"""
CREATE FUNCTION link_predictions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE recorded timestamptz;
BEGIN
    {LINK.format(source="added")}
    RETURN NULL;
END $$;
CREATE TRIGGER trg_predictions_link AFTER INSERT ON predictions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION link_predictions();
"""
DROP_LINK_ADDED = "DROP TRIGGER trg_predictions_link ON predictions; DROP FUNCTION link_predictions();"
LINK_OLD = f"DO $$ DECLARE recorded timestamptz; BEGIN {LINK.format(source='predictions')} END $$; SET CONSTRAINTS ALL IMMEDIATE;"

# Forecasts from before have no chain yet; the ledger's own trigger is the only other writer: one trigger inside another.
REFUSE_OUTSIDE = """
CREATE FUNCTION refuse_outside_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') OR pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% of % refused: only the ledger writes it', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
GUARDED = ("prediction_chains", "prediction_links")
GUARDS = "".join(
    f"""
    CREATE TRIGGER trg_{table}_write_once BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_outside_ledger();
    CREATE TRIGGER trg_{table}_keep BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_outside_ledger();
    """
    for table in GUARDED
)
DROP_GUARDS = "".join(
    f"DROP TRIGGER trg_{table}_write_once ON {table}; DROP TRIGGER trg_{table}_keep ON {table};" for table in GUARDED
)

OUTCOME = [
    "actual_price",
    "accuracy_percentage",
    "absolute_error",
    "squared_error",
    "is_realized",
    "is_accurate",
    "evaluated_at",
    "unresolved_reason",
]
FREE = [*OUTCOME, "notes", "debug_info", "user_id", "watchlist_id", "updated_at"]
# A statement that names none of these columns, as the scorer's, does not pay for the guard; ``save()`` names all of them
# and passes when their values are the same.
SAID_ONCE = f"""
DROP TRIGGER trg_predictions_write_once ON predictions;
CREATE TRIGGER trg_predictions_write_once BEFORE DELETE ON predictions
    FOR EACH ROW EXECUTE FUNCTION refuse_change('all');
CREATE TRIGGER trg_predictions_said_once BEFORE UPDATE OF {", ".join(IDENTITY)} ON predictions FOR EACH ROW
    WHEN (({", ".join(f"OLD.{c}" for c in IDENTITY)}) IS DISTINCT FROM ({", ".join(f"NEW.{c}" for c in IDENTITY)}))
    EXECUTE FUNCTION refuse_change('all');
DROP TRIGGER trg_predictions_scored_once ON predictions;
CREATE TRIGGER trg_predictions_scored_once BEFORE UPDATE ON predictions FOR EACH ROW
    WHEN (OLD.is_realized AND ({", ".join(f"OLD.{c}" for c in OUTCOME)})
                              IS DISTINCT FROM ({", ".join(f"NEW.{c}" for c in OUTCOME)}))
    EXECUTE FUNCTION refuse_rescore();
"""
OLD_OUTCOME = [name for name in OUTCOME if name != "unresolved_reason"]
OLD_FREE = [name for name in FREE if name != "unresolved_reason"]
ALL_OF_IT = f"""
DROP TRIGGER trg_predictions_said_once ON predictions;
DROP TRIGGER trg_predictions_write_once ON predictions;
CREATE TRIGGER trg_predictions_write_once BEFORE UPDATE OR DELETE ON predictions
    FOR EACH ROW EXECUTE FUNCTION refuse_change({", ".join(f"'{word}'" for word in ("all", *OLD_FREE))});
DROP TRIGGER trg_predictions_scored_once ON predictions;
CREATE TRIGGER trg_predictions_scored_once BEFORE UPDATE ON predictions FOR EACH ROW
    WHEN (OLD.is_realized AND ({", ".join(f"OLD.{c}" for c in OLD_OUTCOME)})
                              IS DISTINCT FROM ({", ".join(f"NEW.{c}" for c in OLD_OUTCOME)}))
    EXECUTE FUNCTION refuse_rescore();
"""


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0005_ledger_tables")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(LINK_OLD, migrations.RunSQL.noop),
        migrations.RunSQL(LINK_ADDED, DROP_LINK_ADDED),
        migrations.RunSQL(REFUSE_OUTSIDE, "DROP FUNCTION refuse_outside_ledger()"),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
        migrations.RunSQL(SAID_ONCE, ALL_OF_IT),
        write_once("prediction_scores"),
        write_once("prediction_revisions"),
    ]
