"""Entries that were emptied before an erasure said which: from here on they are told of like any other.

One entry for each moment at which some were emptied; nobody else can empty one afterwards without a trace.
"""

from django.db import migrations

SAY_SO = """
SELECT set_config('app.user_id', 'service', true);
INSERT INTO row_changes (transaction_id, table_name, row_id, operation, after, actor, door)
SELECT pg_current_xact_id()::text::bigint, 'row_changes', min(id), 'UPDATE',
    jsonb_build_object('emptied_at', emptied_at, 'entries', range_agg(int8range(id, id, '[]'))::text, 'count', count(*)),
    'command:migrate', 'command'
FROM row_changes WHERE emptied_at IS NOT NULL GROUP BY emptied_at ORDER BY emptied_at;
"""


class Migration(migrations.Migration):
    dependencies = [("system", "0016_halves")]
    operations = [migrations.RunSQL(SAY_SO, migrations.RunSQL.noop)]
