# Short targets. `make up` and `make test` do all their own set-up.
#
#   make up                        start the platform; Ctrl-C stops it
#   make up ARGS="--ready-file F"  the same, with addresses as JSON in F once all is ready
#   make test                      everything CI runs     make check   the fast part: format, lint, layers, types
#   make demo                      send a few requests    make bench   measure the claims of the README
#   make clients                   real clients through the gateway, in environments of their own under var/clients
#   make bench-gateway             the gateway beside a bare answer and beside other gateways, in one run (10 minutes)
#   make soak                      a million mixed calls through the gateway: does it grow?  make ledger  is it paid right?
#   make doctor                    what works, what not   make lock    resolve the requirements anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := uv pip compile --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet \
	--no-emit-index-url --no-emit-find-links
ARGS ?=
# One module of benchmarks/ for each claim in the README.
CLAIMS ?= gateway deciding routing leaving heal

# `check --deploy` judges the settings that an installation behind HTTPS has; state goes to a folder of its own.
PRODUCTION := AVYAY_PUBLIC_URL=https://avyay.example AVYAY_ALLOWED_HOSTS=avyay.example AVYAY_TRUSTED_PROXIES=1 \
	AVYAY_VAR=$(VENV)/check

.PHONY: up test check bench bench-gateway soak ledger clients demo doctor lock clean

up: $(VENV)/runtime.stamp
	@exec $(BIN)/python manage.py up $(ARGS)

test: check
	$(BIN)/pytest -n auto --dist loadgroup -m "not browser" -q
	$(BIN)/pytest -m browser -q

check: $(VENV)/tools.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	find templates -name '*.html' -print0 | xargs -0 $(BIN)/djade --check --target-version 5.2
	$(BIN)/lint-imports
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	$(BIN)/mypy .

bench: $(VENV)/tools.stamp
	@set -e; for name in $(CLAIMS); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

# The peers are installed under var/peers the first time; `make bench-gateway ARGS="--parts peers"` for a part.
bench-gateway: $(VENV)/tools.stamp
	@$(BIN)/python -m benchmarks.gateway $(ARGS)

# A smaller one: `make soak ARGS="--requests 100000"`.
soak: $(VENV)/tools.stamp
	@$(BIN)/python -m benchmarks.soak $(ARGS)

ledger: $(VENV)/tools.stamp
	@$(BIN)/python -m benchmarks.ledger $(ARGS)

# A table of client and case; `make clients ARGS="--only codex claude --upstream native"` for a part.
clients: $(VENV)/tools.stamp
	@$(BIN)/python -m benchmarks.clients $(ARGS)

demo: $(VENV)/runtime.stamp
	@$(BIN)/python manage.py demo $(ARGS)

doctor: $(VENV)/runtime.stamp
	@$(BIN)/python manage.py doctor $(ARGS)

lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -c requirements.txt -o requirements-dev.txt

# State under AVYAY_VAR stays: it is yours.
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Avyay needs Python 3.11 or newer; set PYTHON to one, as in: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }

$(VENV)/runtime.stamp: requirements.txt | $(BIN)/python
	@echo "installing requirements.txt (about a minute the first time)" >&2
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/tools.stamp: requirements-dev.txt | $(BIN)/python
	@echo "installing requirements-dev.txt" >&2
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/runtime.stamp
