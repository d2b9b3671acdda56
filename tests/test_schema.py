"""The database is the one that the models, and the specification beside the checkout, describe."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.management import call_command
from django.db import connection, connections, models
from psycopg.conninfo import make_conninfo

from assets.choices import Timeframe
from assets.models import PriceData
from cryptopredict import erd_mapping

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
TABLES = erd_mapping.tables()
FROM_DJANGO = {field.name for base in (AbstractBaseUser, PermissionsMixin) for field in base._meta.local_fields}


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_tables_and_views_are_those_of_the_specification(shared: Path) -> None:
    parameters = connections["owner"].get_connection_params()
    address = make_conninfo(**{key: parameters[key] for key in ("dbname", "user", "password", "host")})
    run = subprocess.run(
        [sys.executable, shared / "tools" / "check_schema.py"],
        env=os.environ | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 faults" in run.stdout


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_column_carries_its_meaning(table: str) -> None:
    found = dict(
        rows(
            "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            table,
        )
    )
    fields = [field for field in erd_mapping.columns(TABLES[table]) if field.name not in FROM_DJANGO]
    silent = [field.column for field in fields if not field.primary_key and not found[field.column]]
    assert silent == []
    assert set(found) == {field.column for field in erd_mapping.columns(TABLES[table])}


@pytest.mark.parametrize("model", TABLES.values(), ids=list(TABLES))
def test_every_model_has_names_for_people(model: type[models.Model]) -> None:
    assert {"verbose_name", "verbose_name_plural"} <= set(model._meta.original_attrs)


def changing() -> list[str]:
    """Tables whose rows say when they changed last."""
    return sorted(
        table
        for table, model in TABLES.items()
        if any(getattr(field, "auto_now", False) for field in erd_mapping.columns(model))
    )


@pytest.mark.parametrize("table", changing())
def test_the_database_sets_the_time_of_change(table: str) -> None:
    triggers = rows("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", table)
    assert (f"trg_{table}_updated_at",) in triggers


def test_a_plain_update_moves_the_time_of_change() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO system_config (key, value) VALUES ('x', '1') RETURNING created_at")
        [(created,)] = cursor.fetchall()
        cursor.execute("UPDATE system_config SET value = '1' WHERE key = 'x' RETURNING updated_at")
        [(unchanged,)] = cursor.fetchall()
        cursor.execute("UPDATE system_config SET value = '2' WHERE key = 'x' RETURNING updated_at")
        [(changed,)] = cursor.fetchall()
    assert created == unchanged < changed


@pytest.mark.parametrize("table", ["price_data", "price_data_archive"])
def test_candles_have_a_partition_for_every_timeframe(table: str) -> None:
    bounds = rows(
        "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = %s::regclass",
        table,
    )
    assert sorted(bounds) == sorted((f"FOR VALUES IN ('{value}')",) for value in Timeframe.values)


def test_there_is_no_default_partition() -> None:
    assert rows("SELECT partrelid::regclass::text FROM pg_partitioned_table WHERE partdefid <> 0") == []
    assert rows("SELECT count(*) > 16 FROM pg_partitioned_table") == [(True,)]


def test_names_of_constraints_are_unique_but_for_the_twins() -> None:
    """ATTACH PARTITION wants the same CHECKs under the same names on candles and on their archive."""
    names = rows(
        "SELECT k.conname, array_agg(c.relname::text ORDER BY c.relname) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND k.contype IN ('c', 'u', 'f') "
        "GROUP BY k.conname"
    )
    doubles = {name: tables for name, tables in names if len(tables) > 1}
    assert all(tables == ["price_data", "price_data_archive"] for tables in doubles.values()), doubles
    assert set(doubles) == {constraint.name for constraint in PriceData._meta.constraints}


def test_constraints_are_named_by_us() -> None:
    unnamed = rows(
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE c.relname = ANY(%s) AND k.contype = 'c' AND k.conname !~ '^chk_'",
        list(TABLES),
    )
    assert unnamed == []
