#!/usr/bin/env bash
# A database and a role for each of ledger, MLflow (two) and Prefect: MLflow and Prefect use one table of alembic's, so they never share one.
# Run once by the image of PostgreSQL when its folder is empty. psql reads each password from its file and quotes it: it is on no command line.
set -euo pipefail
secrets="${SECRETS:-/run/secrets}"
role() {
  local file="$secrets/$1-database"
  [ -r "$file" ] && [ -s "$file" ] || { echo "$file: cannot be read by $(id -un), or is empty" >&2; exit 1; }
  psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v name="$1" -v file="$file" <<'SQL'
\set word `tr -d '\r\n' < :'file'`
CREATE ROLE :"name" LOGIN PASSWORD :'word';
SQL
}
database() { psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -c "CREATE DATABASE \"$1\" OWNER \"$2\" ENCODING UTF8 TEMPLATE template0"; }
for name in ledger mlflow prefect; do role "$name"; database "$name" "$name"; done
database mlflow_auth mlflow
