# The few commands that people and scripts hold on to. The environment is .venv, the command .venv/bin/lastro.

BIN := .venv/bin
PYTEST ?=
WORKERS ?= 3
SEED ?= 1
NAMES ?=
SCALE ?= small
KAFKA ?=

# Every test that starts a process imports all of it: compiled once, not each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check format soak bench lock

help:
	@echo 'make setup   the environment, exactly from the locks'
	@echo 'make demo    everything on this machine, with a sample portfolio; prints the address; KAFKA=1'
	@echo 'make test    every test; PYTEST="-m chaos" for some'
	@echo 'make check   format, lint, types, imports'
	@echo 'make soak    the long chaos runs; SEED=n'
	@echo 'make bench   ratios within one run; NAMES=a,b SCALE=small|full'
	@echo 'make format  bring the code to its form'
	@echo 'make lock    write the locks anew'

setup:
	@deploy/setup.sh

demo: setup
	@LASTRO_STOP_WITH_PARENT=1 exec $(BIN)/lastro demo $(if $(filter-out 0 no,$(KAFKA)),--kafka)

test: setup
	@LASTRO_CHROMIUM="$$(deploy/chromium.sh)" && export LASTRO_CHROMIUM && \
		exec $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: setup
	LASTRO_SOAK_SEED=$(SEED) $(BIN)/pytest -m chaos --timeout 3600 $(PYTEST)

bench: setup
	$(BIN)/python -m bench $(if $(NAMES),--names $(NAMES)) --scale $(SCALE)

lock: setup
	deploy/lock.sh
