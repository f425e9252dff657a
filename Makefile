# make run    set up everything and read the sample letters into out/samples
# make test   set up everything and check the code: style, types, tests
# make fuzz   20,000 damaged letters and every kind of trouble at the size that is just allowed (about 10 minutes)
# make test-label-studio, make test-doccano   the review exports against the real tools, each in an environment of its own
# make test-faults   runs that are killed at KILLS (50) random moments
# make soak LETTERS=100000   a long run on invented letters, with the memory of its processes (out/soak)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out/samples
LETTERS ?= 100000
KILLS   ?= 50

.PHONY: run test fuzz test-label-studio test-doccano test-faults soak lint format clean help

help:
	@sed -n 's/^# //p' Makefile

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed
	$(BIN)/nlp-run annotations/letters -o $(OUT) --overwrite
	@echo "Records: $(OUT)/letters.jsonl. One letter at a glance: $(BIN)/imr-nlp show annotations/letters/eight-services.txt"

test: lint
	$(BIN)/python -m pytest tests/stress/test_speed.py  # alone: what runs beside it would be measured too
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore tests/stress/test_speed.py

test-label-studio: $(VENV)/.installed-dev
	PYTHON=$(BIN)/python OUT=out/label-studio bash tests/review/label_studio/run.sh

.venv-doccano/.installed: tests/review/doccano-requirements.txt
	$(PYTHON) -m venv --clear .venv-doccano
	.venv-doccano/bin/python -m pip install --quiet --requirement tests/review/doccano-requirements.txt
	@touch $@

test-doccano: $(VENV)/.installed-dev .venv-doccano/.installed
	IMR_DOCCANO_PYTHON=$(CURDIR)/.venv-doccano/bin/python $(BIN)/python -m pytest tests/review/test_doccano.py -k real

test-faults: $(VENV)/.installed-dev
	IMR_KILLS=$(KILLS) $(BIN)/python -m pytest tests/stress/test_faults.py -s

soak: $(VENV)/.installed-dev
	$(BIN)/python tests/stress/soak.py $(LETTERS)

fuzz: $(VENV)/.installed-dev
	$(BIN)/python tests/stress/fuzz/run.py --inputs 20000

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venv-label-studio .venv-doccano out dist build .pytest_cache .mypy_cache .ruff_cache
