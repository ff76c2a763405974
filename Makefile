# make demo and make test are all a fresh machine needs: each makes its own environment and installs what is missing.
# PYTHON=/path/to/python chooses the interpreter, VENV=folder the environment, PINS=file the versions that are installed,
# ARGS="..." adds arguments to pytest.

SHELL := /bin/sh
VENV ?= .venv
PINS ?= constraints.txt
PYTHON ?=
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# Threads that wait at a barrier sleep instead of spinning: on few cores they would steal the time of the working one.
RUN := OMP_WAIT_POLICY=PASSIVE $(BIN)/python

.PHONY: help demo test test-all test-oldest lint format types docs bench dist check-dist clean

help:
	@echo "make demo      the main job on a real earthquake record, results in demo/"
	@echo "make test      the tests (minutes);  make test-all  the slow ones too;  make test-oldest  with the oldest versions"
	@echo "make lint      ruff;  make format  let it repair;  make types  pyright;  make docs  Sphinx"
	@echo "make dist      wheel and sdist, checked;  make check-dist  the demo from the wheel in an empty environment"
	@echo "make bench     the benchmarks;  make clean  remove the environments and all that was built"

demo: $(VENV)/.has-demo
	OMP_WAIT_POLICY=PASSIVE $(BIN)/seisgrad demo --out demo

test: $(VENV)/.has-test
	$(RUN) -m pytest $(ARGS)

test-all: $(VENV)/.has-test
	$(RUN) -m pytest -m "slow or not slow" $(ARGS)

test-oldest:
	@$(MAKE) --no-print-directory test VENV=.venv-oldest PINS=constraints-oldest.txt

lint: $(VENV)/.has-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.has-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.has-dev
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(VENV)/.has-dev
	$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.has-dev
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(RUN) $$script || exit 1; done

dist: $(VENV)/.has-dist
	rm -rf dist build
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --wheel --outdir build .
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python .ci/check_dist.py dist build

check-dist: dist
	$(BIN)/python -m venv build/empty
	build/empty/bin/python -m pip --disable-pip-version-check --no-input install --quiet -c $(PINS) "$$(echo dist/*.whl)[records]"
	cd build && OMP_WAIT_POLICY=PASSIVE empty/bin/seisgrad demo --out demo
	rm -rf build/empty

clean:
	rm -rf $(VENV) .venv-oldest demo dist build docs/_build docs/gallery docs/api/generated .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp per set of requirements: installing again is cheap, and happens only when the requirements change.
$(VENV)/.has-demo: EXTRA := [records]
$(VENV)/.has-test: EXTRA := [test]
$(VENV)/.has-dev: EXTRA := [dev]
$(VENV)/.has-dist: EXTRA := [dist]
$(VENV)/.has-demo $(VENV)/.has-test $(VENV)/.has-dev $(VENV)/.has-dist: pyproject.toml $(PINS)
	@$(make_environment)
	@echo "Installing seisgrad$(EXTRA) into $(VENV); the first time takes a minute or more."
	@$(PIP) install --quiet -c $(PINS) -e ".$(EXTRA)"
	@touch $@

define make_environment
if ! "$(BIN)/python" -c "import pip" 2>/dev/null; then \
  found=""; \
  for candidate in $(or $(PYTHON),python3.11 python3.12 python3.13 python3); do \
    if "$$candidate" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))" 2>/dev/null; then \
      found="$$candidate"; break; \
    fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "No Python 3.11, 3.12 or 3.13 found (tried: $(or $(PYTHON),python3.11 python3.12 python3.13 python3)):" \
      "install one, or name one with 'make $(or $(firstword $(MAKECMDGOALS)),demo) PYTHON=/path/to/python'." >&2; \
    exit 1; \
  fi; \
  echo "Making $(VENV) with $$found"; \
  "$$found" -m venv --clear "$(VENV)" || { \
    echo "$$found could not make a virtual environment: install its venv module (python3-venv on Debian)." >&2; exit 1; }; \
fi
endef
