# `make run` starts Tactus, `make test` tests it: both set up what they need. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Most tests wait (for sound, browsers, processes): more processes than processors.
TEST_PROCESSES ?= 4
# Beside what make sees (the locks are newer), an environment is made anew where its folder was moved or its Python went.
ifneq ($(shell sh scripts/environment.sh check $(VENV) && echo sound),sound)
.PHONY: $(VENV)/.run $(VENV)/.dev
endif
.DEFAULT_GOAL := help
.PHONY: help run test check mutants format bench bench-peers docs lock docker clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run  ## set up what is missing and start the service at http://localhost:8001
	@exec $(BIN)/tactus serve

test: $(VENV)/.dev  ## set up what is missing and run every test
	@sh scripts/system_packages.sh test
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.dev  ## lint, types, rooms, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_docs.py

mutants: $(VENV)/.dev  ## break the live half on purpose, and list the changes that no test notices
	@$(BIN)/mutmut run >mutants.log 2>&1 || { tail -n 20 mutants.log; exit 1; }
	@$(BIN)/mutmut results

format: $(VENV)/.dev  ## put the code in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev  ## benchmarks against the floor and the peers, as ratios
	$(BIN)/python -m benchmarks

bench-peers:  ## install the peers that `make bench` compares with, in an environment of their own
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet -r benchmarks/peers/requirements.txt

docs: $(VENV)/.dev  ## write the pages that follow from the code
	$(BIN)/python scripts/features_page.py
	$(BIN)/python scripts/analyzer_description.py
	$(BIN)/python scripts/env_example.py
	$(BIN)/python scripts/rooms_drawing.py

lock: $(VENV)/.dev  ## lock the dependencies of pyproject.toml anew
	PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/lock.sh

docker:  ## build the container image
	docker build -t music-visuals-audio-service .

clean:  ## remove what these commands made
	rm -rf $(VENV) .venv-peers .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis mutants mutants.log dist build

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh make $(VENV) requirements/run.txt $(PYTHON)
	@sh scripts/system_packages.sh run
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/build.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh make $(VENV) requirements/dev.txt $(PYTHON)
	@touch $@ $(VENV)/.run
