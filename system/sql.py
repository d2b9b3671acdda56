"""Pieces of SQL that migrations share."""

from collections.abc import Iterable

from django.db import migrations

SET_UPDATED_AT = """
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := statement_timestamp();
    RETURN NEW;
END $$;
"""

# TG_ARGV[0] is 'all' when nobody may change the row, 'owner' when the owner's role may (archiving, erasure of a
# person). The columns that stay free follow; without any, the whole row is written once.
REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    permitted boolean := TG_ARGV[0] = 'owner'
        AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF permitted OR (to_jsonb(OLD) - TG_ARGV[1:]) = (to_jsonb(NEW) - TG_ARGV[1:]) THEN
            RETURN NEW;
        END IF;
    ELSIF permitted THEN
        RETURN CASE WHEN TG_LEVEL = 'ROW' THEN OLD END;
    END IF;
    RAISE EXCEPTION '% of % refused: its rows are written once', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def updated_at_trigger(table: str) -> migrations.RunSQL:
    """``updated_at`` follows every real change, also one that goes past ``save()``."""
    return migrations.RunSQL(
        f"CREATE TRIGGER trg_{table}_updated_at BEFORE UPDATE ON {table} "
        "FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION set_updated_at()",
        f"DROP TRIGGER trg_{table}_updated_at ON {table}",
    )


def write_once(table: str, *, free: Iterable[str] = (), owner_may: bool = False) -> migrations.RunSQL:
    """Refuse UPDATE (but of the ``free`` columns), DELETE and TRUNCATE.

    Args:
        table: the table.
        free: columns that may change (outcomes, notes).
        owner_may: the owner's role may archive and erase rows; else nobody may.
    """
    arguments = ", ".join(f"'{word}'" for word in ("owner" if owner_may else "all", *free))
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER trg_{table}_write_once BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change({arguments});
        CREATE TRIGGER trg_{table}_keep BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change({arguments});
        """,
        f"DROP TRIGGER trg_{table}_write_once ON {table}; DROP TRIGGER trg_{table}_keep ON {table};",
    )


def public_write(*tables: str) -> migrations.RunSQL:
    """Writing these tables moves the number of what everybody sees (``system.selectors.public_writes``)."""
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER trg_{table}_public_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public_write()"
            for table in tables
        ],
        [f"DROP TRIGGER trg_{table}_public_write ON {table}" for table in tables],
    )
