from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0006_account_missing")]

    operations = [
        migrations.AddField(
            model_name="tradeaction",
            name="looked_up",
            field=models.JSONField(
                blank=True,
                db_comment="Amounts that the entry left open and that were looked up when it was made; a correction "
                "looks them up anew",
                default=list,
            ),
        ),
    ]
