from django.db import migrations, models

OF_ENTRIES = "UPDATE position_flows SET place = action_id"
OF_CORRECTIONS = """
WITH RECURSIVE chain(id, first) AS (
    SELECT id, corrects_id FROM trade_actions a
    WHERE corrects_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM trade_actions b WHERE b.id = a.corrects_id AND b.corrects_id IS NOT NULL)
    UNION ALL
    SELECT a.id, chain.first FROM trade_actions a JOIN chain ON a.corrects_id = chain.id
)
UPDATE position_flows f SET place = chain.first FROM chain WHERE f.action_id = chain.id
"""
OF_ARRIVALS = """
UPDATE position_flows f SET place = sent.id
FROM trade_actions arrived JOIN trade_actions sent ON sent.id = arrived.matches_id OR sent.matches_id = arrived.id
WHERE arrived.action_type = 'transfer_in' AND f.action_id = arrived.id AND f.leg = 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("selection", "0008_rankings_and_outcomes"),
        ("trading", "0004_journal_legs"),
    ]

    operations = [
        migrations.AddField(
            model_name="positionflow",
            name="place",
            field=models.BigIntegerField(
                db_comment="Place of the entry among those of one moment: its id, or that of the first entry that it "
                "stands in for; of the halves of a transfer that of what was sent",
                default=0,
            ),
        ),
        migrations.RunSQL([OF_ENTRIES, OF_CORRECTIONS, OF_ARRIVALS], migrations.RunSQL.noop),
    ]
