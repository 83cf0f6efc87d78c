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

# Tests share the processors, about 2 GB for each; one that runs out of tests takes over from another. Each computes on
# one thread, or their threads would wait for one another.
PYTEST = $(PY) -m pytest -q
SPREAD = -n auto --maxprocesses 4 --dist worksteal -m "not browser"
test test-all: export OMP_NUM_THREADS = 1
test test-all: export OPENBLAS_NUM_THREADS = 1

PIP_INSTALL = $(VENV)/bin/uv pip install -q --python $(PY) -c constraints.txt -e

# Whoever installs has the public index and nothing else: no folder of wheels, no settings of this machine.
PUBLIC_UV = env -u PIP_FIND_LINKS -u UV_FIND_LINKS PIP_CONFIG_FILE=/dev/null $(VENV)/bin/uv --no-config pip
PYTHONS = 3.11 3.12 3.13 3.14

.PHONY: install install-dev demo run worker test test-all check resolve constraints format bench clean

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
	$(PYTEST) $(SPREAD)
	@echo "Left out: the browser tests (they need the system package chromium). Run them with: make test-all"

# Also what needs system packages; a missing one fails, never skips. Browser tests play music in real time and wait more
# than they compute: they run beside the others, which give way to them, and report at the end.
test-all: export PARAGONE_REQUIRE_ALL = 1
test-all: install-dev
	@$(PYTEST) -m browser > .browser-tests.log 2>&1 & browser=$$!; \
	trap 'kill $$browser 2>/dev/null' EXIT; trap 'exit 130' INT TERM; \
	nice -n 10 $(PYTEST) $(SPREAD); others=$$?; \
	wait $$browser; code=$$?; cat .browser-tests.log; \
	test $$others -eq 0 && test $$code -eq 0

check: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run -v 0

# The constraints and the lock have a solution for each Python on the public index alone (nothing is installed).
resolve: install
	@for python in $(PYTHONS); do \
	  $(PUBLIC_UV) install -q --dry-run --target "$$(mktemp -d)" --python-version $$python -c constraints.txt \
	    -e '.[$(EXTRAS),wav2clip,tensorboard,dev]' || exit 1; \
	  $(PUBLIC_UV) install -q --dry-run --target "$$(mktemp -d)" --python-version $$python --require-hashes \
	    -r requirements.lock || exit 1; \
	  echo "constraints.txt and requirements.lock have a solution for Python $$python"; \
	done

# Newest releases that pyproject.toml allows, for every Python and platform; torch stays where the tests ran. The lock
# holds the same releases with the hash of every file, for servers.
constraints: install
	echo torch==2.13.0 | $(PUBLIC_UV) compile -q --universal --python-version 3.11 --all-extras --no-annotate --no-header \
	  -c - pyproject.toml -o constraints.txt
	$(PUBLIC_UV) compile -q --universal --python-version 3.11 --extra postgres --extra analysis --extra generation --extra otp \
	  --no-annotate --no-header --generate-hashes -c constraints.txt pyproject.toml -o requirements.lock

format: install-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: install-dev
	@for script in benchmarks/*.py; do echo "== $$script"; $(PY) $$script || exit 1; done

clean:
	rm -rf $(VENV) .browser-tests.log .pytest_cache .mypy_cache .ruff_cache .hypothesis
