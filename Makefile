# Everything a developer does. `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NATIVE := $(wildcard src/fastdesk/_core/*.pyx src/fastdesk/_core/*.pxd src/fastdesk/_core/*.h) setup.py
# What is compiled as it stands, so that a change of it is built before it is run.
COMPILED := $(addprefix src/fastdesk/,$(shell sed -n 's/^    "\(.*\.py\)",$$/\1/p' setup.py))

.PHONY: help run test test-slow lint checked annotate wheel frontend test-e2e bench bench-quick locust profile clean
help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: $(VENV)/run.stamp ## start the desk on port 8080 (FASTDESK_* settings count)
	@FASTDESK_DEMO="$${FASTDESK_DEMO-examples/shop}" $(BIN)/python examples/shop/with_orders.py

test: $(VENV)/test.stamp ## run the tests (the long ones: make test-slow, those in a browser: make test-e2e)
	@$(BIN)/python -m pytest -m "not browser and not slow"

test-slow: $(VENV)/test.stamp ## run the long tests: simulations, crash rounds, conformance, real data
	@$(BIN)/python -m pytest -m "slow and not browser"

test-e2e: $(VENV)/test.stamp ## run the tests that need a browser (they say why when there is none)
	@$(BIN)/python tools/install_chromium.py
	@$(BIN)/python -m pytest -m browser tests/e2e

lint: $(VENV)/test.stamp ## ruff, mypy, import-linter, cython-lint, stubtest
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint src/fastdesk/_core
	$(BIN)/python -m mypy.stubtest fastdesk._core --ignore-disjoint-bases

checked: $(VENV)/test.stamp ## build the native core with bounds, overflow and None checks, and run its tests on it
	FASTDESK_CHECKED=1 $(BIN)/python setup.py -q build --build-base build/checked --build-lib build/checked/lib
	PYTHONPATH=build/checked/lib $(BIN)/python -P -m pytest tests/core tests/protocol -p no:cacheprovider

annotate: $(VENV)/test.stamp ## write Cython's annotated sources to build/cython
	FASTDESK_ANNOTATE=1 $(BIN)/python setup.py -q build_ext --inplace --force
	@find build/cython -name '*.html'

wheel: $(VENV)/test.stamp ## build wheel and sdist into dist/
	$(BIN)/python -m build

frontend: ## rebuild widget and console (needs Node 20)
	cd frontend && npm install --no-save --no-audit --no-fund && npm run build

bench: $(VENV)/bench.stamp ## the published table, measured here (about 15 minutes)
	@$(BIN)/python -m benchmarks run

bench-quick: $(VENV)/bench.stamp ## the same in under two minutes
	@$(BIN)/python -m benchmarks run --quick

locust: $(VENV)/bench.stamp ## locust's page against a running desk (HOST=http://localhost:8080)
	@$(BIN)/locust -f benchmarks/locustfile.py --host $(or $(HOST),http://localhost:8080)

profile: $(VENV)/bench.stamp ## flame graph of the server under the plain-text load
	@$(BIN)/python -m benchmarks profile

clean: ## remove everything that was built
	rm -rf $(VENV) build dist src/*.egg-info
	find src -name '*.so' -delete

# Environments. Each stamp is newer than what it was made of.

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "fastdesk needs Python 3.11 or newer (PYTHON=/path/to/python3)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "fastdesk needs Python's venv module (Debian: python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import os, sysconfig as s, sys; sys.exit(not os.path.exists(os.path.join(s.get_paths()["include"], "Python.h")))' || { echo "fastdesk needs Python's headers (Debian: python3-dev)"; exit 1; }
	@command -v cc >/dev/null || { echo "fastdesk needs a C compiler named cc (Debian: gcc)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	@touch $@

$(VENV)/build.stamp: $(VENV)/made.stamp pyproject.toml
	$(BIN)/python -m pip install -q --group build
	@touch $@

$(VENV)/run.stamp: $(VENV)/build.stamp pyproject.toml $(NATIVE) $(COMPILED)
	$(BIN)/python -m pip install -q --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install -q --group test --group lint
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	$(BIN)/python -m pip install -q --group bench
	@touch $@
