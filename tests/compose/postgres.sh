#!/bin/sh
# Stands in for the beginning of the image of PostgreSQL: in an empty volume it makes a cluster and runs the scripts of
# docker-entrypoint-initdb.d before a server that only a socket reaches; then it becomes the server. PGHOST and PGPORT
# say where that is, the other variables are those of the image.
set -eu
umask 077
POSTGRES_USER=${POSTGRES_USER:-postgres}
export POSTGRES_USER
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    printf '%s\n' "$POSTGRES_PASSWORD" >"$PGHOST/password"
    # shellcheck disable=SC2086 - several arguments
    initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$PGHOST/password" ${POSTGRES_INITDB_ARGS:-}
    rm "$PGHOST/password"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses= -c unix_socket_directories=$PGHOST" -w start
    for script in "$SCRIPTS"/*.sh; do
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$PGHOST"
