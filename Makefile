# Two commands do everything: `make book` and `make test`. The rest are side doors.
PYTHON ?= python3
BIN := .venv/bin
EXECUTED := $(wildcard chapters/*.ipynb book/seminar/*.ipynb book/*.ipynb)
# All cores execute chapters, and the build takes what they printed from here. A chapter that failed
# is not in here: the build executes it again and says what failed.
CACHE := _build/.jupyter_cache
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: book html test browser figures data lab bench students lock clean

book: export SCALINGLAB_MODE = verify
book: export SCALINGLAB_EXECUTE = cache
book: .venv/installed  ## execute every chapter, check every figure, render the site
	rm -rf _build && mkdir -p $(CACHE)
	$(BIN)/jcache notebook --cache-path $(CACHE) add $(EXECUTED)
	$(BIN)/jcache project --cache-path $(CACHE) execute --executor local-parallel --timeout 300
	$(RENDER)

html: export SCALINGLAB_EXECUTE = off
html: .venv/installed  ## render the stored outputs only
	rm -rf _build
	$(RENDER)

test: .venv/installed  ## every check except those that need a browser
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/pytest

browser: .venv/installed  ## the built site in Chromium
	$(BIN)/pytest -n 0 -m browser tests/browser

figures: .venv/installed  ## execute every chapter and publish what it draws and records
	SCALINGLAB_MODE=write $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False $(EXECUTED)

data: .venv/installed  ## derive the tables again: from SOURCES=<folder>, else by download
	$(BIN)/python -m scalinglab.ingest $(if $(SOURCES),--sources $(SOURCES))

experiments: .venv/installed  ## run the sweeps of the small experiments again; resumes
	$(BIN)/python -m scalinglab.experiments

lab: .venv/installed  ## JupyterLab on the chapters
	$(BIN)/jupyter lab chapters

bench: .venv/installed  ## time the fitting engine against its peers
	$(BIN)/python benchmarks/laws.py

students: .venv/installed  ## the chapters without outputs and answers, in _build/students
	$(BIN)/python -m scalinglab.students

lock: .venv/installed  ## compile requirements.in into the full lock with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes \
		--no-header --quiet --output-file requirements.txt

clean:
	rm -rf _build .venv

# A failed build leaves no site behind: -W finds warnings, but renders all the same.
# Both start from nothing: Sphinx keeps changed static files and unchanged notebooks as they were.
RENDER = $(BIN)/jupyter-book build . -W --keep-going --quiet && \
	echo "The book: _build/html/index.html" || { rm -rf _build/html; exit 1; }

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
