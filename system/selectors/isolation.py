"""Whether each person's rows are behind a fence (``system.fences``), told from the database itself."""

from django.db import connections

from system.fences import FENCED, POLICY, UNFENCED

REMEDY = "run: python manage.py migrate"
REACHING = """
WITH RECURSIVE way AS (
    SELECT 'public.users'::regclass AS place, 'people'::text COLLATE "C" AS by
    UNION
    SELECT c.conrelid::regclass, (a.attname || ' -> ' || c.confrelid::regclass) COLLATE "C"
    FROM way JOIN pg_constraint c ON c.contype = 'f' AND c.confrelid = way.place
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
)
SELECT r.relname, min(way.by) FROM way JOIN pg_class r ON r.oid = way.place
WHERE r.relnamespace = 'public'::regnamespace AND NOT r.relispartition GROUP BY 1 ORDER BY 1
"""
FENCES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
  AND (SELECT array_agg(p.polname::text) FROM pg_policy p WHERE p.polrelid = c.oid) = ARRAY[%s]::text[]
"""
PARTS = """
SELECT p.relname, c.relname FROM pg_inherits i
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
WHERE p.relrowsecurity AND NOT c.relrowsecurity
"""
VIEWS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
  AND NOT coalesce(reloptions, '{}') @> ARRAY['security_invoker=true']
"""
ROLE = "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def isolation_faults(database: str = "default") -> list[str]:
    """What is wrong with the fences, in sentences; nothing when they are whole.

    Args:
        database: alias of the role that looks.
    """
    with connections[database].cursor() as cursor:
        reaching = reaching_people(database)
        cursor.execute(FENCES, [POLICY])
        fenced = {name for (name,) in cursor.fetchall()}
        cursor.execute(PARTS)
        parts = cursor.fetchall()
        cursor.execute(VIEWS)
        views = [name for (name,) in cursor.fetchall()]
        cursor.execute(ROLE)
        role, is_mighty = cursor.fetchone()
    found = [f"{role} passes every fence: it is a superuser, or has BYPASSRLS" for _ in range(is_mighty)]
    found += [
        f"{name} has no fence, and people can be reached from it ({way}): fence it, or say in system.fences why not"
        for name, way in reaching.items()
        if name not in fenced and name not in UNFENCED
    ]
    found += [f"{name} has lost its fence: {REMEDY}" for name in sorted(FENCED - fenced) if name not in reaching]
    found += [f"{name} has a fence that the program does not know (system.fences)" for name in sorted(fenced - FENCED)]
    found += [f"{part}, a part of {name}, has no fence of its own" for name, part in parts]
    found += [f"{name} is a view of its owner: it needs security_invoker" for name in views]
    return found + [f"{name} shows rows although nobody acts" for name in shown_to_nobody(sorted(fenced), database)]


def reaching_people(database: str = "default") -> dict[str, str]:
    """Every table from which a person can be reached by foreign keys, and one of the ways."""
    with connections[database].cursor() as cursor:
        cursor.execute(REACHING)
        return dict(cursor.fetchall())


def shown_to_nobody(tables: list[str], database: str) -> list[str]:
    """Those of some tables that show a row to a statement that does not say for whom it is."""
    if not tables:
        return []
    every = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)  # noqa: S608
    with connections[database].cursor() as cursor:
        cursor.execute(f"SET LOCAL app.user_id = ''; {every}")
        cursor.nextset()
        return [name for (name,) in cursor.fetchall()]
