# Knobs reach the commands through the environment (see stages/flags.ts); nothing is pasted into a shell line.
# GNU Make 3.81 syntax (macOS).
.NOTPARALLEL:
.PHONY: help demo check plan export join load ship verify optimize rollback status report show query test test-all test-crash bench build install lint format clean-build
.DEFAULT_GOAL := help

# What a person types on make's command line arrives as it was typed: make itself would expand a $ in it.
define keep
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(v)))),$(eval $(call keep,$(v)))))

RUN := node dist/stages/main.js
SOURCES_TS := $(shell find src stages -name '*.ts' 2>/dev/null)

help:
	@node scripts/help.mjs

demo check plan export join load ship verify optimize rollback status report show query: dist/.built
	@$(RUN) $@

install: node_modules/.installed

node_modules/.installed: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error && touch $@

dist/.built: node_modules/.installed tsconfig.json $(SOURCES_TS)
	@node_modules/.bin/tsc -p tsconfig.json && touch $@

build: dist/.built

test: dist/.built
	@node scripts/test.mjs default

test-all: dist/.built
	@node scripts/test.mjs all

test-crash: dist/.built
	@node scripts/test.mjs all test/crash/matrix.slow.test.ts

bench: dist/.bench-built
	@node dist/test/bench/main.js

# The bench is compiled beside the program that it measures.
dist/.bench-built: dist/.built tsconfig.bench.json $(shell find test/bench test/support -name '*.ts' 2>/dev/null)
	@node_modules/.bin/tsc -p tsconfig.bench.json && touch $@

lint: node_modules/.installed
	@node_modules/.bin/biome ci . && node_modules/.bin/knip

format: node_modules/.installed
	@node_modules/.bin/biome check --write .

clean-build:
	@rm -rf dist
