# Paragone. `make demo` gives a running study, `make test` the test suite; both install first.
VENV ?= .venv
PY = $(VENV)/bin/python
PORT ?= 8000
EXTRAS ?= postgres,analysis,generation

# uv reads wheels from the same local folders as pip where pip is told of any; empty is fine.
UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export UV_FIND_LINKS
# Without compiled bytecode every process that imports torch starts three to five times slower.
export UV_COMPILE_BYTECODE = 1

PIP_INSTALL = $(VENV)/bin/uv pip install -q --python $(PY) -c constraints.txt -e

.PHONY: install install-dev demo run worker test test-all check format bench clean

install: $(VENV)/.done

# What the tests and checks need on top.
install-dev: $(VENV)/.done-dev

$(VENV)/.done: pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check uv==0.13.9
	$(PIP_INSTALL) '.[$(EXTRAS)]'
	touch $@

$(VENV)/.done-dev: $(VENV)/.done
	$(PIP_INSTALL) '.[$(EXTRAS),dev]'
	touch $@

demo: install
	$(PY) manage.py demo --port $(PORT)

run: install
	$(PY) manage.py migrate -v 0
	$(PY) manage.py runserver 127.0.0.1:$(PORT)

worker: install
	$(PY) -m celery -A studyserver worker --queues celery,gpu --loglevel INFO

# Everything that needs no system package. Names what it left out.
test: install-dev
	$(PY) -m pytest -q -m "not browser"
	@echo "Left out: the browser tests (they need the system package chromium). Run them with: make test-all"

# Also what needs system packages; a missing one fails, never skips.
test-all: install-dev
	PARAGONE_REQUIRE_ALL=1 $(PY) -m pytest -q

check: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run -v 0

format: install-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: install-dev
	@for script in benchmarks/*.py; do echo "== $$script"; $(PY) $$script || exit 1; done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
