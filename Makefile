# `make up` and `make test` are all a newcomer needs; Python >= 3.11 and make are all they ask for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.8
MANAGE := $(BIN)/python manage.py
SERVICES := $(MANAGE) with_services --
TESTS ?= tests
# One more than the two cores that are meant: many tests wait for processes, locks and pauses.
WORKERS ?= 3
ROUNDS ?= 30
# Simulated days of `make soak`, and simulated hours between two stops of its clock.
DAYS ?= 182
HOURS ?= 4
# The certificates that this machine trusts, as pip does, where there are any; else those that uv brings.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),true,false)

# Every process loads the whole program: without compiled bytecode each would spend seconds on compiling it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup up test test-full chaos compose-journey soak check audit sbom bench docs claims screenshots openapi messages lock vendor clean

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "CryptoPredict needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip --clear $(VENV)
	@{ $(BIN)/python -m pip --version >/dev/null 2>&1 && $(BIN)/python -m pip install --quiet uv==$(UV_VERSION); } \
		|| $(PYTHON) -m pip --python $(BIN)/python install --quiet uv==$(UV_VERSION)

$(VENV)/.runtime: requirements.lock | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.development  ## virtual environment with everything; instant when nothing changed

up: $(VENV)/.runtime  ## start the product on http://127.0.0.1:8000 (Ctrl-C stops everything)
	@exec $(MANAGE) up

test: setup  ## the test suite on the embedded services; LONG=1 as in CI, with kills, restores and every page
	@$(SERVICES) $(BIN)/python -m pytest $(if $(LONG),--long )-n $(WORKERS) --durations 40 --durations-min 5 $(TESTS)

test-full: setup  ## the long suites as well
	@$(SERVICES) $(BIN)/python -m pytest --full -n $(WORKERS) $(TESTS)

chaos: setup  ## kill every part of a running product 30 times in the midst of work, fill its disk, set its clock (hours); ROUNDS=3 for less
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS)

compose-journey: setup  ## every service of docker-compose.yml, by Docker or as processes, and people's ways through them (minutes)
	@$(BIN)/python -m tests.compose

soak: setup  ## half a year of the product on a clock that jumps, into docs/soak.md (hours); DAYS=2 HOURS=24 for less
	@$(BIN)/python -m tests.soak --days $(DAYS) --hours $(HOURS) --write docs

check: setup  ## lint, types, templates, imports, migrations, deployment settings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --check --lint templates
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(SERVICES) $(MANAGE) makemigrations --check --dry-run
	@SITE_URL=https://cryptopredict.example $(SERVICES) $(MANAGE) check --deploy --fail-level WARNING
	@$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	@$(MANAGE) openapi --check
	@$(MANAGE) asvs --check
	@$(MANAGE) audit_dependencies || [ $$? -eq 3 ]  # 3: nobody could be asked, which it says
	@$(BIN)/python -m tests.promise
	@$(SERVICES) $(BIN)/python -m tests.migration_lint

audit: setup  ## look our packages up among known faults; status 3 if nobody could be asked
	@$(MANAGE) audit_dependencies

sbom: setup  ## what the program is made of, with licences and digests, into .data/sbom.cdx.json
	@$(MANAGE) sbom --file .data/sbom.cdx.json

bench: setup  ## measure every claim of speed against its peer
	@for script in $$(grep -l __main__ benchmarks/*.py); do $(SERVICES) $(BIN)/python $$script || exit 1; done

claims: setup  ## run the commands of docs/claims.md and rewrite its table
	@$(MANAGE) claims

docs: setup  ## build the documentation into .data/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir .data/site

screenshots: setup  ## pictures of every page into docs/, and what a browser measures of them (needs chromium)
	@$(BIN)/python -m pictures

openapi: setup  ## write the document of the API into docs/api/
	@$(MANAGE) openapi

messages: setup  ## collect and compile translations (needs GNU gettext)
	@$(MANAGE) database_words
	@$(MANAGE) makemessages --all --no-obsolete --no-location --ignore '$(VENV)/*' --ignore '.data/*'
	@$(MANAGE) compilemessages --ignore '$(VENV)/*' --ignore '.data/*'

lock: $(UV)  ## resolve the dependencies anew
	@$(UV) pip compile --quiet --universal --fork-strategy fewest --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	@$(UV) pip compile --quiet --universal --fork-strategy fewest --generate-hashes --python-version 3.11 --group dev \
		--custom-compile-command "make lock" --output-file requirements-dev.lock pyproject.toml

vendor: setup  ## fetch the pinned front-end packages anew (needs npm)
	@$(MANAGE) refresh_vendor

clean:  ## remove the virtual environment, keep the data
	@rm -rf $(VENV)
