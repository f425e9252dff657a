# make run     set up everything and read the sample letters into out/samples
# make check   style, types, import contracts, prose and the fast tests (about a minute)
# make fast    the fast tests alone
# make test    set up everything and run all of that and all tests but the long ones (five to ten minutes on two processors)
# make stress  the long tests, kills at KILLS (50) random moments, INPUTS (20,000) damaged letters, soak over
#              LETTERS (5,000) letters, DAMAGED (5,000) exports of each format, SEQUENCES (500) of runs, kills and edits
# make scores  findings gained and lost, letter by letter, against the last commit (needs real letters)
# make docs    build the documentation site into out/docs
# make sbom    bill of materials (CycloneDX) and page of licences, from a fresh environment without extras
# make test-label-studio, make test-doccano   the review exports against the real tools, each in an environment of its own
# make soak LETTERS=100000   a long run on invented letters, with the memory of its processes (out/soak)
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out/samples
LETTERS ?= 5000
KILLS   ?= 50
INPUTS  ?= 20000
# One list of pins for each version of Python.
PINS    = $(shell $(PYTHON) -c 'import sys; print("constraints-3.12.txt" if sys.version_info >= (3, 12) else "constraints.txt")')

# Compiled modules and patterns are kept between starts, which take a quarter less time then.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: docs sbom run check fast test stress speed faults fuzz import-fuzz sequences soak test-label-studio test-doccano lint format scores clean help

help:
	@sed -n 's/^# //p' Makefile

$(VENV)/.installed: pyproject.toml constraints.txt constraints-3.12.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed
	$(BIN)/nlp-run annotations/letters -o $(OUT) --overwrite
	@echo "Records: $(OUT)/letters.jsonl. One letter: $(BIN)/imr-nlp show annotations/letters/eight-services.txt"

check: lint fast

fast: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not stress" tests

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not stress"

stress: faults fuzz soak import-fuzz sequences
	$(BIN)/python -m pytest -n 2 --dist loadfile -m stress tests --ignore tests/stress/test_speed.py --ignore tests/stress/test_faults.py --ignore tests/stress/test_import_fuzz.py

test-label-studio: $(VENV)/.installed-dev
	PYTHON=$(BIN)/python OUT=out/label-studio bash tests/review/label_studio/run.sh

.venv-doccano/.installed: tests/review/doccano-requirements.txt
	$(PYTHON) -m venv --clear .venv-doccano
	.venv-doccano/bin/python -m pip install --quiet --requirement tests/review/doccano-requirements.txt
	@touch $@

test-doccano: $(VENV)/.installed-dev .venv-doccano/.installed
	IMR_DOCCANO_PYTHON=$(CURDIR)/.venv-doccano/bin/python $(BIN)/python -m pytest tests/review/test_doccano.py -k real

# Speed as ratios in one run. Not part of CI: a busy machine changes ratios too.
speed: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/stress/test_speed.py

faults: $(VENV)/.installed-dev
	IMR_KILLS=$(KILLS) $(BIN)/python -m pytest tests/stress/test_faults.py -s

# Damaged exports of labelling tools, so many a format; random sequences of runs, kills, edits and damage.
DAMAGED ?= 5000
SEQUENCES ?= 500
import-fuzz: $(VENV)/.installed-dev
	IMR_IMPORT_FUZZ=$(DAMAGED) $(BIN)/python -m pytest -n 2 tests/stress/test_import_fuzz.py

sequences: $(VENV)/.installed-dev
	IMR_SEQUENCES=$(SEQUENCES) $(BIN)/python -m pytest -n 2 tests/run/test_sequences.py

fuzz: $(VENV)/.installed-dev
	$(BIN)/python tests/stress/fuzz/run.py --inputs $(INPUTS)

soak: $(VENV)/.installed-dev
	$(BIN)/python tests/stress/soak.py $(LETTERS)

# Findings of the working tree against those of the last commit, whose code is unpacked into out/last.
CORPUS ?= $(or $(IMR_CORPUS),../shared/corpus)
scores: $(VENV)/.installed-dev
	rm -rf out/last out/last-run
	mkdir -p out/last && git archive HEAD pipeline configs models | tar -x -C out/last
	PYTHONPATH=out/last/pipeline $(BIN)/python -m imr_nlp run $(CORPUS)/letters -o out/last-run --quiet
	@for gold in $(CORPUS)/gold*.jsonl; do echo "== $$gold"; $(BIN)/imr-nlp evaluate $$gold --against out/last-run; done

docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

sbom: $(VENV)/.installed
	$(PYTHON) -m venv --clear .venv-sbom
	.venv-sbom/bin/python -m pip install --quiet --constraint $(PINS) .
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable '.[sbom]'
	mkdir -p out && $(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o out/sbom.raw.json .venv-sbom
	$(BIN)/python docs/site/licences.py out/sbom.raw.json

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/whole/test_prose.py

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m imr_nlp.config

clean:
	rm -rf $(VENV) $(VENV)-3.12 .venv-sbom .venv-label-studio .venv-doccano out dist build .pytest_cache .mypy_cache .ruff_cache
