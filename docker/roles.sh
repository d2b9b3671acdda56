#!/bin/sh
# Run by the PostgreSQL image when it makes its cluster: the owner's and the application's role, and the database.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$OWNER_PASSWORD" --set=application_password="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE cryptopredict_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE cryptopredict LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'application_password';
CREATE DATABASE cryptopredict OWNER cryptopredict_owner;
SQL
