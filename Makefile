# Thin: the work is in scripts/. `make run` and `make test` are each enough on a fresh machine.
.PHONY: run test check dev fmt prepare release setup shots pictures audit soak chaos bench bench-pages

run:
	@scripts/run

test:
	@scripts/setup test
	@scripts/check

check: test

dev:
	@scripts/dev

fmt:
	cargo fmt --all

prepare:
	@scripts/prepare

release:
	@scripts/build --release

setup:
	@scripts/setup test

shots:
	@scripts/shots

pictures:
	@scripts/pictures

audit:
	@scripts/audit

soak:
	@scripts/soak

chaos:
	@scripts/chaos

bench:
	@scripts/bench

bench-pages:
	@scripts/bench-pages
