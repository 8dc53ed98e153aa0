#!/usr/bin/env bash
# `prefect server` on PostgreSQL. Every secret is a file; none is in a command line. tests/servers starts exactly this.
#
#   SECRETS    folder with prefect-database (password) and, where its interface asks for one, prefect-api (USER:PASSWORD)   /run/secrets
#   DATABASE   USER@HOST:PORT of PostgreSQL, which has the database prefect                                                 prefect@postgres:5432
#   HOST, PORT where it listens                                                                                             127.0.0.1, 4200
#   PYTHON     the interpreter of the environment                                                                           python
set -euo pipefail
. "$(dirname "$0")/../secrets.sh"
database="${DATABASE:-prefect@postgres:5432}"

password="$(quoted prefect-database)"
export PREFECT_SERVER_DATABASE_CONNECTION_URL="postgresql+asyncpg://${database%%@*}:$password@${database#*@}/prefect"
if [ -e "$secrets/prefect-api" ]; then
  PREFECT_SERVER_API_AUTH_STRING="$(secret prefect-api)"
  export PREFECT_SERVER_API_AUTH_STRING
fi
export PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=true PREFECT_SERVER_LOGGING_LEVEL="${PREFECT_SERVER_LOGGING_LEVEL:-WARNING}"
export PREFECT_SERVER_API_HOST="${HOST:-127.0.0.1}" PREFECT_SERVER_API_PORT="${PORT:-4200}"

exec "$python" -m prefect server start --host "$PREFECT_SERVER_API_HOST" --port "$PREFECT_SERVER_API_PORT"
