"""The chain over what the database has noted: SQL that seals entries, and guards what is sealed.

An entry is sealed some time after it was written, so that writers need not wait for each other: who seals, alone, gives
each entry the next place. Numbers of entries are drawn before their transactions end, and so an entry may become
visible later than one with a greater number. ``settled_id`` says up to where no such one can come any more: every
transaction that was under way when ``seen_id`` was seen has ended since. Below it nothing is looked for.

An entry is hashed in two halves. What it says of the change itself (when, where, who, which kind) stays for good; what
stood in the row, with the salt, goes when a person is erased, and then its link still has the hash of it. A link covers
both hashes, so that the first half is held against its own whatever became of the second. Links from before that have
one hash of the whole entry, and no ``values_hash``: of an entry of theirs that was emptied nothing can be checked any
more.
"""

from collections.abc import Iterable, Mapping

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
VALUES = ("before", "after", "salt")
"""What is taken away when a person is erased."""


def listed(columns: Iterable[str]) -> str:
    """Columns of an entry as SQL."""
    return ", ".join(name if "(" in name else f"c.{name}" for name in columns)


SEAL = """
CREATE OR REPLACE FUNCTION seal_row_changes(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
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
        SELECT c.id, @digests, chain.length + row_number() OVER (ORDER BY c.id) AS place
        FROM row_changes c
        WHERE c.id > chain.settled_id AND NOT EXISTS (SELECT FROM row_change_links l WHERE l.change_id = c.id)
        ORDER BY c.id LIMIT most
    ), linked AS (
        INSERT INTO row_change_links (change_id, position, sealed_at, @hashes, hash)
        SELECT id, place, moment, @hashes,
               row_change_hash_chain(chain.head, @hashes, place, moment) OVER (ORDER BY place)
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
"""


def sealing(digests: Mapping[str, str]) -> str:
    """The function that seals.

    Args:
        digests: columns of a link, and how each is computed of an entry ``c``.
    """
    made = ", ".join(f"{how} AS {column}" for column, how in digests.items())
    return SEAL.replace("@digests", made).replace("@hashes", ", ".join(digests))


WHOLE = {"content_hash": "row_change_digest(c)"}
HALVES = {"content_hash": "row_change_facts_digest(c)", "values_hash": "row_change_values_digest(c)"}

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
@seal
COMMENT ON FUNCTION seal_row_changes IS
    'Gives entries of the audit that have no place yet theirs in the chain; how many';
""".replace("@columns", listed(COLUMNS)).replace("@seal", sealing(WHOLE))
DROP_CHAIN = """
DROP FUNCTION seal_row_changes(integer);
DROP AGGREGATE row_change_hash_chain(text, text, bigint, timestamptz);
DROP FUNCTION row_change_next_hash(text, text, text, bigint, timestamptz);
DROP FUNCTION row_change_link_hash(text, text, bigint, timestamptz);
DROP FUNCTION row_change_digest(row_changes);
"""

# The functions for one hash stay, for the program of before. Where a link has one hash of the whole entry, ``vals`` is
# NULL, and its own hash is what it always was: links of before are left as they are. One of both halves that lost the
# second has another hash, and is not taken for such.
IN_HALVES = (
    """
CREATE FUNCTION row_change_facts_digest(c row_changes) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(ROW(@facts)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION row_change_facts_digest IS 'SHA-256 of what an entry of the audit says of the change itself';
CREATE FUNCTION row_change_values_digest(c row_changes) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(ROW(@values)::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION row_change_values_digest IS 'SHA-256 of what stood in the row, with the salt of the entry';

CREATE FUNCTION row_change_link_hash(previous text, content text, vals text, place bigint, sealed timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(
        concat_ws(':', previous, content, vals, place, (extract(epoch FROM sealed) * 1000000)::bigint), 'UTF8')), 'hex')
$$;

CREATE FUNCTION row_change_next_hash(
    previous text, head text, content text, vals text, place bigint, sealed timestamptz
) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN row_change_link_hash(coalesce(previous, head), content, vals, place, sealed);
END $$;
CREATE AGGREGATE row_change_hash_chain(text, text, text, bigint, timestamptz)
    (SFUNC = row_change_next_hash, STYPE = text);
@seal
""".replace("@facts", listed(name for name in COLUMNS if name not in VALUES))
    .replace("@values", listed(name for name in COLUMNS if name in VALUES))
    .replace("@seal", sealing(HALVES))
)
IN_ONE = """
DROP AGGREGATE row_change_hash_chain(text, text, text, bigint, timestamptz);
DROP FUNCTION row_change_next_hash(text, text, text, text, bigint, timestamptz);
DROP FUNCTION row_change_link_hash(text, text, text, bigint, timestamptz);
DROP FUNCTION row_change_values_digest(row_changes);
DROP FUNCTION row_change_facts_digest(row_changes);
@seal
""".replace("@seal", sealing(WHOLE))
