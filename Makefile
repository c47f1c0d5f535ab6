# downstack: `make serve` to look at it, `make test` before a change is proposed, `make help` for the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Two locks, one set of versions: the small one (runtime, service, build backend) is compiled under the constraints of the
# large one. `make serve` on a fresh checkout so skips the browser driver, the type checkers, Node.js and pandas.
DEV_STAMP   := $(VENV)/.dev-stamp
SERVE_STAMP := $(VENV)/.serve-stamp

# A checkout that already has the development environment is served from it.
SERVE_READY := $(if $(wildcard $(DEV_STAMP)),$(DEV_STAMP),$(SERVE_STAMP))

# The lock holds names, versions, markers and hashes: no address and no path, so it installs from any index.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --no-header

# pyright comes from a wheel that carries its own JavaScript, and Node.js from another (the extra `pyright[nodejs]`), so
# nothing is downloaded when it runs. Without the extra it would fetch a Node.js build from outside the package index;
# without the variable it would ask for its newest version on each run.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DEFAULT_GOAL := help
.PHONY: help serve test test-doors test-rooms test-stores lint lint-style lint-mypy lint-pyright format generate check-generated bench lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

serve: $(SERVE_READY) ## start the service; ARGS="--port 9000" reaches the command
	$(BIN)/downstack serve $(ARGS)

# Three parts that take about as long as each other; what is in neither of these two is in the third.
DOORS := tests/api tests/browser tests/conformance tests/deploy tests/packaging
STORES := tests/knowledge tests/loaders tests/stores

# A test that waits for a process leaves a core idle, so three run at a time on two cores. They begin in this order: the
# longest first, and no linter in the end, when fewer are left than cores.
LINTS := lint-pyright lint-mypy lint-style
PARTS := test-rooms test-doors test-stores
BESIDE := --no-print-directory --jobs=3 --output-sync=target

# That generated files are up to date is a test too (tests/house), so it is looked at apart only where some tests are chosen.
test: $(DEV_STAMP) ## lint, generated files, tests; ARGS="-k units" reaches pytest
ifeq ($(strip $(ARGS)),)
	$(MAKE) $(BESIDE) $(LINTS) $(PARTS)
else
	$(MAKE) $(BESIDE) $(LINTS) check-generated
	$(BIN)/python -m pytest $(ARGS)
endif

test-doors: $(DEV_STAMP) ## the tests of the command line, the service, what it promises, its deployment and the wheel
	$(BIN)/python -m pytest $(DOORS)

test-stores: $(DEV_STAMP) ## the tests of the loaders, the stores and the bundled knowledge
	$(BIN)/python -m pytest $(STORES)

test-rooms: $(DEV_STAMP) ## all other tests
	$(BIN)/python -m pytest $(addprefix --ignore=,$(DOORS) $(STORES))

lint: $(DEV_STAMP) ## ruff, mypy, pyright, import contracts
	$(MAKE) $(BESIDE) $(LINTS)

lint-style: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

lint-mypy: $(DEV_STAMP)
	$(BIN)/mypy

lint-pyright: $(DEV_STAMP)
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(DEV_STAMP) ## put imports in order and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(DEV_STAMP) ## write terms.py, the functions' RDF, schema.graphql and the reference pages
	$(BIN)/python -m downstack.generate

check-generated: $(DEV_STAMP) ## fail when a generated file differs from what its owner says
	$(BIN)/python -m downstack.generate --check

bench: $(DEV_STAMP) ## measure, beside the peers, and write docs/benchmarks
	$(BIN)/python benchmarks/first_question.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/loops.py
	$(BIN)/python benchmarks/dependencies.py
	$(BIN)/python benchmarks/deployments.py
	$(BIN)/python benchmarks/service.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/sparql.py
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python benchmarks/evaluators.py --peers-environment .benchmarks/peers

# --upgrade renews every version; without it the versions of the present lock are kept where they still fit.
lock: $(DEV_STAMP) ## write both locks anew; ARGS=--upgrade for new versions
	$(LOCK) $(ARGS) --extra dev pyproject.toml --output-file requirements.lock > /dev/null
	$(LOCK) --constraint requirements.lock --extra api --extra mcp --extra loaders --extra remote --group build pyproject.toml \
		--output-file requirements-serve.lock > /dev/null

clean: ## remove the environment, caches and build results
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is written last, so an install that was interrupted is done again. A lock names everything, so nothing is resolved; what
# developers use is compiled when it is first imported, which is a small part of what they install.
$(DEV_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-deps --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(SERVE_STAMP): requirements-serve.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-serve.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
