"""Lists for everybody are read from these tables."""

from django.db import migrations

from system.sql import public_write


class Migration(migrations.Migration):
    dependencies = [("macro", "0003_news_withdrawn"), ("system", "0007_public_writes")]

    operations = [public_write("metrics_snapshot", "ai_regime_analysis", "news_events")]
