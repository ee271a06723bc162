# The commands of this repository. `make help` lists them; PYTHON=python3.12 chooses another Python.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TRAIN ?=
BENCH ?=
PYTEST_ARGS ?= -n 2 --dist worksteal
GRAPHS ?= 100000
SEED ?=

.DEFAULT_GOAL := help
.PHONY: help train test fuzz check lint types doctest bench clean

help:
	@echo "make train   train on MNIST (or the small digits that come along) and print the error rate"
	@echo "             TRAIN='--epochs 3 --digits' passes options on"
	@echo "make test    run the tests in two processes; PYTEST_ARGS='-k roles' gives other options"
	@echo "make fuzz    checks random graphs: GRAPHS=100000 of them, SEED=7 to see some again"
	@echo "make check   lint, types, doctest: linter and format, mypy, examples in docstrings"
	@echo "make bench   run the benchmarks against what can be had of PyTorch, JAX, PyTensor, and"
	@echo "             write benchmarks/results.json; BENCH=--quick for a look, which writes nothing"
	@echo "make clean   remove the virtual environment and what tools left behind"
	@echo "PYTHON=python3.12 chooses another Python, VENV=folder another virtual environment"

train: $(VENV)/.base
	$(BIN)/python examples/mnist.py $(TRAIN)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# With PyTensor a share of the graphs is run by it too; where it cannot be had, that says so.
fuzz: $(VENV)/.test
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz --graphs $(GRAPHS) $(if $(SEED),--seed $(SEED))

check: lint types doctest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# BLOCKS_CONFIG: the user's settings do not change what the docstrings show.
doctest: $(VENV)/.test
	BLOCKS_CONFIG=/dev/null $(BIN)/python -m pytest -q --doctest-modules blocks

# The peers are installed if they can be had; the table says which are missing.
bench: $(VENV)/.base
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]' || \
	for peer in torch jax pytensor; do \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check $$peer; \
	done
	$(BIN)/python benchmarks $(BENCH)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps in the virtual environment say what was installed; a new pyproject.toml renews them.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "blocks needs Python 3.10 or later as '$(PYTHON)'; say which: make PYTHON=python3.12 ..." >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments; install its module venv (on Debian and" >&2; \
	    echo "Ubuntu: apt install python3-venv), or choose another Python: make PYTHON=..." >&2; \
	    exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.made setup.py pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test $(VENV)/.dev: $(VENV)/.%: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@
