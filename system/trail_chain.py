"""The chain over what the database has noted: SQL that seals entries, and guards what is sealed.

An entry is sealed some time after it was written, so that writers need not wait for each other: who seals, alone, gives
each entry the next place. Numbers of entries are drawn before their transactions end, and so an entry may become
visible later than one with a greater number. ``settled_id`` says up to where no such one can come any more: every
transaction that was under way when ``seen_id`` was seen has ended since. Below it nothing is looked for.
"""

COLUMNS = (
    "id",
    "extract(epoch FROM c.at)",
    "transaction_id",
    "table_name",
    "row_id",
    "operation",
    "before",
    "after",
    "actor",
    "door",
    "request_id",
    "salt",
)
TEXT = ", ".join(name if "(" in name else f"c.{name}" for name in COLUMNS)

CHAIN = """
CREATE FUNCTION row_change_digest(c row_changes) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(ROW(@columns)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION row_change_digest IS 'SHA-256 of what an entry of the audit says';

CREATE FUNCTION row_change_link_hash(previous text, content text, place bigint, sealed timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(
        concat_ws(':', previous, content, place, (extract(epoch FROM sealed) * 1000000)::bigint), 'UTF8')), 'hex')
$$;

CREATE FUNCTION row_change_next_hash(previous text, head text, content text, place bigint, sealed timestamptz)
RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN row_change_link_hash(coalesce(previous, head), content, place, sealed);
END $$;
CREATE AGGREGATE row_change_hash_chain(text, text, bigint, timestamptz) (SFUNC = row_change_next_hash, STYPE = text);

CREATE FUNCTION seal_row_changes(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    scope CONSTANT text := coalesce(current_setting('app.user_id', true), '');
    chain row_change_chains;
    oldest bigint;
    coming bigint;
    moment timestamptz;
    sealed integer;
    greatest_id bigint;
BEGIN
    PERFORM set_config('app.user_id', 'service', true);
    INSERT INTO row_change_chains (id) VALUES (1) ON CONFLICT DO NOTHING;
    SELECT * INTO chain FROM row_change_chains WHERE id = 1 FOR UPDATE;
    oldest := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    moment := greatest(clock_timestamp(), (SELECT sealed_at FROM row_change_links WHERE position = chain.length));
    WITH waiting AS (
        SELECT c.id, row_change_digest(c) AS content, chain.length + row_number() OVER (ORDER BY c.id) AS place
        FROM row_changes c
        WHERE c.id > chain.settled_id AND NOT EXISTS (SELECT FROM row_change_links l WHERE l.change_id = c.id)
        ORDER BY c.id LIMIT most
    ), linked AS (
        INSERT INTO row_change_links (change_id, position, sealed_at, content_hash, hash)
        SELECT id, place, moment, content,
               row_change_hash_chain(chain.head, content, place, moment) OVER (ORDER BY place)
        FROM waiting RETURNING position, hash
    )
    SELECT count(*), max(position), (array_agg(hash ORDER BY position DESC))[1] INTO sealed, chain.length, chain.head
    FROM (SELECT position, hash FROM linked UNION ALL SELECT chain.length, chain.head) ends;
    sealed := sealed - 1;
    coming := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    IF sealed < most THEN
        IF chain.seen_transaction > coming THEN  -- the entries came from another server, which has counted further
            chain.seen_transaction := 0;
            chain.seen_id := chain.settled_id;
        END IF;
        IF chain.seen_transaction <= oldest THEN
            chain.settled_id := chain.seen_id;
            SELECT coalesce(max(change_id), 0) INTO greatest_id FROM row_change_links;
            chain.seen_id := greatest(chain.seen_id, greatest_id);
            chain.seen_transaction := coming;
        END IF;
    END IF;
    UPDATE row_change_chains SET length = chain.length, head = chain.head, settled_id = chain.settled_id,
        seen_id = chain.seen_id, seen_transaction = chain.seen_transaction WHERE id = 1;
    PERFORM set_config('app.user_id', scope, true);
    RETURN sealed;
END $$;
COMMENT ON FUNCTION seal_row_changes IS
    'Gives entries of the audit that have no place yet theirs in the chain; how many';
""".replace("@columns", TEXT)
DROP_CHAIN = """
DROP FUNCTION seal_row_changes(integer);
DROP AGGREGATE row_change_hash_chain(text, text, bigint, timestamptz);
DROP FUNCTION row_change_next_hash(text, text, text, bigint, timestamptz);
DROP FUNCTION row_change_link_hash(text, text, bigint, timestamptz);
DROP FUNCTION row_change_digest(row_changes);
"""
