# Everything runs on the Node 24 that npm installs; nothing else global is needed than npm and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := node_modules/.bin
NODE := $(BIN)/node --disable-warning=ExperimentalWarning
VITEST := $(NODE) $(BIN)/vitest run --reporter=default --reporter=json
INSTALLED := node_modules/.package-lock.json
SEED ?= 1

.PHONY: help demo up test check e2e bench ci ci-full generate release-proto format clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): package-lock.json package.json
	npm ci --loglevel=error
	@touch $@

demo: $(INSTALLED) ## One cycle of five iterations on the development engine; writes out/report.html (SEED=1)
	@$(NODE) services/suite/src/demo.ts --seed $(SEED)

up: $(INSTALLED) ## All five services in one process, REST on 127.0.0.1:8080, until Ctrl-C
	@$(NODE) services/suite/src/main.ts

test: $(INSTALLED) ## Unit and integration tests
	@$(VITEST) --outputFile.json=out/reports/test.json --project unit --project integration

check: $(INSTALLED) ## Format, lint, types, proto lint, generated code is current
	$(BIN)/biome ci --colors=off --error-on-warnings .
	$(BIN)/tsc -b
	cd proto && ../$(BIN)/buf lint && ../$(BIN)/buf format -d --exit-code
	@$(NODE) tests/ci/generated-is-current.ts
	cd proto && ../$(BIN)/buf breaking --against released.binpb

e2e: $(INSTALLED) ## The suite as a user runs it: demo, kill -9 and continue, README examples
	@$(VITEST) --outputFile.json=out/reports/e2e.json --project e2e

bench: $(INSTALLED) ## CPU per debate, added latency, rows a second, beside references
	@$(NODE) tests/load/bench.ts

ci: ## What .ci/run runs: check, test, e2e
	@bash .ci/run

ci-full: ci bench ## All of it, the benchmarks too

generate: $(INSTALLED) ## Generate code from proto/
	cd proto && PATH="$(CURDIR)/$(BIN):$$PATH" buf generate

release-proto: $(INSTALLED) ## Record proto/ as released; make check holds later changes against it
	cd proto && ../$(BIN)/buf build -o released.binpb

format: $(INSTALLED) ## Format and fix what can be fixed
	$(BIN)/biome check --write .
	cd proto && ../$(BIN)/buf format -w

clean: ## Remove everything that was built, installed or written
	rm -rf node_modules out data
