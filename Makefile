# Everything a newcomer needs: `make run`, `make test`, `make check`. `make help` lists the rest.
PY ?= python3
V := .venv
BIN := $(V)/bin

# Compiled once, by whichever process is first: tests start many.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check audit faults mutants messages lock clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

$(V)/.run: requirements/run.txt
	@$(PY) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv $(V)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(V)/.dev: requirements/dev.txt $(V)/.run
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: $(V)/.run ## web, worker and schedule in one process, with demo data
	@ISOBOT_DEMO=$${ISOBOT_DEMO-1} exec $(BIN)/python -m isobot

test: $(V)/.dev ## the suite (FULL=1 adds the long tests)
	@FULL=$(FULL) $(BIN)/python -m pytest -q -n auto --dist loadgroup

check: $(V)/.dev ## format, lint, types, import contracts, migrations, translations
	@$(BIN)/python -m tests.check

audit: $(V)/.dev ## hashes, licences, bill of materials; known vulnerabilities (exit 2: not looked up)
	@$(BIN)/python -m tests.audit

faults: $(V)/.dev ## kills, races and outages (SMOKE=1: under three minutes; ONLY=R08: one promise)
	@SMOKE=$(SMOKE) ONLY=$(ONLY) $(BIN)/python -m tests.faults

mutants: $(V)/.dev ## switch each guard off: a test must notice (ONLY="lease epoch": those named so)
	@ONLY="$(ONLY)" $(BIN)/python -m tests.mutations

messages: $(V)/.dev ## collect the texts to translate and compile the translations
	@$(BIN)/python manage.py makemessages -l pt_BR --no-obsolete --no-location -v0 -i .venv -i var
	@$(BIN)/python -m tests.messages
	@$(BIN)/python manage.py compilemessages -v0 -i .venv

lock: ## write the locks again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -q -o requirements/dev.txt

clean: ## remove what was made, except the data in var/
	rm -rf $(V) .pytest_cache .mypy_cache .ruff_cache .hypothesis
