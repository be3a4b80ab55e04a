# Every command a person needs; `make help` lists them. What they do lies in tests/ and in the
# binary itself. ARGS is handed on to the binary: make demo ARGS=--json
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

motcua := $(or $(CARGO_TARGET_DIR),target)/debug/motcua
kafka := tests/kafka/kafka

# Always the whole workspace: cargo builds a crate anew when another selection of packages asks
# for other features of it.
build := cargo build --workspace
test := cargo test --workspace --no-fail-fast

# What needs a broker: test binaries named kafka*, and elsewhere tests named kafka_*. Cargo knows no
# "all binaries but these"; a pattern says it nearly: no other may begin with a k.
with_kafka := --test 'kafka*'
without_kafka := --lib --bins --test '[!k]*'

.PHONY: help
help: ## List these commands
	@sed -nE 's/^([a-z-]+):.* ## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

.PHONY: run
run: ## Install what is missing, start the mesh, walk one dossier, serve until Ctrl-C
	@tests/setup run
	$(build)
	exec $(motcua) up --walk $(ARGS)

# Only the journey goes to standard output: with ARGS=--json another program reads it.
.PHONY: demo
demo: ## Walk one dossier through the running mesh, or one started for it (ARGS="--journey NAME --json")
	@tests/setup run >&2
	$(build)
	exec $(motcua) demo $(ARGS)

.PHONY: test
test: ## Run every test, from a clean checkout; starts and stops a Kafka of its own
	@tests/setup test
	tests/contract
	if [[ -z $${MOTCUA_TEST_KAFKA:-} ]]; then
	  $(kafka) status >/dev/null || trap '$(kafka) stop >/dev/null || true' EXIT
	  if $(kafka) start; then export MOTCUA_TEST_KAFKA=$$($(kafka) address); fi
	fi
	tests/client/run
	if [[ -n $${MOTCUA_TEST_KAFKA:-} ]]; then
	  $(test)
	else
	  make --no-print-directory test-without-kafka
	fi

# Called by its bare name above: a recipe with MAKE in it runs even in a dry run.
# A person may have no Java, and hears what was left out; a builder must run everything.
.PHONY: test-without-kafka
test-without-kafka: ## Run the tests that need no Kafka; with CI=true that is a failure
	@status=0
	$(test) $(without_kafka) -- --skip kafka_ || status=$$?
	$(test) --doc || status=$$?
	count() { cargo test --workspace --quiet "$$@" | grep -c ': test$$' || true; }
	named=$$(count $(without_kafka) -- --list kafka_)
	whole=$$(count $(with_kafka) -- --list)
	parts=$$(count $(with_kafka) -- --list --ignored)
	echo "test: $$((named + whole - parts)) tests were not run: they need Apache Kafka (make kafka)"
	if [[ $${CI:-} == true ]]; then exit 1; fi
	exit $$status

.PHONY: hostile
hostile: ## Ask every rpc in a hundred thousand messages made from the contract (MESSAGES=); the tests do in four thousand
	@tests/setup test
	MOTCUA_TEST_MESSAGES=$(or $(MESSAGES),100000) $(test) --test hostile every_rpc

.PHONY: check
check: ## Judge format, contract, alerts, offline SQL data, lints, manifests, the image and dependencies
	@tests/setup test
	[[ -t 1 ]] || export TERM=dumb # All that keeps rustfmt from colouring a log.
	set -x
	cargo fmt --all --check
	tests/contract
	tests/observability/check
	tests/sqlx-data check
	cargo clippy --workspace --all-targets -- -D warnings
	$(build)
	tests/deploy/check
	tests/deploy/image
	{ set +x; } 2>/dev/null
	if cargo deny --version >/dev/null 2>&1; then
	  cargo deny check
	else
	  echo "check: 1 check was not made, that of dependencies: cargo install --locked cargo-deny"
	fi

.PHONY: bench
bench: ## Measure what a submission costs on this machine (ARGS=--help)
	@tests/setup run
	cargo run --profile bench -p load -- $(ARGS)

.PHONY: image
image: ## Build the release and put its image into target/image/motcua.tar; no container engine is needed
	@tests/setup run
	cargo build --release --locked --bin motcua
	deploy/image/build $(or $(CARGO_TARGET_DIR),target)/release/motcua target/image

# A Kafka that was not running before is stopped behind it; MOTCUA_KAFKA_BROKERS names another.
.PHONY: cluster
cluster: ## Run each service in two processes over Kafka, walk a dossier each way, stay up (ARGS=--once)
	@tests/setup run
	$(build)
	if [[ -z $${MOTCUA_KAFKA_BROKERS:-} ]]; then
	  $(kafka) status >/dev/null || trap '$(kafka) stop >/dev/null || true' EXIT
	  $(kafka) start
	  export MOTCUA_KAFKA_BROKERS=$$($(kafka) address)
	fi
	$(motcua) cluster $(ARGS)

.PHONY: kafka
kafka: ## Start an Apache Kafka for trying and say where it listens
	@$(kafka) start

.PHONY: kafka-stop
kafka-stop: ## Stop it; its data stay
	@$(kafka) stop

.PHONY: sqlx
sqlx: ## Write the offline SQL data anew, after a migration or a query has changed
	@tests/setup run
	tests/sqlx-data prepare

# The lock is the server's own: while it runs, nothing is removed.
.PHONY: clean-data
clean-data: ## Forget every dossier of `make run`; keys and settings stay
	@usual=$${XDG_DATA_HOME:-$$HOME/.local/share}/motcua
	if [[ $$(id -u) == 0 ]]; then usual=/var/lib/motcua; fi
	data=$${MOTCUA_DATA_DIRECTORY:-$$usual}
	if [[ ! -e $$data/pgdata ]]; then
	  echo "clean-data: nothing to forget in $$data"
	elif flock -n "$$data/lock" rm -rf "$$data"/{pgdata,pgdata.new,log,files}; then
	  echo "clean-data: the databases and files in $$data are gone; files elsewhere (dossier.files.directory) are not"
	else
	  echo "clean-data: $$data is in use: stop motcua first" >&2
	  exit 1
	fi
