#!/usr/bin/env bash
# `heirloom infra bootstrap`, then `heirloom infra worker`, for the line in WORKSPACE. The password of Prefect's interface is a file.
set -euo pipefail
secrets="${SECRETS:-/run/secrets}"
if [ -e "$secrets/prefect-api" ]; then
  PREFECT_API_AUTH_STRING="$(cat "$secrets/prefect-api")"
  export PREFECT_API_AUTH_STRING
fi
cd "${WORKSPACE:?the folder of the line}"
heirloom infra bootstrap
exec heirloom infra worker
