#!/bin/sh
# A PostgreSQL that follows the one at PRIMARY_HOST, of which it takes a copy first. What is told to it beyond that goes to
# the server as it is.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    export PGPASSWORD="$REPLICA_PASSWORD"
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    pg_basebackup --pgdata="$PGDATA" --host="$PRIMARY_HOST" --username="${REPLICA_ROLE:-cryptopredict_replica}" \
        --write-recovery-conf --wal-method=stream --checkpoint=fast --no-password
    unset PGPASSWORD
fi
exec postgres -D "$PGDATA" "$@"
