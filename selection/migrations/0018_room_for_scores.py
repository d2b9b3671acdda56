"""Every run changes the score of nearly each suggestion that has one: it is a percentile among all of its kind.

Half of each page stays free, so that a row that changes stays on its page and no index is written. Pages that are
there already are filled again as their rows change.
"""

from django.db import migrations

ROOM = "ALTER TABLE ai_suggestions SET (fillfactor = 50)"


class Migration(migrations.Migration):
    dependencies = [("selection", "0017_measured_anew")]

    operations = [migrations.RunSQL(ROOM, "ALTER TABLE ai_suggestions RESET (fillfactor)")]
