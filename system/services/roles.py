"""What the application's database role may do."""

from django.db import connections
from psycopg import sql

APPEND_ONLY = ("audit_log", "suggestion_reviews")
"""Tables whose rows the application may add and read, nothing else (the triggers say the same, row by row)."""


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
    tables = sql.SQL(", ").join(map(sql.Identifier, APPEND_ONLY))
    with owner.cursor() as cursor:
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
            "REVOKE UPDATE, DELETE ON {tables} FROM {role}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=name, tables=tables))
    return role
