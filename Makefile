# Every target does its own set-up; `make` alone lists them.
# PYTHON=... chooses the interpreter for .venv, ARGS=... is passed on.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?=
ARGS ?=
# Most tests wait for something: more workers than processors keep these busy.
WORKERS ?= 4
export PYTHON

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
NOVNC := $(VENV)/share/novnc/core/rfb.js
CODE := src tests benchmarks scripts
# Wheels only: building from source would fetch unpinned build requirements.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	    | while IFS=$$'\t' read -r target text; do printf '  make %-11s %s\n' "$$target" "$$text"; done

.PHONY: run
run: system-run $(STAMPS)/project $(NOVNC) ## start the server (ARGS="--port 9000" is passed on to `elephant up`)
	@exec $(BIN)/elephant up $(ARGS)

.PHONY: test
test: system-test $(STAMPS)/dev $(NOVNC) ## run every test (ARGS="-k join" is passed on to pytest)
	@# In the order of testpaths, the longest first: by the number of their tests these would be last.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: $(STAMPS)/dev ## check format, lint, types, import contracts and the tree
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python scripts/check_tree.py

.PHONY: format
format: $(STAMPS)/dev ## format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix $(CODE) || true
	@$(BIN)/ruff format $(CODE)

.PHONY: bench
bench: system-test $(STAMPS)/dev $(NOVNC) ## run benchmarks/measure_*.py (BENCH=name chooses one)
	@shopt -s nullglob; scripts=(benchmarks/measure_$(or $(BENCH),*).py); \
	    if [ "$${#scripts[@]}" -eq 0 ]; then echo "There is no benchmarks/measure_$(or $(BENCH),*).py" >&2; exit 1; fi; \
	    for script in "$${scripts[@]}"; do echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" $(ARGS); done

.PHONY: reliability
reliability: system-test $(STAMPS)/dev ## play every fault of the AWS mode and write the table of docs/reliability.md
	@$(BIN)/python -m tests.resilience.aws.page

.PHONY: package
package: system-python $(STAMPS)/project ## write what AWS runs to build/: Lambda's zips (LAMBDA_PYTHON=... compiles them), the agent
	@$(BIN)/python scripts/package_lambdas.py $(ARGS)
	@$(BIN)/python scripts/package_agent.py

.PHONY: aws
aws: system-python $(STAMPS)/aws ## install what `elephant aws` and `elephant certs` need
	@echo "$(BIN)/elephant aws --help"

.PHONY: rehearsal
rehearsal: system-test $(STAMPS)/dev ## play a whole meeting on AWS through the packages, on this machine
	@$(BIN)/python -m tests.rehearsal

.PHONY: audit
audit: $(STAMPS)/audit ## look for what is unsafe in the stack of infra/ (checkov, in an environment of its own)
	@$(VENV)/audit/bin/checkov --config-file infra/checkov.yaml --file infra/template.yaml

.PHONY: docs
docs: $(STAMPS)/dev ## write the tables and diagrams of docs/ that follow from the code anew
	@$(BIN)/python scripts/write_security_tables.py
	@$(BIN)/python scripts/write_costs.py
	@$(BIN)/python scripts/draw_diagrams.py

.PHONY: site
site: $(STAMPS)/dev ## build the documentation as a site, to build/site; it loads nothing from elsewhere
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "Open build/site/index.html; where the search is wanted too: $(BIN)/mkdocs serve"

.PHONY: lock
lock: system-python ## write requirements/*.txt from pyproject.toml (ARGS=--upgrade takes the newest versions)
	@scripts/lock_requirements.sh $(ARGS)

.PHONY: clean
clean: ## remove the virtual environment and every cache
	@rm -rf $(VENV) build dist src/*.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's packages: looked at every time (in milliseconds), installed only where something is missing.
# One after the other, because apt-get holds a lock.
.PHONY: system-python system-run system-test
system-python:
	@scripts/setup_debian.sh python
system-run: system-python
	@scripts/setup_debian.sh run
system-test: system-run
	@scripts/setup_debian.sh test

# The virtual environment, likewise one step after the other: two pips must not write into it at once.
$(STAMPS)/created: | system-python
	@python="$$(scripts/find_python.sh)"; echo "Making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/runtime: requirements/build.txt requirements/runtime.txt $(STAMPS)/created
	@echo "Installing the server's requirements"
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/build.txt -r requirements/runtime.txt
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/runtime
	@$(PIP_INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@# An agent starts from a read-only copy, and who sets PYTHONDONTWRITEBYTECODE lets no process write any: what is
	@# not compiled now is compiled at every launch.
	@$(BIN)/python -m compileall -q src/elephant
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime | $(STAMPS)/project
	@echo "Installing the developers' requirements"
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

$(STAMPS)/aws: requirements/aws.txt $(STAMPS)/runtime | $(STAMPS)/project
	@echo "Installing what the commands for AWS need"
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/aws.txt
	@touch $@

$(STAMPS)/audit: requirements/audit.txt | $(STAMPS)/created
	@echo "Installing checkov"
	@$(BIN)/python -m venv --clear $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	    --require-hashes --only-binary :all: -r requirements/audit.txt
	@touch $@

# Only its being there counts: the files keep the dates of Debian's package.
$(NOVNC): | system-run $(STAMPS)/created
	@scripts/fetch_novnc.sh $(VENV)/share/novnc
