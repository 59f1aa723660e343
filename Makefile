# Everything works on a bare Debian 12 with python3 and its venv, make and git. What is missing is named with its cure.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIP_LIBRARY := admin_web/static/vendor/jssip.min.js
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
# Calls on real Asterisk and real browsers need the machine for themselves; everything else takes a process for each core.
ALONE := asterisk or browser
SPREAD := --numprocesses auto --maxprocesses 4 --dist loadfile
COMPILE := $(BIN)/uv pip compile setup.cfg --universal --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help

.PHONY: help
help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/' | expand -t 14

.PHONY: run
run: $(VENV)/installed assets  ## everything on this machine, one real call, then up until Ctrl-C (ONCE=1: end after the call)
	@$(BIN)/callingcard up $(if $(ONCE),--once)

.PHONY: test
test: check needs assets  ## every test: rules, databases, protocol, real Asterisk
	@$(BIN)/callingcard asterisk fetch
	@$(BIN)/python tests/audit_dependencies.py --tell
	@export TMPDIR="$$($(BIN)/python tests/scratch_folder.py)"; $(if $(PYTEST),$(BIN)/pytest $(PYTEST),\
	  $(BIN)/pytest $(SPREAD) -m "not ($(ALONE))"; spread=$$?; $(BIN)/pytest -m "$(ALONE)" && exit $$spread)

.PHONY: assets
assets: $(SIP_LIBRARY)  ## the SIP library of the console's browser phone, by npm

# Without npm, or without a network, everything else works: the console then has its text phone only.
$(SIP_LIBRARY): package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing, so the console's phone is text only. As root: apt-get install npm"; exit 0; } \
	  && { npm ci --ignore-scripts --no-audit --no-fund --silent && mkdir -p $(@D) \
	  && node_modules/.bin/esbuild node_modules/jssip/lib/JsSIP.js --bundle --minify --format=iife --global-name=JsSIP \
	    --log-level=error --outfile=$@; } \
	  || echo "npm brought no SIP library, so the console's phone is text only. Is there a network?"

.PHONY: check
check: $(VENV)/installed  ## lint, format, types, imports, lock files
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory --silent lock-is-current

.PHONY: lock-is-current
lock-is-current: $(VENV)/installed
	@cp requirements.txt requirements-dev.txt $(VENV)/
	@$(COMPILE) -o $(VENV)/requirements.txt && $(COMPILE) --extra dev -o $(VENV)/requirements-dev.txt \
	  || { echo "no network: the lock files were not compared with setup.cfg" >&2; exit 0; }
	@for file in requirements.txt requirements-dev.txt; do cmp --silent $$file $(VENV)/$$file \
	  || { echo "$$file is not what setup.cfg asks for: make lock" >&2; exit 1; }; done

.PHONY: audit
audit: $(VENV)/installed  ## look every locked package up among published advisories; exit status 1 when one is known
	@$(BIN)/python tests/audit_dependencies.py

.PHONY: needs
needs: $(VENV)/installed
	@PYTHONPATH=. $(BIN)/python tests/install_needs.py

.PHONY: bench
bench: $(VENV)/installed  ## the AGI protocol, complete calls, cards, look-ups, reports, lists, beside their goals: an hour
	@$(BIN)/python -m bench.agi_protocol
	@$(BIN)/python -m bench.complete_call
	@$(BIN)/python -m bench.import_rates 200000
	@$(BIN)/python -m bench.generate_cards 300000
	@$(BIN)/python -m bench.export_cards 300000
	@$(BIN)/python -m bench.lcr 2000000 500000
	@$(BIN)/python -m bench.reports 2000000 300000
	@$(BIN)/python -m bench.console_lists

.PHONY: chaos
chaos: needs  ## kill everything at random, on both databases and on real Asterisk, then compare (KILLS=10000 SECONDS=3600 FAILOVERS=10)
	@$(BIN)/callingcard asterisk fetch
	@CHAOS_SECONDS=$(or $(SECONDS),3600) $(BIN)/pytest -q -s tests/e2e/test_chaos.py
	@PYTHONPATH=.:tests $(BIN)/python tests/chaos/database_chaos.py $(or $(KILLS),10000) $(SEED)
	@PYTHONPATH=.:tests $(BIN)/python tests/chaos/failover.py $(or $(FAILOVERS),10)

.PHONY: simulate
simulate: $(VENV)/installed  ## many small worlds, each from a seed, with every invariant proved after each step (SEEDS=100)
	@PYTHONPATH=.:tests:tests/simulation $(BIN)/python tests/simulation/simulate.py $(or $(SEEDS),100) $(SEED)

.PHONY: fuzz
fuzz: $(VENV)/installed  ## mutate what comes from outside: AGI, AMI, CEL, dialplan, keys, spoken values (SECONDS=600 TARGET= SEED=); what raises is kept
	@PYTHONPATH=.:tests:tests/fuzz $(BIN)/python tests/fuzz/fuzz.py $(or $(SECONDS),600) "$(TARGET)" $(SEED)

.PHONY: faults
faults: needs  ## run the tests that show what is promised in a fault, and write docs/faults.md (a quarter of an hour)
	@$(BIN)/callingcard asterisk fetch
	@PYTHONPATH=.:tests $(BIN)/pytest -q -p fault_matrix --faults docs/faults.md

.PHONY: texts
texts: $(VENV)/installed  ## bring new texts of console and portal into their catalogues, and drop those that are gone
	@PYTHONPATH=.:tests $(BIN)/python tests/admin_web/texts_found.py
	@PYTHONPATH=.:tests $(BIN)/python tests/portal_web/texts_found.py

.PHONY: lock
lock: $(VENV)/installed  ## compile the lock files again from setup.cfg
	@$(COMPILE) -o requirements.txt
	@$(COMPILE) --extra dev -o requirements-dev.txt

$(VENV)/installed: requirements-dev.txt setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed. As root: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv is missing. As root: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up the virtual environment (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements-dev.txt \
	  || { echo "The packages could not be installed. Is there a network? Then run the same again." >&2; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation --editable . 2>/dev/null || $(PIP) install --no-deps --editable .
	@touch $@
