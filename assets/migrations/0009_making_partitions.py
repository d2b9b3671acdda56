"""A partition of the candles is made by a function of the owner's, so that whoever stores candles can have one made: the
web too, for a file of old ones."""

from django.db import migrations

# It is told a moment and works out the period itself, so that nobody can have another table made. CREATE TABLE and ATTACH
# instead of CREATE … PARTITION OF: that lets readers and writers go on. The times are written with their zone.
MAKE = """
CREATE FUNCTION make_price_partition(frame text, moment timestamptz) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    unit text := CASE WHEN frame IN ('1d', '1w', '1M') THEN 'year' ELSE 'month' END;
    first timestamptz := date_trunc(unit, moment);
    ends timestamptz := first + ('1 ' || unit)::interval;
    parent text := 'price_data_' || frame;
    form text := CASE unit WHEN 'year' THEN '"_y"YYYY' ELSE '"_y"YYYY"m"MM' END;
    partition text := 'price_' || frame || to_char(first, form);
BEGIN
    IF frame NOT IN ('1m', '5m', '15m', '1h', '4h', '1d', '1w', '1M')
        OR extract(year FROM first) NOT BETWEEN 1990 AND 2200 THEN
        RAISE EXCEPTION 'no partition of candles % at %', frame, moment USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext(partition));
    IF to_regclass(format('public.%I', partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', partition, parent);
    EXECUTE format(
        'ALTER TABLE public.%I ADD CONSTRAINT %I CHECK (timeframe = %L AND candle_time >= %L AND candle_time < %L)',
        partition, partition || '_bounds', frame, first, ends);
    EXECUTE format(
        'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        parent, partition, first, ends);
    RETURN true;
END $$;
COMMENT ON FUNCTION make_price_partition IS
    'Makes the partition for candles of a timeframe at a moment, if there is none in either twin; whether it did';
"""
DROP = "DROP FUNCTION make_price_partition(text, timestamptz);"


class Migration(migrations.Migration):
    dependencies = [("assets", "0008_public_writes")]

    operations = [migrations.RunSQL(MAKE, DROP)]
