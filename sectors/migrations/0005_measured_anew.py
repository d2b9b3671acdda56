"""What every run measures anew (figures of a sector) is no entry of the audit."""

from django.db import migrations

from system.trail import audited_anew


class Migration(migrations.Migration):
    dependencies = [("sectors", "0004_audited")]

    operations = [audited_anew("sectors")]
