#!/usr/bin/env bash
# `mlflow server` with users, on PostgreSQL. Every secret is a file; none is in a command line. tests/servers starts exactly this.
#
#   SECRETS    folder with mlflow-database (password), mlflow-admin (password), mlflow-session (any long text)   /run/secrets
#   DATABASE   USER@HOST:PORT of PostgreSQL, which has the databases mlflow and mlflow_auth                      mlflow@postgres:5432
#   HOST, PORT where it listens                                                                                  127.0.0.1, 5000
#   ARTIFACTS  where the files of runs are kept: a folder, s3://...                                              /artifacts
#   HOSTS      names under which it is called, comma-separated; needed behind other names than localhost
#   PYTHON     the interpreter of the environment                                                                python
set -euo pipefail
. "$(dirname "$0")/../secrets.sh"
database="${DATABASE:-mlflow@postgres:5432}"

password="$(quoted mlflow-database)"
address="postgresql+psycopg://${database%%@*}:$password@${database#*@}"
configuration="$(mktemp -d)/auth.ini"
cat > "$configuration" <<INI
[mlflow]
default_permission = READ
database_uri = ${address//%/%%}/mlflow_auth
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
# A password is stretched anew at each of the checks of each request, which is most of what a call costs. One worker, so no other holds an
# old one for longer; a changed password counts at once here, and one changed behind the server's back after this time.
auth_cache_ttl_seconds = 60
INI

export MLFLOW_AUTH_CONFIG_PATH="$configuration"
export MLFLOW_BACKEND_STORE_URI="$address/mlflow"
MLFLOW_AUTH_ADMIN_PASSWORD="$(secret mlflow-admin)"
MLFLOW_FLASK_SERVER_SECRET_KEY="$(secret mlflow-session)"
export MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_FLASK_SERVER_SECRET_KEY
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false # 0.5 GB of memory and not 2.2; and an older hole was there
[ -z "${HOSTS:-}" ] || export MLFLOW_SERVER_ALLOWED_HOSTS="$HOSTS"

exec "$python" -m mlflow server --app-name basic-auth --host "${HOST:-127.0.0.1}" --port "${PORT:-5000}" --workers 1 \
  --artifacts-destination "${ARTIFACTS:-/artifacts}"
