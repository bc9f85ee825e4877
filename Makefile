# Every target does its own set-up, from any working directory: make -C path/to/dutchbook TARGET
HERE := $(dir $(lastword $(MAKEFILE_LIST)))
IN := cd "$(HERE)" &&
MYPY_PATHS := src tests tools benchmarks

.PHONY: help run test test-long setup lint types kill-test bench lock screenshots

help: ## show the targets
	@$(IN) awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## a whole desk at work on a simulated market, with its dashboard; ARGS="..." goes to `dutchbook run`
	@$(IN) tools/setup run
	@$(IN) .venv/bin/dutchbook run $(if $(ARGS),$(ARGS),--sandbox --dashboard)

test: ## the tests, minutes at most; ARGS="..." goes to pytest
	@$(IN) tools/setup dev
	@$(IN) tools/bytecode .venv/bin/python src tests
	@$(IN) JUDGES_PYTHON="$$(tools/judges)" .venv/bin/python -m pytest -n 3 --dist worksteal $(ARGS)

test-long: ## the tests that take their time, and properties tried far more often
	@$(IN) tools/setup dev
	@$(IN) tools/bytecode .venv/bin/python src tests
	@$(IN) SECOND_PYTHON="$$(tools/second-python)" JUDGES_PYTHON="$$(tools/judges)" \
	  .venv/bin/python -m pytest -n 2 -m long --hypothesis-profile=long \
	  -o faulthandler_timeout=900 $(ARGS)

kill-test: ## kill a trading desk a thousand times, or KILLS=N, and compare it with its venues afterwards
	@$(IN) tools/setup dev
	@$(IN) tools/bytecode .venv/bin/python src tests
	@$(IN) KILLS="$(or $(KILLS),1000)" .venv/bin/python -m pytest -n 0 -m long -o faulthandler_timeout=3600 \
	  tests/stories/kill/test_kills.py $(ARGS)

setup: ## build .venv
	@$(IN) tools/setup dev

lint: ## style, import contract, locks, and what may not be committed
	@$(IN) tools/setup dev
	@$(IN) .venv/bin/ruff check .
	@$(IN) .venv/bin/ruff format --check .
	@$(IN) .venv/bin/lint-imports --no-logo
	@$(IN) .venv/bin/python -m tools.locks
	@$(IN) .venv/bin/python -m tools.committed

types: ## mypy --strict
	@$(IN) tools/setup dev
	@$(IN) .venv/bin/mypy --strict $(MYPY_PATHS)

bench: ## measure against peers; writes benchmarks/results.json
	@$(IN) tools/setup dev
	@$(IN) .venv/bin/python -m benchmarks.run $(ARGS)

screenshots: ## the pictures of the dashboard in README and docs, taken in a browser
	@$(IN) tools/setup dev
	@$(IN) .venv/bin/python -m tools.screenshots $(ARGS)

lock: ## resolve pyproject.toml into the lock files; UPGRADE=1 moves all pins
	@$(IN) tools/lock $(if $(UPGRADE),--upgrade)
