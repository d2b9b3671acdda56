"""Fences that ask functions for whom a statement is get the conditions themselves: planning opens no function any more."""

import re

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from system.fences import POLICY, WRITTEN_OUT


def write_out(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """One table after the other, each in a transaction of its own: nobody waits for more than one of them."""
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT polrelid::regclass::text, pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = %s ORDER BY 1",
            [POLICY],
        )
        for table, seen in cursor.fetchall():
            plain = seen
            for function, condition in WRITTEN_OUT.items():
                asked = rf"\(\s*SELECT (public\.)?{function}\(\)( AS {function})?\)"
                plain = re.sub(asked, lambda _found, condition=condition: condition, plain)
            if plain != seen:
                cursor.execute(f"ALTER POLICY {POLICY} ON {table} USING ({plain})")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("system", "0013_erasure"),
        ("accounts", "0013_fences"),
        ("aimodels", "0016_fences"),
        ("selection", "0015_fences"),
        ("trading", "0018_fences"),
    ]
    operations = [migrations.RunPython(write_out, migrations.RunPython.noop)]
