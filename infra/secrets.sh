#!/usr/bin/env bash
# For the start scripts beside it: where secrets are, and how one is read. Needs `python`; sourced by them.
set -euo pipefail
umask 077
secrets="${SECRETS:-/run/secrets}"
python="${PYTHON:-python}"

secret() { "$python" -c 'import pathlib, sys; sys.stdout.write(pathlib.Path(sys.argv[1]).read_text().rstrip("\r\n"))' "$secrets/$1"; }
quoted() { secret "$1" | "$python" -c 'import sys, urllib.parse; sys.stdout.write(urllib.parse.quote(sys.stdin.read(), safe=""))'; }
