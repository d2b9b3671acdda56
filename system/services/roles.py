"""What the application's database role may do."""

from django.db import connections
from psycopg import sql

APPEND_ONLY = (
    "audit_log",
    "suggestion_reviews",
    "prediction_scores",
    "prediction_revisions",
    "signal_outcomes",
    "signal_outcome_revisions",
    "trade_note_versions",
)
"""Tables whose rows the application may add and read, nothing else (the triggers say the same, row by row)."""
READ_ONLY = (
    "prediction_chains",
    "prediction_links",
    "prediction_sums",
    "row_changes",
    "row_change_chains",
    "row_change_links",
    "django_migrations",
)
"""Tables that only the owner writes: the ledger's chain and sums and the audit by triggers, the list of migrations."""


def grant_application_role() -> str:
    """Let the application's role read and write rows of every table, present and to come. Repeatable.

    Returns:
        The role's name; empty when the application and the owner are one role, and there is nothing to grant.
    """
    owner, application = connections["owner"], connections["default"]
    role = application.settings_dict["USER"]
    if role == owner.settings_dict["USER"]:
        return ""
    name = sql.Identifier(role)
    append_only, read_only = (sql.SQL(", ").join(map(sql.Identifier, names)) for names in (APPEND_ONLY, READ_ONLY))
    with owner.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
            "REVOKE UPDATE, DELETE ON {append_only} FROM {role}",
            "REVOKE INSERT, UPDATE, DELETE ON {read_only} FROM {role}",
            "REVOKE DELETE ON predictions FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=name, append_only=append_only, read_only=read_only))
    return role
