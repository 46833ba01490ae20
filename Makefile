# Gryf: everything from a clean clone to a running city.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
DATA ?= data
WORKERS ?= 3

.PHONY: help setup setup-test demo run test check bench clean

help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMPS)/python $(STAMPS)/vendor  ## Sets up: Python packages, browser parts; starts nothing

setup-test: setup $(STAMPS)/python-test $(STAMPS)/chromium $(STAMPS)/nginx

demo: setup  ## Runs the whole product with demo data and a synthetic council feed
	@exec $(BIN)/python run.py demo --data $(DATA)/demo

run: setup  ## Runs the product without demo data
	@exec $(BIN)/python run.py serve --data $(DATA)/city

test: setup-test  ## Runs all tests: WORKERS side by side, then those that need the machine for themselves
	@failed=0; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m "not alone" || failed=1; \
	$(BIN)/python -m pytest -m alone $$(grep -rl --include='test_*.py' 'mark\.alone' tests) || failed=1; \
	exit $$failed

check: setup-test  ## Style, types, layers, house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/house

bench: setup-test  ## Runs every benchmark
	@for file in tests/bench/bench_*.py; do $(BIN)/python $$file || exit 1; done

bench-%: setup-test  ## Runs one benchmark, for instance bench-ingest
	@$(BIN)/python tests/bench/bench_$*.py

clean:  ## Takes away what setup made (data stays)
	rm -rf $(VENV) node_modules static/vendor $(STAMPS)

$(VENV)/pyvenv.cfg:
	@$(PYTHON) tools/make_venv.py $(VENV)

$(STAMPS)/python: requirements.lock $(VENV)/pyvenv.cfg
	@echo "Installing Python packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python-test: requirements-test.lock $(STAMPS)/python
	@echo "Installing Python packages for tests …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

$(STAMPS)/vendor: package-lock.json tools/vendor.py $(STAMPS)/python
	@echo "Installing browser parts …"
	@npm ci --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/python tools/vendor.py
	@touch $@

$(STAMPS)/chromium $(STAMPS)/nginx:
	@$(PYTHON) tools/get_program.py $(notdir $@)
	@mkdir -p $(STAMPS) && touch $@
