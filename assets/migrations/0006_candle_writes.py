"""A number that changes with every statement that writes candles: answers that are kept name the one they were read at.

The number moves before the write, and the shared lock is held until the writing transaction has ended, so that a reader
can tell whether what he sees is whole (``assets.selectors.candle_answers``). A statement-level trigger knows no rows: it
costs a batch nothing. The random start keeps apart the answers of two databases that use one Redis.
"""

from django.db import migrations

CREATE = """
CREATE SEQUENCE candle_writes;
SELECT setval('candle_writes', (random() * 1e15)::bigint + 1);
CREATE FUNCTION note_candle_write() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared('public.candle_writes'::regclass::bigint);
    PERFORM nextval('public.candle_writes');
END $$;
CREATE FUNCTION candle_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.note_candle_write();
    RETURN NULL;
END $$;
DO $$
DECLARE
    candles regclass;
BEGIN
    FOR candles IN SELECT relid FROM pg_partition_tree('price_data') WHERE level < 2
        UNION ALL SELECT relid FROM pg_partition_tree('price_data_archive') WHERE level < 2
    LOOP
        EXECUTE format('CREATE TRIGGER trg_candle_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION candle_write()', candles);
    END LOOP;
END $$;
"""
DROP = """
DROP FUNCTION candle_write() CASCADE;
DROP FUNCTION note_candle_write();
DROP SEQUENCE candle_writes;
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0005_market_data_triggers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
