# Thin names for what the README shows. `make run` and `make test` make the environment first, once.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: run test check check-static bench slow format environment

environment: .venv-ok

.venv-ok: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[train,fast,servers,dev]"
	touch .venv-ok

run: .venv-ok
	$(BIN)/heirloom synthesize
	$(BIN)/heirloom retrain
	$(BIN)/heirloom history

# A file stays with one worker, so that what its tests share is made once. (--dist loadgroup does nothing under pytest 9.2 with xdist 3.8:
# a node's id can no longer be written to.)
test: .venv-ok
	$(BIN)/python -m pytest -n 2 --dist loadfile

slow: .venv-ok
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or e2e or servers"

format: .venv-ok
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check-static: .venv-ok
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/heirloom dvc-yaml --check

check: check-static test

.bench-ok: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-bench
	grep -v '^#' benchmarks/peers.txt | xargs -L 1 .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
	  || echo "some peers cannot be installed here: they are left out"
	touch .bench-ok

bench: .venv-ok .bench-ok
	HEIRLOOM_BENCH_PEERS=$(CURDIR)/.venv-bench/bin/python $(BIN)/python -m benchmarks
