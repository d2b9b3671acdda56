"""The database notes every change of audited tables (``system.trail``) and seals what it noted into a chain."""

from django.db import migrations

from system.fences import fence
from system.sql import write_once
from system.trail import DROP_FUNCTIONS, FUNCTIONS, audited
from system.trail_chain import CHAIN, DROP_CHAIN


class Migration(migrations.Migration):
    dependencies = [("system", "0011_row_changes")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(CHAIN, DROP_CHAIN),
        write_once("row_changes", owner_may=True),
        write_once("row_change_links", owner_may=True),
        write_once("row_change_chains", owner_may=True),
        fence("row_changes", "false"),
        audited("system_config"),
    ]
