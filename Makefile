PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install -q --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run install test check soak bench mutants platforms lock clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/run.ok ## set up and serve the built-in agent; no keys, no account
	@exec .venv/bin/offhook demo

install: .venv/run.ok ## set up only

test: .venv/test.ok ## set up and run every test
	$(PY) -m pytest

check: .venv/test.ok .venv/check.ok ## format, lint, types, and the tests in simulated time
	$(PY) -m ruff format --check src tests bench
	$(PY) -m ruff check src tests bench
	$(PY) -m mypy
	$(PY) -m pytest tests/core tests/agent tests/phone tests/test_structure.py

soak: .venv/test.ok ## what needs the real clock or much time; reports
	$(PY) -m pytest -m soak --timeout 900

mutants: .venv/test.ok ## do tests fail when the core is wrong? FILES="core/ear.py" picks some
	$(PY) -m bench.mutants $(FILES)

platforms: .venv/bin/python ## has every pinned requirement a wheel for Linux and macOS?
	$(PIP) uv
	$(PY) -m bench.platforms

bench: .venv/run.ok ## the transport beside a bare relay and the usual pattern; three minutes
	$(PY) -m offhook bench

lock: .venv/bin/python ## pin every dependency by hash
	$(PIP) uv
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --extra local -o requirements.lock pyproject.toml
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --group test -c requirements.lock -o requirements-test.lock
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --group check -c requirements.lock -o requirements-check.lock

clean: ## forget what was set up
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "offhook needs Python 3.11 or newer: set PYTHON, as in make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing: on Debian, apt install python3-venv"; rm -rf .venv; exit 1; }

CONSOLE := $(shell find console -type f -not -path '*/node_modules/*' 2>/dev/null)

.venv/run.ok: .venv/bin/python requirements.lock pyproject.toml hatch_build.py $(CONSOLE)
	@echo "Setting up (once, about a minute)"
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps -e .
	@touch $@

.venv/test.ok: .venv/run.ok requirements-test.lock
	$(PIP) --require-hashes -r requirements-test.lock
	@$(PY) -m tests.chromium
	@touch $@

.venv/check.ok: .venv/run.ok requirements-check.lock
	$(PIP) --require-hashes -r requirements-check.lock
	@touch $@
