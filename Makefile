# What the project can do; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CDK := node_modules/.bin/cdk
PIP := -m pip install --quiet --disable-pip-version-check --no-compile
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.PHONY: help install demo check test faults bench bootstrap deploy clean lint types promises

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: build/installed ## Install the command line, the pinned CDK and the local AWS into this folder

demo: build/installed build/installed-demo ## Deploy on this machine and walk prompts from git to rollback
	$(BIN)/python -m infra.local.demo

check: build/installed build/installed-tests ## Every gate that needs no AWS: lint, types, templates, zips
	$(MAKE) --no-print-directory -j2 lint types promises

test: check ## check, then unit, adapter and end-to-end tests on the local AWS
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/e2e tests/faults tests/unit tests/adapters tests/content

faults: build/installed build/installed-tests ## Kill processes, lose replies, take mitigations away; SEED= and DURATION= in seconds
	$(BIN)/python -m tests.faults.storm $(if $(SEED),--seed $(SEED)) $(if $(DURATION),--seconds $(DURATION))
	$(BIN)/python -m tests.faults.mutations

bench: build/installed build/installed-tests build/installed-bench ## Measure beside promptfoo and compare verdicts; ONLY=grading, runner, differential, workflow or gate
	$(BIN)/python -m bench $(ONLY)

bootstrap: build/installed ## Prepare your AWS account and Region for the CDK, once
	$(CDK) bootstrap --app "$(BIN)/python app.py" $(ARGS)

deploy: build/installed ## Deploy to the AWS account of your own credentials
	$(CDK) deploy --all --app "$(BIN)/python app.py" $(ARGS)

clean: ## Stop local instances and remove what was built
	-$(BIN)/python -m infra.local down --all
	rm -rf build cdk.out

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types:
	$(BIN)/mypy

promises:
	$(BIN)/python -m pytest tests/synth tests/architecture

build/installed: requirements.txt pyproject.toml package-lock.json infra/local/requirements.txt
	@command -v openssl >/dev/null || { echo "E_TOOL: openssl is missing. Install it with your package manager." >&2; exit 2; }
	@command -v npm >/dev/null || { echo "E_TOOL: npm is missing. Install Node.js 20 or newer." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "E_TOOL: $(PYTHON) is older than 3.11. Run make PYTHON=python3.12 demo." >&2; exit 2; }
	@echo "Installing the command line, the CDK and the local AWS"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x .venv-local/bin/python || $(PYTHON) -m venv .venv-local
	@$(BIN)/python $(PIP) -r requirements.txt
	@.venv-local/bin/python $(PIP) -r infra/local/requirements.txt
	@npm ci --no-audit --no-fund --silent
	@mkdir -p build && touch $@

build/installed-demo: build/installed infra/local/demo/requirements.txt
	@$(BIN)/python $(PIP) -r infra/local/demo/requirements.txt
	@touch $@

build/installed-tests: build/installed build/installed-demo tests/requirements.txt
	@$(BIN)/python $(PIP) -r tests/requirements.txt
	@touch $@

# The lock file pins promptfoo; its optional packages, half a gigabyte of other people's clients, stay away.
build/installed-bench: bench/package.json bench/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b >= 22) || (a == 20 && b >= 20) ? 0 : 1)' || { echo "E_TOOL: promptfoo needs Node.js 20.20 or 22.22 and newer." >&2; exit 2; }
	@echo "Installing promptfoo"
	@mkdir -p build/promptfoo && cp bench/package.json bench/package-lock.json build/promptfoo
	@cd build/promptfoo && npm install --omit=optional --ignore-scripts --force --no-audit --no-fund --silent
	@touch $@
