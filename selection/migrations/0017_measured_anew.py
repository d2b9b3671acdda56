"""What every run measures anew (the outcome of a suggestion) and the mark of a list's last change are no entries of the
audit: a suggestion left one at each run for 90 days."""

from django.db import migrations

from system.trail import audited_anew


class Migration(migrations.Migration):
    dependencies = [("selection", "0016_audited")]

    operations = [audited_anew("ai_suggestions", "watchlists")]
