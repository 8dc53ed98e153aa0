#!/usr/bin/env bash
# A database and a role for each of ledger, MLflow (two) and Prefect: MLflow and Prefect use one table of alembic's, so they never share one.
# Run once by the image of PostgreSQL when its folder is empty. Passwords are read from files and quoted by psql.
set -euo pipefail
secrets="${SECRETS:-/run/secrets}"
role() {
  psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v name="$1" -v word="$(cat "$secrets/$1-database")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'word';
SQL
}
database() { psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -c "CREATE DATABASE \"$1\" OWNER \"$2\" ENCODING UTF8 TEMPLATE template0"; }
for name in ledger mlflow prefect; do role "$name"; database "$name" "$name"; done
database mlflow_auth mlflow
