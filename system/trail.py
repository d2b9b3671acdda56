"""What is audited by the database itself: every change of these tables leaves a row in ``row_changes``.

Triggers on statements see what a service does, and what goes past every service: bulk updates, raw SQL, a session with
``psql``. Who acts, and by which door, stands in the setting ``app.doer`` that goes with each statement that writes
(``system.acting``); where nobody says it, the role that is connected is who acts. The entries are sealed into a chain
of hashes afterwards (``system.services.trail``), so that writers do not wait for each other.
"""

from dataclasses import dataclass

from django.db import migrations

MASK = "•••"


@dataclass(frozen=True)
class Audited:
    """How a table is audited.

    Args:
        secret: columns whose values are masked: that they changed is told, not what they are.
        idle: columns whose change alone is none (counters of use, times of bookkeeping, and what each run measures anew
            from candles).
    """

    secret: tuple[str, ...] = ()
    idle: tuple[str, ...] = ("updated_at",)


PLAIN = Audited()
AUDITED: dict[str, Audited] = {
    # permissions
    "users": Audited(
        ("password", "reset_password_token", "email_verification_token"), ("updated_at", "last_login", "login_count")
    ),
    "auth_group": Audited(idle=()),
    "auth_group_permissions": Audited(idle=()),
    "users_groups": Audited(idle=()),
    "users_user_permissions": Audited(idle=()),
    "api_tokens": Audited(("token_hash",), ("updated_at", "last_used_at")),
    "totp_devices": Audited(("sealed_secret",), ("updated_at", "last_step")),
    "passkeys": Audited(("credential_id", "public_key"), ("updated_at", "last_used_at", "sign_count")),
    "webhook_subscriptions": Audited(
        ("sealed_secret",), ("updated_at", "failures", "failing_since", "last_delivery_at")
    ),
    # configuration
    "system_config": PLAIN,
    # curation
    "sectors": Audited(
        idle=("updated_at", "market_cap", "market_cap_change_24h", "volume_24h", "metrics_details", "top_3_coins_id")
    ),
    "sector_mapping": PLAIN,
    "watchlists": Audited(idle=("updated_at", "last_change_id")),
    "watchlist_assets": PLAIN,
    "ai_suggestions": Audited(idle=("updated_at", "actual_return", "success_score")),
    "suggestion_reviews": Audited(idle=()),
    # portfolios and what is done with them
    "portfolios": PLAIN,
    "portfolio_assets": PLAIN,
    "manual_prices": Audited(idle=()),
    "trade_actions": PLAIN,
    "exchange_accounts": Audited(("sealed_key",), ("updated_at", "cursors", "last_synced_at")),
    "risk_management": PLAIN,
    "signal_executions": PLAIN,
    "execution_fills": Audited(idle=()),
    "signal_alerts": Audited(idle=("updated_at", "last_checked")),
    "recommendation_responses": PLAIN,
}
"""Audited tables; each has a numeric ``id`` (a test holds them against the database)."""

UNAUDITED = {
    "lot_disposals": "derived from the journal",
    "paper_portfolios": "no money; the portfolio and its journal are audited",
    "paper_trades": "derived from signals and the journal",
    "portfolio_days": "derived from the journal and prices",
    "position_flows": "derived from the journal",
    "position_lots": "derived from the journal",
    "system_config_history": "a history itself",
    "trade_note_versions": "a history itself, which its owner alone reads",
    "trade_notes": "its owner alone reads them; every version is kept beside",
    "watchlist_asset_history": "a history itself",
    "watchlist_state_history": "a history itself",
}
"""Tables of the same subjects that need no entries, and why."""

# An update tells the columns that differ. A few rows are taken apart as JSON, whose plan is kept; of many rows it is
# asked first which columns differ at all, since a bulk update changes one or two of thirty. A changed key counts as a
# row that went and one that came.
FUNCTIONS = """
CREATE FUNCTION shown_row(whole jsonb, secret text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN cardinality(secret) = 0 THEN whole ELSE whole || coalesce((
        SELECT jsonb_object_agg(name, '@mask'::text) FROM unnest(secret) name WHERE whole -> name <> 'null'), '{}') END
$$;

CREATE FUNCTION note_row_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    secret CONSTANT text[] := TG_ARGV[0];
    idle CONSTANT text[] := TG_ARGV[1];
    bare CONSTANT boolean := cardinality(secret) = 0;
    scope CONSTANT text := coalesce(current_setting('app.user_id', true), '');
    said CONSTANT text := coalesce(current_setting('app.doer', true), '');
    actor CONSTANT text := coalesce(nullif(split_part(said, '|', 1), ''), 'role:' || session_user);
    door CONSTANT text := coalesce(nullif(split_part(said, '|', 2), ''), 'sql');
    request CONSTANT text := nullif(split_part(said, '|', 3), '');
    moment CONSTANT timestamptz := clock_timestamp();
    work CONSTANT bigint := pg_current_xact_id()::text::bigint;
    columns text[];
    differs text;
    before text;
    after text;
BEGIN
    PERFORM set_config('app.user_id', 'service', true);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO row_changes (at, transaction_id, table_name, row_id, operation, after, actor, door, request_id)
        SELECT moment, work, TG_TABLE_NAME, n.id, 'INSERT',
               CASE WHEN bare THEN to_jsonb(n) ELSE shown_row(to_jsonb(n), secret) END, actor, door, request
        FROM added n;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO row_changes (at, transaction_id, table_name, row_id, operation, before, actor, door, request_id)
        SELECT moment, work, TG_TABLE_NAME, o.id, 'DELETE',
               CASE WHEN bare THEN to_jsonb(o) ELSE shown_row(to_jsonb(o), secret) END, actor, door, request
        FROM gone o;
    ELSIF NOT EXISTS (SELECT FROM added) THEN
        NULL;
    ELSIF NOT EXISTS (SELECT FROM added OFFSET 8) THEN
        INSERT INTO row_changes
            (at, transaction_id, table_name, row_id, operation, before, after, actor, door, request_id)
        SELECT moment, work, TG_TABLE_NAME, o.id, 'UPDATE', shown_row(d.before, secret), shown_row(d.after, secret),
               actor, door, request
        FROM gone o JOIN added n USING (id), LATERAL (
            SELECT jsonb_object_agg(b.key, b.value) AS before, jsonb_object_agg(a.key, a.value) AS after
            FROM jsonb_each(to_jsonb(o)) b JOIN jsonb_each(to_jsonb(n)) a USING (key)
            WHERE b.value <> a.value AND key <> ALL (idle)) d
        WHERE d.after IS NOT NULL;
    ELSE
        SELECT array_agg(a.attname::text ORDER BY a.attnum),
               string_agg(format('bool_or(o.%1$I IS DISTINCT FROM n.%1$I)', a.attname), ', ' ORDER BY a.attnum)
        INTO columns, differs FROM pg_attribute a
        WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname <> ALL (idle || '{id}'::text[]);
        EXECUTE format(
            'SELECT array_agg(name ORDER BY place) '
            'FROM (SELECT ARRAY[%s] AS marks FROM gone o JOIN added n USING (id)) m, '
            'unnest($1, m.marks) WITH ORDINALITY AS c (name, mark, place) WHERE mark', differs)
            INTO columns USING columns;
        IF columns IS NOT NULL THEN
            SELECT string_agg(format('CASE WHEN o.%1$I IS DISTINCT FROM n.%1$I THEN jsonb_build_object(%1$L, %2$s) '
                       'ELSE ''{}'' END', name, value_of('o', name, name = ANY (secret))), ' || '),
                   string_agg(format('CASE WHEN o.%1$I IS DISTINCT FROM n.%1$I THEN jsonb_build_object(%1$L, %2$s) '
                       'ELSE ''{}'' END', name, value_of('n', name, name = ANY (secret))), ' || '),
                   string_agg(format('o.%1$I IS DISTINCT FROM n.%1$I', name), ' OR ')
            INTO before, after, differs FROM unnest(columns) name;
            EXECUTE format(
                'INSERT INTO row_changes '
                '(at, transaction_id, table_name, row_id, operation, before, after, actor, door, request_id) '
                'SELECT $1, $2, $3, id, ''UPDATE'', %s, %s, $4, $5, $6 FROM gone o JOIN added n USING (id) WHERE %s',
                before, after, differs) USING moment, work, TG_TABLE_NAME, actor, door, request;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM gone o WHERE NOT EXISTS (SELECT FROM added n WHERE n.id = o.id)) THEN
            INSERT INTO row_changes (at, transaction_id, table_name, row_id, operation, before, actor, door, request_id)
            SELECT moment, work, TG_TABLE_NAME, o.id, 'DELETE', shown_row(to_jsonb(o), secret), actor, door, request
            FROM gone o WHERE NOT EXISTS (SELECT FROM added n WHERE n.id = o.id);
            INSERT INTO row_changes (at, transaction_id, table_name, row_id, operation, after, actor, door, request_id)
            SELECT moment, work, TG_TABLE_NAME, n.id, 'INSERT', shown_row(to_jsonb(n), secret), actor, door, request
            FROM added n WHERE NOT EXISTS (SELECT FROM gone o WHERE o.id = n.id);
        END IF;
    END IF;
    PERFORM set_config('app.user_id', scope, true);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION note_row_changes IS
    'Notes what a statement has changed, and who has it changed; arguments: secret and idle columns';

CREATE FUNCTION value_of(side text, name text, is_secret boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN is_secret THEN format('CASE WHEN %1$s.%2$I IS NOT NULL THEN ''@mask'' END', side, name)
        ELSE format('%1$s.%2$I', side, name) END
$$;

CREATE FUNCTION refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of % refused: what happens to its rows is recorded', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
""".replace("@mask", MASK)
DROP_FUNCTIONS = """
DROP FUNCTION refuse_emptying();
DROP FUNCTION note_row_changes();
DROP FUNCTION value_of(text, text, boolean);
DROP FUNCTION shown_row(jsonb, text[]);
"""


def audited(*tables: str) -> migrations.RunSQL:
    """Every statement that changes rows of these tables notes what it changed."""
    return migrations.RunSQL([triggers(table) for table in tables], [without_triggers(table) for table in tables])


def audited_anew(*tables: str) -> migrations.RunSQL:
    """Tables that are audited already follow a changed rule of ``AUDITED``; there is no way back to the former one."""
    return migrations.RunSQL([noting(table) for table in tables], migrations.RunSQL.noop)


def triggers(table: str) -> str:
    """The triggers of a table."""
    return f"""
        {noting(table)}
        CREATE TRIGGER trg_{table}_unemptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
    """


def noting(table: str) -> str:
    """The triggers that note changes of a table, in the place of those that are there."""
    rule = AUDITED[table]
    arguments = f"'{array(rule.secret)}', '{array(rule.idle)}'"
    act = f"FOR EACH STATEMENT EXECUTE FUNCTION note_row_changes({arguments});"
    make = "CREATE OR REPLACE TRIGGER"
    return f"""
        {make} trg_{table}_note_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS added {act}
        {make} trg_{table}_note_update AFTER UPDATE ON {table}
            REFERENCING OLD TABLE AS gone NEW TABLE AS added {act}
        {make} trg_{table}_note_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone {act}
    """


def without_triggers(table: str) -> str:
    """The table as it was before."""
    names = ("note_insert", "note_update", "note_delete", "unemptied")
    return " ".join(f"DROP TRIGGER trg_{table}_{name} ON {table};" for name in names)


def array(names: tuple[str, ...]) -> str:
    """Names of columns as PostgreSQL writes an array."""
    return "{" + ",".join(names) + "}"
