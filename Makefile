# Everything runs on the Node 24 that npm installs; nothing else global is needed than npm and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := node_modules/.bin
NODE := $(BIN)/node --disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning
VITEST := $(NODE) $(BIN)/vitest run --reporter=default --reporter=json
INSTALLED := node_modules/.package-lock.json
SEED ?= 1

.PHONY: help demo up up-distributed infra infra-stop test check python integration e2e e2e-llm chaos bench ci ci-full generate release-proto format clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(INSTALLED): package-lock.json package.json
	npm ci --loglevel=error
	@touch $@

demo: $(INSTALLED) ## One cycle of five iterations on the development engine; writes out/report.html (SEED=1, DISTRIBUTED=1, ENGINE=http://…, TRAINER=local)
	@$(NODE) $(if $(DISTRIBUTED),deploy/local/src/demo.ts,services/suite/src/demo.ts) --seed $(SEED) $(if $(ENGINE),--engine $(ENGINE)) $(if $(TRAINER),--trainer $(TRAINER))

up: $(INSTALLED) ## All five services in one process, REST on 127.0.0.1:8080, until Ctrl-C
	@$(NODE) services/suite/src/main.ts

up-distributed: $(INSTALLED) ## The services in processes of their own, on Kafka, Redis and S3, until Ctrl-C
	@$(NODE) deploy/local/src/up.ts

infra: $(INSTALLED) ## Kafka, Redis and S3 on this machine, and how services are told (ARGS=--cluster: a Redis Cluster, too)
	@$(NODE) deploy/local/src/main.ts start $(ARGS)

infra-stop: $(INSTALLED) ## Stop what make infra started; its data stay in data/infra
	@$(NODE) deploy/local/src/main.ts stop

test: $(INSTALLED) ## Unit tests
	@$(VITEST) --outputFile.json=out/reports/test.json --project unit

python: ## The trainer and the recipe of the tiny model: format, lint, types, tests; installs what they need first
	@PYTHON=$$(services/trainer/environment.sh --dev) && BIN=$$(dirname $$PYTHON) && \
	for part in services/trainer tests/llm/model; do \
		(cd $$part && $$BIN/ruff check --quiet && $$BIN/ruff format --check --quiet && $$BIN/mypy --no-error-summary && \
		$$PYTHON -m pytest --quiet --junitxml=$(CURDIR)/out/reports/$$(basename $$part).xml) || exit 1; \
	done

integration: $(INSTALLED) ## Several services together, and the adapters against real Kafka, Redis and S3
	@$(VITEST) --outputFile.json=out/reports/integration.json --project integration

chaos: $(INSTALLED) ## Replicas, brokers, stores and networks that fail under load; LONG=1 for the long form
	@LONG=$(LONG) $(VITEST) --outputFile.json=out/reports/chaos.json --project chaos

check: $(INSTALLED) ## Format, lint, types, proto lint, generated code is current
	$(BIN)/biome ci --colors=off --error-on-warnings .
	$(BIN)/tsc -b
	cd proto && ../$(BIN)/buf lint && ../$(BIN)/buf format -d --exit-code
	@$(NODE) tests/ci/generated-is-current.ts
	cd proto && ../$(BIN)/buf breaking --against released.binpb

e2e: $(INSTALLED) ## The suite as a user runs it: demo, kill -9 and continue, README examples
	@$(VITEST) --outputFile.json=out/reports/e2e.json --project e2e

e2e-llm: $(INSTALLED) ## A cycle on a real language model: vLLM and the trainer, installed first; writes out/llm/report.html
	@$(VITEST) --outputFile.json=out/reports/llm.json --project llm

bench: $(INSTALLED) ## CPU per debate, added latency, rows a second, beside references
	@$(NODE) tests/load/bench.ts

ci: ## What .ci/run runs: check, test, python, integration, e2e, chaos
	@bash .ci/run

ci-full: ci ## All of it, with real language models, the long form of chaos and the benchmarks
	@$(MAKE) --no-print-directory e2e-llm
	@$(MAKE) --no-print-directory chaos LONG=1
	@$(MAKE) --no-print-directory bench

generate: $(INSTALLED) ## Generate code from proto/ and docs/configuration.md from the settings
	cd proto && PATH="$(CURDIR)/$(BIN):$$PATH" buf generate
	@$(NODE) tests/ci/configuration.ts

release-proto: $(INSTALLED) ## Record proto/ as released; make check holds later changes against it
	cd proto && ../$(BIN)/buf build -o released.binpb

format: $(INSTALLED) ## Format and fix what can be fixed
	$(BIN)/biome check --write .
	cd proto && ../$(BIN)/buf format -w

clean: ## Remove everything that was built, installed or written
	rm -rf node_modules out data
