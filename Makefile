# The one entry point; CI calls it too.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test setup fmt fmt-check core lint build cargo-test docs deny clients e2e page rules chart deploy image-test image yaml-shell oracles fuzz fuzz-short demo-golden facts release-check

CARGO_DENY := 0.20.2
VENV := .cache/venv
PYTEST := $(VENV)/bin/python -m pytest -p no:cacheprovider
ORACLES := .cache/oracles
SEED ?= 1
SECONDS ?= 600
APART := test_alerting.py test_image.py
ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,amd64)
NOT_RUN := target/not-run.txt
export PATH := $(CURDIR)/.cache/tools/bin:$(PATH)

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Built as everything else is, so that the SDK compiles once and `ecs-scaling` is there to look at the demo with.
demo: build ## Shows the controller at work on a local AWS; ARGS=--exit ends by itself
	@"$${CARGO_TARGET_DIR:-target}"/debug/ecs-scaling-sandbox demo $(ARGS)

test: ## Installs what the checks need and runs every one of them
	@tests/scripts/test.sh

setup: ## Installs cargo-deny, Helm, what comes from PyPI and the oracles below .cache/
	@tests/scripts/setup.sh $(CARGO_DENY) $(VENV) $(ORACLES)

fmt: ## Formats the code
	cargo fmt --all

fmt-check: ## Fails where the code is not formatted
	cargo fmt --all --check

core: ## Tests the pure core alone, without the SDK
	cargo test --locked -p ecs-scaling --lib --no-default-features

# Every step builds the whole workspace, so that all share one build of the SDK.
lint: ## Runs clippy, warnings denied
	cargo clippy --locked --workspace --all-targets -- -D warnings

build: ## Builds both binaries
	cargo build --locked --workspace

cargo-test: build ## Runs every Rust test, some of them on the built binaries
	cargo test --locked --workspace

docs: ## Builds the docs, warnings denied
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

deny: ## Checks the dependencies: bans, licences, sources
	cargo-deny --offline --workspace check --hide-inclusion-graph bans licenses sources
	@mkdir -p $(dir $(NOT_RUN))
	@echo 'advisories: their database needs the network; make release-check asks for it' >> $(NOT_RUN)

clients: build ## Runs boto3, the aws CLI and Terraform against the built binaries
	$(PYTEST) tests/clients $(addprefix --ignore=tests/clients/,$(APART))

e2e: build ## Runs the controller with Prometheus and Alertmanager, from a lost permission to the message and back
	$(PYTEST) tests/clients/test_alerting.py

page: build ## Looks at the status page in headless Chromium; UPDATE_SCREENSHOTS=1 takes the pictures anew
	$(PYTEST) tests/page

rules: ## Checks the alerts and runs promtool's tests of them
	@tests/scripts/rules.sh

chart: ## Lints and renders the chart by Helm 3 and 4; UPDATE_GOLDEN=1 writes what is generated
	$(PYTEST) tests/chart

deploy: ## Checks the ECS template, the task definition, the Dockerfile and the runbook
	$(PYTEST) tests/deploy

# Of the dev profile, since an optimised build takes many times as long; what is shipped is of the release profile.
image-test: build ## Builds an unoptimised image, and runs its program in it
	@tests/scripts/image.sh dev $(ARCH)
	IMAGE_PROFILE=dev $(PYTEST) tests/clients/test_image.py
	@echo 'image, of the other architecture: it takes a machine of its own; make image there' >> $(NOT_RUN)

image: build ## Builds the image for this machine, and runs its program in it: target/image/release
	deploy/container/build.sh release $(ARCH)
	IMAGE_PROFILE=release $(PYTEST) tests/clients/test_image.py

yaml-shell: ## Lints YAML and shell scripts
	$(VENV)/bin/yamllint --strict .
	$(VENV)/bin/shellcheck tests/scripts/*.sh deploy/container/build.sh .ci/run

oracles: ## Compares the policy evaluator with an independent one; SEED=N
	@tests/scripts/oracles.sh $(ORACLES) $(SEED) 10000 $(NOT_RUN)

fuzz: ## Fuzzes every target, or TARGET=NAME, for SECONDS each
	@tests/scripts/fuzz.sh $(SECONDS) $(TARGET)

fuzz-short: ## Fuzzes every target for some seconds
	@tests/scripts/fuzz.sh 3

demo-golden: ## Compares what the demo shows with tests/it/golden/demo.txt
	$(MAKE) --silent demo ARGS=--exit | diff -u tests/it/golden/demo.txt -

facts: ## Marks in tests/it/facts.txt what is tested
	UPDATE_FACTS=1 cargo test --locked -p ecs-scaling-sandbox --test it facts

release-check: test ## Runs what takes longer or needs the network: advisories, optimised tests, the image
	cargo-deny --workspace check advisories
	cargo test --locked --release --workspace --lib
	$(MAKE) image
