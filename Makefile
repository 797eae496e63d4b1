# Needs python3 (3.11 or newer) with python3-venv, and the package index; everything else is made here.
# `make demo` shows the main job, `make test` proves it.

ARGS ?=
DIR ?= ../shared/conformance
STEP := scripts/step
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# A process a core, a file's tests in one of them. The drill keeps to one: it loads the machine itself.
# What hangs is ended after five minutes: a busy machine took two to fill a month's store.
BESIDE := -n auto --dist loadfile --no-loadscope-reorder --timeout 300

# Containers like to set it, and a program without bytecode takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test unit drill bench conformance lint format lock wheel clean runtime dev system

help:
	@echo "make demo [ARGS=--once]   the main job on lab and real devices, from nothing"
	@echo "make test                 system packages, lint, types and the whole suite"
	@echo "make unit                 in a minute: one piece of ours by itself, and nothing but Python"
	@echo "make drill                everything at full counts; goes on where it was stopped"
	@echo "make bench                the benchmarks"
	@echo "make conformance [DIR=...] [ARGS=--json|--misses]  recordings of real devices: right, wrong, missing"
	@echo "make lint | format        lint and types | put the code in form"
	@echo "make lock [UPGRADE=1]     resolve the locks again"
	@echo "make wheel | clean        build dist/*.whl | remove what was made"

# One line for a step; its log is in .build/log. A stamp in .venv makes a second call free.
runtime dev:
	@python=$$(scripts/python) && "$$python" scripts/venv.py $@

system:
	@$(STEP) "system packages" scripts/system-packages

demo: runtime
	@$(BIN)/evidence-lab demo $(ARGS)

# All three, whatever the first one says.
lint: dev
	@status=0; \
	$(STEP) "ruff check" $(BIN)/ruff check . || status=1; \
	$(STEP) "ruff format" $(BIN)/ruff format --check . || status=1; \
	$(STEP) "mypy --strict" $(BIN)/mypy --strict . || status=1; \
	exit $$status

# Packages first: what fails there is shown before minutes of tests. Lint goes on beside them, being
# one process where a machine has two cores, and is told at their end.
test: dev system
	@$(MAKE) --no-print-directory lint > .build/lint 2>&1 & lint=$$!; \
	status=0; \
	$(PYTEST) $(BESIDE) $(ARGS) || status=1; \
	wait $$lint || status=1; \
	cat .build/lint; \
	exit $$status

unit: dev
	@$(PYTEST) $(BESIDE) -m "not part and not whole and not drill" $(ARGS)

drill: dev system
	@EVIDENCE_DRILL=1 $(PYTEST) --timeout 3600 $(ARGS)

bench: dev system
	@$(BIN)/python -m benchmarks $(ARGS)

conformance: dev
	@$(BIN)/python -m tests.conformance.summary "$(DIR)" $(ARGS)

format: dev
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

lock:
	@scripts/lock

# setuptools would put what an older build left in build/ into the wheel.
wheel: dev
	@rm -rf build dist
	@$(STEP) "wheel" $(BIN)/python -m build --wheel --no-isolation
	@rm -rf build
	@ls dist/*.whl

clean:
	@rm -rf .venv .build .drill build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
