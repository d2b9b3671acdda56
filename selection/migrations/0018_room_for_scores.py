"""Every run changes the score of nearly each suggestion that has one: it is a percentile among all of its kind, of the
archived ones too.

Half of each page stays free, so that a row that changes stays on its page and no index is written. Pages that are
there already are filled again as their rows change.
"""

from django.db import migrations

TABLES = ("ai_suggestions", "ai_suggestions_archive")


class Migration(migrations.Migration):
    dependencies = [("selection", "0017_measured_anew")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET (fillfactor = 50)", f"ALTER TABLE {table} RESET (fillfactor)")
        for table in TABLES
    ]
