# make demo | test | check | bench [NAMES="replay live"] | soak [MINUTES=10] [NAMES="edge"] | lock | clean: each sets up
# .venv itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export FANZHA_HOME ?= $(CURDIR)/var

JOBS ?= 2
MINUTES ?= 10

.PHONY: demo test test-together test-alone test-postgres bench soak check setup setup-dev lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Fanzha needs Python 3.11 or newer; set PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

setup-dev: $(VENV)/.ready-dev

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

demo: setup
	$(BIN)/fanzha demo

# All tests: most side by side; those with real peers and their deadlines alone; the desk's once more on PostgreSQL.
test: test-together test-alone test-postgres

test-together: setup-dev
	scripts/system-packages
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not alone"

test-alone: setup-dev
	scripts/system-packages
	$(BIN)/python -m pytest -m alone

test-postgres: setup-dev
	scripts/system-packages
	scripts/with-postgres $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not alone and not browser" tests/desk

check: setup-dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev
	$(BIN)/python -m benchmarks $(NAMES)

soak: setup
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) $(NAMES)

lock: COMPILE = uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml
lock:
	$(COMPILE) --extra build -o requirements.lock
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist
