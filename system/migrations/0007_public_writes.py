"""A number that changes with every statement that writes what lists for everybody are read from.

It moves before the write, and the shared lock is held until the writing transaction has ended, so that a reader can tell
whether what he sees is whole (``system.selectors.public_writes``). A statement-level trigger knows no rows: it costs a
batch nothing. The random start keeps apart the answers of two databases that use one Redis.
"""

from django.db import migrations

CREATE = """
CREATE SEQUENCE public_writes;
SELECT setval('public_writes', (random() * 1e15)::bigint + 1);
CREATE FUNCTION public_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared('public.public_writes'::regclass::bigint);
    PERFORM nextval('public.public_writes');
    RETURN NULL;
END $$;
"""
DROP = """
DROP FUNCTION public_write() CASCADE;
DROP SEQUENCE public_writes;
"""


class Migration(migrations.Migration):
    dependencies = [("system", "0006_newest_first")]

    operations = [migrations.RunSQL(CREATE, DROP)]
