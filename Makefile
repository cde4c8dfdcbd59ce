# SPDX-License-Identifier: Apache-2.0
# A thin face over meson and the scripts. "make help" lists what there is.

.DEFAULT_GOAL := build/godwit
.PHONY: help demo check check-all lint format fuzz bench sim soak coverage clean force

# The optimisation of a release, with symbols, so that a crash in the field can be read.
RELEASE := --buildtype=debugoptimized -Db_lto=true

build/godwit: force ## build the program (the default)
	@scripts/setup
	@test -f build/release/build.ninja || CC=gcc meson setup build/release $(RELEASE)
	@ninja -C build/release --quiet src/godwit src/godwit-token
	@ln -sfn release/src/godwit-token build/godwit-token
	@ln -sfn release/src/godwit $@

demo: build/godwit ## move a real mailbox from one private Dovecot to another
	@scripts/demo

check: setup ## all tests of a change, in minutes; PARTS="unit e2e" names some
	@scripts/check $(PARTS)

check-all: setup ## the same, then clang, clang-tidy, valgrind, every end-to-end test
	@scripts/check --all

sim: setup ## passes in a simulated world; SEEDS=500 says how many, SEED=7 which one
	@SEEDS="$(SEEDS)" SEED="$(SEED)" scripts/check sim

fuzz: setup ## fuzz every target for a minute; TARGET=reply SECONDS=600 for one
	@scripts/fuzz $(or $(TARGET),all) $(or $(SECONDS),60)

coverage: setup ## branches of src/wire that its tests take; MISSING=1 lists the others
	@scripts/coverage $(if $(MISSING),--missing)

soak: build/godwit ## 5,000 real kills beside real servers, an hour; SEED=7 for others
	@tests/kills/kills.py --set soak $(if $(SEED),--seed $(SEED))

bench: build/godwit ## the speed beside the limit and beside mbsync
	@tests/bench/bench.py

lint: setup ## advice that fails nothing: gcc -fanalyzer and stack usage
	@scripts/lint

format: setup ## lay out the C files
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean: ## remove what was built, but not the unpacked servers
	@rm -rf build/release build/check build/clang build/valgrind build/lint build/fuzz \
		build/coverage build/e2e build/kills build/godwit \
		build/godwit-token

help: ## this list
	@sed -n 's/^\([a-z/-]*\):.*## \(.*\)/\1|\2/p' Makefile | sed 's|^build/godwit||' | \
		awk -F '|' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup:
	@scripts/setup

force:
