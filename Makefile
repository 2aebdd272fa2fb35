# Two commands for everybody: `make run` and `make test`. The rest is for those who change feedbot.

PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
BIN := $(VENV)/bin

.PHONY: help run test test-lowest test-faults fuzz corpus check check-full format bench bench-checking constraints schema docs clean

help:
	@echo "make run             set up what is needed, then read the articles, check the links, write the feeds"
	@echo "make test            set up what is needed, then run the tests"
	@echo "make test-lowest     the same with the oldest version of every dependency that pyproject.toml allows"
	@echo "make check           what must be green before a commit: format, lint, types, imports, tests"
	@echo "make check-full      all of that, and test-lowest"
	@echo "make test-faults     the long version of tests/faults: a thousand faults of each kind, in about half an hour"
	@echo "make fuzz            look for bytes that end feedbot's reading and writing in an exception, for a minute each"
	@echo "make corpus          keep what make fuzz has reached, as small as it can be"
	@echo "make bench           measure builds of 10,000 articles, and simulate the schedule over 10,000 links"
	@echo "make bench-checking  measure checking beside lychee, against nginx"

run: $(VENV)/.feedbot
	@$(BIN)/feedbot run --once

# How many at once. Tests wait for processes, sockets and timers about as long as they compute, so that two on each of two
# processors leave none idle.
WORKERS ?= 4

# With an empty PYTHONDONTWRITEBYTECODE Python keeps what it has compiled; else each of the many processes that tests
# start compiles feedbot anew, which is a quarter of its start.
test: $(VENV)/.dev .venv-peers/.peers
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# In a virtual environment of its own, best with the oldest Python as well: make test-lowest PYTHON=python3.11. Only what
# pyproject.toml names is held back; what that needs in turn is as new as it allows.
test-lowest:
	@$(MAKE) --no-print-directory test VENV=.venv-lowest CONSTRAINTS=constraints-lowest.txt

# How many of each kind; without it they are few, as in `make test`.
FEEDBOT_FAULTS ?= 1000

test-faults: $(VENV)/.dev
	FEEDBOT_FAULTS=$(FEEDBOT_FAULTS) $(BIN)/python -m pytest -q -s tests/faults

# Seconds for each of four targets. It begins with tests/faults/corpus, and what it reaches besides is in .fuzz.
FUZZ_S ?= 60
FUZZED := url front-matter page feed

fuzz: .venv-fuzz/.fuzz
	for target in $(FUZZED); do \
	  .venv-fuzz/bin/python -m tests.faults.fuzzing $$target -max_total_time=$(FUZZ_S) -max_len=4000 || exit 1; \
	done

# What is in .fuzz becomes tests/faults/corpus: of all that reaches the same, the least.
corpus: .venv-fuzz/.fuzz
	for target in $(FUZZED); do \
	  rm -rf .fuzz/least && mkdir -p .fuzz/least && \
	  .venv-fuzz/bin/python -m tests.faults.fuzzing $$target -merge=1 -max_len=4000 .fuzz/least && \
	  .venv-fuzz/bin/python -m tests.faults.corpus $$target .fuzz/least || exit 1; \
	done

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

check-full: check test-lowest

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The newest versions that the bounds allow; the tests say whether they fit. Under Python 3.11, pip freeze leaves
# setuptools out unless it is told --all.
constraints: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[fast]' --group dev
	(sed -n 1p constraints.txt; $(BIN)/python -m pip freeze --all --exclude pip --exclude-editable) > constraints.new
	mv constraints.new constraints.txt

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/build/measure.py
	$(BIN)/python benchmarks/schedule/simulate.py

# Needs nginx, lychee and root (it works in a network of its own): benchmarks/README.md.
bench-checking: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[bench]'
	$(BIN)/python benchmarks/checking/measure.py

# The JSON Schema that editors read beside config.yaml.
schema: $(VENV)/.dev
	$(BIN)/python -c 'import json; from feedbot.config import config_schema; print(json.dumps(config_schema(), indent=1))' \
	  > feedbot/config.schema.json

# The pages of docs/ that say what the code says.
docs: $(VENV)/.dev
	$(BIN)/python -c 'from feedbot.config.reference import config_reference; print(config_reference(), end="")' \
	  > docs/configuration.md
	$(BIN)/python -c 'from feedbot.cli.reference import command_reference; print(command_reference(), end="")' \
	  > docs/commands.md

clean:
	rm -rf $(VENV) .venv-lowest .venv-peers .venv-fuzz .fuzz build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The virtual environment is made again when what it holds is named anew.
$(VENV)/.feedbot: pyproject.toml $(CONSTRAINTS)
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here; feedbot needs Python 3.11 or later." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "feedbot needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) --version 2>&1);" \
	       "name another one: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python has no venv module. Install it first (on Debian and Ubuntu: apt install" \
	       "$$($(PYTHON) -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'))." >&2; exit 1; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[fast]'
	@touch $@

$(VENV)/.dev: $(VENV)/.feedbot
	@echo "setting up the tests (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --group dev
	@touch $@

.venv-peers/.peers: tests/peers.txt $(VENV)/.feedbot
	@echo "setting up what the tests talk to (once)"
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/peers.txt
	@touch $@

.venv-fuzz/.fuzz: pyproject.toml $(CONSTRAINTS)
	@echo "setting up the fuzzer (once)"
	@$(PYTHON) -m venv .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable . 'atheris>=3.0'
	@touch $@
