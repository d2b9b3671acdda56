"""What an answer of candles tells of its asset, its name and whether it may be seen, counts like its candles: a change
moves the same number. Prices and figures of assets, which change all the time, do not."""

from django.db import migrations

CREATE = """
CREATE TRIGGER trg_candle_write BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF symbol, is_active, is_supported
ON assets FOR EACH STATEMENT EXECUTE FUNCTION candle_write()
"""


class Migration(migrations.Migration):
    dependencies = [("assets", "0006_candle_writes")]

    operations = [migrations.RunSQL(CREATE, "DROP TRIGGER trg_candle_write ON assets")]
