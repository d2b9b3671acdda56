#!/bin/sh
# PgBouncer in transaction mode before the database of the web processes. From the environment: APPLICATION_PASSWORD, and
# what else has no default here. The tests run this very file.
set -eu
umask 077
home=$(mktemp -d)
printf '"%s" "%s"\n' "${APPLICATION_ROLE:-cryptopredict}" "$APPLICATION_PASSWORD" >"$home/people"
cat >"$home/pgbouncer.ini" <<INI
[databases]
${DATABASE_NAME:-cryptopredict} = host=${DATABASE_HOST:-postgres} port=${DATABASE_PORT:-5432}
[pgbouncer]
listen_addr = ${POOL_ADDRESS:-0.0.0.0}
listen_port = ${POOL_PORT:-6432}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $home/people
pool_mode = transaction
default_pool_size = ${POOL_SIZE:-20}
max_client_conn = ${POOL_CLIENTS:-1000}
ignore_startup_parameters = extra_float_digits
INI
exec pgbouncer "$home/pgbouncer.ini"
