# Every routine command.  `make demo` and `make test` need nothing but python3 (3.10 or newer) and pip's index.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.installed
JOBS   ?= 2
SECONDS ?= 60
PYTEST := $(PY) -m pytest -n $(JOBS)

.PHONY: demo test check bench golden gallery diff fuzz soak lint image clean

# A Lua script runs; its hot loop's bytecode, IR, machine code and linked side traces are printed.
demo: $(STAMP)
	$(PY) -m jitvm -jdump=tbism traces/seed1/seed1.lua
	$(PY) -m jitvm -jdump=tbism traces/seed2/seed2.lua

# The fast subset: every test, in the modes that matter most.
test: $(STAMP)
	$(PYTEST) tests

# All modes, slow tests included.
check: $(STAMP) lint
	JITVM_MODES=all JITVM_SLOW=1 $(PYTEST) tests

bench: $(STAMP)
	$(PY) -m tests.bench.run

# Rewrites the stored listings; read the diff.
golden: $(STAMP)
	$(PY) -m tests.support.golden

# Draws the pictures of the README again; needs chromium.
gallery: $(STAMP)
	$(PY) -m tests.support.gallery

# Compares the listings of traces/ with the live luajit binary.
diff: $(STAMP)
	$(PY) -m tests.support.golden --diff

fuzz: $(STAMP)
	$(PY) -m tests.fuzz.run --seconds $(SECONDS)

# One process runs all test programs over and over; it must not grow.
soak: $(STAMP)
	$(PY) -m tests.soak --seconds $(SECONDS)

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(PY) -m mypy
	$(PY) -m pytest tests/test_layering.py

image: $(STAMP)
	$(PY) -m jitvm.native.image

# Debian's python3 may come without ensurepip: then virtualenv, which brings its own pip, makes the environment.
$(STAMP): setup.py
	rm -rf $(VENV)
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 10), "Python 3.10 or newer is needed"'
	$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	    { $(PYTHON) -m virtualenv --version >/dev/null 2>&1 || \
	      $(PYTHON) -m pip install --quiet --user --break-system-packages virtualenv; } && \
	    $(PYTHON) -m virtualenv --quiet $(VENV); } || \
	    { echo "cannot make a virtual environment: apt-get install python3-venv" >&2; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
