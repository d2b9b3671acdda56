"""Forecasts that somebody asked for are theirs; all others are everybody's (``system.fences``)."""

from django.db import migrations

from system.fences import fence, own_or_nobodys


class Migration(migrations.Migration):
    dependencies = [("aimodels", "0015_request_of_job"), ("system", "0010_fences")]

    operations = [fence("predictions", own_or_nobodys())]
