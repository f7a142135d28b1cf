# Two commands matter to a newcomer: `make demo` and `make test`. Both build
# their own virtual environment in .venv from the exact pins in constraints.txt.

PYTHON ?= python3.11
VENV := .venv
PYTEST_ARGS ?= -n 2
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := policies federation flower clients server demo protos/hanse_wire
CODE := policies federation flower clients server demo tests bench docs examples protos/generate.py
export MYPYPATH := policies:federation:flower:clients:server:protos:demo
# Flower must not phone home, whoever runs it.
export FLWR_TELEMETRY_ENABLED := 0
export FLWR_DISABLE_UPDATE_CHECK := 1

.PHONY: demo test dev lint types imports protos protos-check docs bench chaos fuzz clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0 -e '.[dev]'
	@touch $(STAMP)

dev: $(STAMP)  ## Set up .venv with everything that development needs.

demo: $(STAMP)  ## Five brands and an operator run three studies on real data.
	$(BIN)/hanse demo --out demo-out

test: lint types imports protos-check  ## Every check; CI runs this.
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(STAMP)
	$(BIN)/mypy
	MYPYPATH=$(MYPYPATH):. $(BIN)/mypy bench

imports: $(STAMP)
	$(BIN)/lint-imports

protos: $(STAMP)  ## Regenerate the protobuf code after editing a .proto file.
	$(PYTHON) protos/generate.py

protos-check: $(STAMP)  ## Regenerate into a temporary folder and compare.
	$(PYTHON) protos/generate.py --check

docs: $(STAMP)  ## Regenerate the reference pages from the code.
	$(BIN)/python docs/generate_reference.py

bench: $(STAMP)
	$(BIN)/python bench/link.py --check
	$(BIN)/python bench/policy_decisions.py --check
	$(BIN)/python bench/noise.py --check
	$(BIN)/python bench/consent_filter.py --check
	$(BIN)/python bench/secure_sum.py --check
	$(BIN)/python bench/distributed_training.py --check

chaos: $(STAMP)  ## Kill and disturb a league of real processes; some twenty minutes.
	$(BIN)/python -m tests.chaos.run --kills 200 --every-point
	$(BIN)/python -m tests.chaos.run --kills 50 --store postgresql --if-installed

fuzz: $(STAMP)  ## Fuzz the loading of documents for five minutes.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt atheris
	$(BIN)/python -m tests.fuzz.run --seconds 300

clean:
	rm -rf $(VENV) demo-out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(SOURCES) tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +
