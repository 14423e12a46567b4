# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
#
#   make demo   set up .venv once, then train, certify and read digits with an emulated camera
#   make test   set up .venv once, then lint, type check and run every test
#
# PYTHON names the interpreter (3.11 or newer); else the first of python3.11, 3.12, 3.13, python3.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.lanewise-installed

.PHONY: demo test lint types unit wheel clean

demo: $(STAMP)
	$(BIN)/lanewise demo

test: lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/pytest -rs -m "not slow" -n 2 --dist worksteal

wheel: $(STAMP)
	$(BIN)/hatchling build -t wheel

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Lanewise needs Python 3.11 or newer: install it, or name it with make PYTHON=..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
