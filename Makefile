# make run: from nothing to a real call.  make test: every test.  make check: lint, types, imports, locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help

.PHONY: help
help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 16

$(VENV)/installed: requirements-dev.txt setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt || { echo "The packages could not be installed: is there a network? Run the same command again." >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: run
run: $(VENV)/installed  ## everything on this machine and one real call (ONCE=1: end after it)
	@$(BIN)/callingcard up $(if $(ONCE),--once)

.PHONY: check
check: $(VENV)/installed  ## lint, format, types, imports, lock files
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test
test: check  ## every test
	$(BIN)/pytest

.PHONY: lock
lock: $(VENV)/installed  ## compile the lock files again from setup.cfg
	$(BIN)/uv pip compile setup.cfg --universal --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.txt
	$(BIN)/uv pip compile setup.cfg --extra dev --universal --generate-hashes --no-emit-index-url --no-header --quiet -o requirements-dev.txt
