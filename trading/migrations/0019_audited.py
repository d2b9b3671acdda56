"""The journal, plans, alerts, answers to advice and accounts at exchanges are audited by the database
(``system.trail``)."""

from django.db import migrations

from system.trail import audited

TABLES = (
    "exchange_accounts",
    "execution_fills",
    "recommendation_responses",
    "risk_management",
    "signal_alerts",
    "signal_executions",
    "trade_actions",
)


class Migration(migrations.Migration):
    dependencies = [("trading", "0018_fences"), ("system", "0012_trail")]

    operations = [audited(*TABLES)]
