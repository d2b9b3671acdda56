"""The application's role can work with rows and cannot touch the schema or rows that are written once."""

import pytest
from django.db import Error, connection, transaction

from system.models import AuditLog

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE assets",
        "CREATE TABLE intruder (id int)",
        "TRUNCATE predictions",
        "ALTER TABLE predictions DISABLE TRIGGER ALL",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET details = 'nothing happened'",
        "DELETE FROM predictions",
        "UPDATE prediction_chains SET length = 0",
        "INSERT INTO prediction_links SELECT * FROM prediction_links",
        "DELETE FROM prediction_scores",
        "UPDATE prediction_revisions SET number = 1",
        "SET ROLE cryptopredict_owner",
    ],
)
def test_the_application_may_not(statement: str) -> None:
    AuditLog.objects.create(table_name="assets", operation="ACTION", details="something happened")
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditLog.objects.get().details == "something happened"


def test_the_application_reads_and_writes_rows() -> None:
    entry = AuditLog.objects.create(table_name="assets", operation="ACTION")
    assert AuditLog.objects.filter(pk=entry.pk).exists()
