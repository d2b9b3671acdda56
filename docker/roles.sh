#!/bin/sh
# Run by the PostgreSQL image when it makes its cluster: the owner's and the application's role, and the database.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$OWNER_PASSWORD" --set=application_password="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE cryptopredict_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE cryptopredict LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'application_password';
CREATE DATABASE cryptopredict OWNER cryptopredict_owner;
-- As the embedded server has them. The pipeline's statements are wide: compiling one costs more than running it.
ALTER DATABASE cryptopredict SET jit = off;
ALTER DATABASE cryptopredict SET random_page_cost = 1.1;
SQL
# For a replica (docker compose --profile replica), where there is to be one.
if [ -n "${REPLICA_PASSWORD:-}" ]; then
    psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=password="$REPLICA_PASSWORD" <<'SQL'
CREATE ROLE cryptopredict_replica LOGIN REPLICATION PASSWORD :'password';
SQL
    echo "host replication cryptopredict_replica all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
