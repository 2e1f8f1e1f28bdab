# migrated: PostgreSQL schema migrations. Swift does the building; this knows the machine around it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PREFIX ?= /usr
DESTDIR ?=
SWIFT ?= swift
STRIP ?= strip
BUILD := .build/release
# How many tests run at once: each of many starts servers and programs of its own, which are slow under a sanitizer.
WIDTH ?= $(if $(SANITIZE),2,4)
PROGRAMS := migrated migratectl
PACKAGES := libpq-dev libssl-dev libsystemd-dev libisal-dev postgresql postgresql-client systemd dbus iproute2

bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib
docdir := $(DESTDIR)$(PREFIX)/share/doc/migrated
etcdir := $(DESTDIR)/etc/migrated
units := migrated.service migrated.socket migrated-wait@.service migrated-copy.socket migrated-copy@.service \
    migrated-metrics.service migrated-metrics.timer
enabled := migrated.service migrated.socket migrated-copy.socket
mandir := $(DESTDIR)$(PREFIX)/share/man
manuals := man1/migratectl.1 man5/migrated.toml.5 man8/migrated.8
# Where each shell of Debian looks for the completions that packages bring, and what the file is called there.
completions := bash:bash-completion/completions/migratectl zsh:zsh/vendor-completions/_migratectl \
    fish:fish/vendor_completions.d/migratectl.fish

.PHONY: help
help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: deps
deps: ## Install what is missing of libpq, libsystemd, ISA-L and PostgreSQL (Debian's packages)
	@missing=(); \
	for package in $(PACKAGES); do \
	    [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || missing+=($$package); \
	done; \
	if [ $${#missing[@]} = 0 ]; then exit 0; fi; \
	echo "installing $${missing[*]}"; \
	root=(); if [ "$$(id -u)" != 0 ]; then \
	    command -v sudo > /dev/null || { echo "run as root: apt-get install $${missing[*]}" >&2; exit 1; }; \
	    root=(sudo); [ -t 0 ] || root+=(-n); \
	fi; \
	apt=("$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0); \
	"$${apt[@]}" update; \
	"$${apt[@]}" install --yes --no-install-recommends "$${missing[@]}"

.PHONY: build
build: deps ## Build everything for development
	$(SWIFT) build

# What else is linked in: see the programs in Package.swift.
.build/archives/libstdc++.a:
	@mkdir -p $(@D)
	@bin=$$(dirname "$$(realpath "$$(command -v $(SWIFT))")"); ln -sfn "$$("$$bin/clang" -print-file-name=$(@F))" $@

.PHONY: release
release: deps .build/archives/libstdc++.a ## Build the programs as they are shipped: optimised, with Swift's and C++'s libraries inside
	@for program in $(PROGRAMS); do \
	    $(SWIFT) build -c release --static-swift-stdlib --product $$program; \
	done

.PHONY: demo
demo: release ## Show the whole way on a PostgreSQL of its own (KEEP=1 leaves the daemon running)
	@KEEP="$(KEEP)" scripts/demo $(BUILD)

# `thread` or `address`: all of it instrumented, in a directory of its own. FILTER chooses tests by their names.
SANITIZE ?=
FILTER ?=
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/Tests/thread-sanitizer.supp halt_on_error=1
export ASAN_OPTIONS ?= detect_leaks=0:quarantine_size_mb=16
test_flags := $(if $(SANITIZE),--sanitize $(SANITIZE) --scratch-path .build/$(SANITIZE))

.PHONY: test
test: PACKAGES += pgbouncer
test: deps ## Build and run all tests (SANITIZE=thread|address, FILTER=, RESULTS=FILE.xml)
	$(SWIFT) build --build-tests $(test_flags)
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(WIDTH) \
	    $(SWIFT) test --skip-build $(test_flags) $(if $(FILTER),--filter '$(FILTER)') $(if $(RESULTS),--xunit-output '$(RESULTS)')

# Which other servers; each comes from a package of PyPI, for tests only.
MAJORS ?= 16 17 18

.PHONY: test-majors
test-majors: PACKAGES += python3-venv
test-majors: deps ## Run the main scenarios on other major versions of PostgreSQL (MAJORS="16 17 18", FILTER=)
	$(SWIFT) build --build-tests
	FILTER="$(FILTER)" WIDTH=$(WIDTH) scripts/test-majors $(MAJORS)

# How many inputs of each kind.
INPUTS ?= 1000000

.PHONY: fuzz
fuzz: deps ## Give whatever reads the socket hostile bytes, in process (INPUTS=1000000, SEED=)
	$(SWIFT) build --build-tests
	MIGRATED_FUZZ_INPUTS=$(INPUTS) $(if $(SEED),MIGRATED_FUZZ_SEED=$(SEED)) $(SWIFT) test --skip-build --filter FuzzTests

# How long, in seconds, and what the random choices come from (any, where it is empty).
DURATION ?= 600
SEED ?=

# Only some of its parts: sweeps commits daemons promotions clients. Only some of the sweeps' stories, and of their points, by
# number or by a word of the place.
PARTS ?=
STORIES ?=
POINTS ?=
PLACES ?=

.PHONY: python
python: ## Make a Python with the packages varlink and prometheus_client, for the tests that compare with them
	@[ -x .build/python/bin/python3 ] || python3 -m venv .build/python
	@.build/python/bin/python3 -c 'import varlink, prometheus_client' 2> /dev/null || \
	    .build/python/bin/python3 -m pip install -q varlink==31.0.0 prometheus_client==0.26.0

.PHONY: schema-tools
schema-tools: ## Make a Python with migra and Alembic, for the benchmark that compares schemas
	@[ -x .build/schema-tools/bin/python3 ] || python3 -m venv .build/schema-tools
	@.build/schema-tools/bin/python3 -c 'import alembic, migra, psycopg2' 2> /dev/null || \
	    .build/schema-tools/bin/python3 -m pip install -q 'setuptools<81' 'sqlalchemy<2.1' alembic==1.20.1 migra==3.0.1663481299 psycopg2-binary==2.9.13

.PHONY: torture
# Its servers are in memory, where there is room: what databases and files cost would be most of all there is to do.
torture: export MIGRATED_TEST_DIRECTORY ?= $(shell \
    [ -w /dev/shm ] && [ "$$(df --output=avail /dev/shm | tail -n 1)" -gt 4000000 ] && echo /dev/shm || echo /tmp)
torture: release ## Kill, pause and cut off the programs at every moment (DURATION=600, SEED=, PARTS=, STORIES=, POINTS=, PLACES=)
	$(SWIFT) build -c release --static-swift-stdlib --product migrated-torture
	$(BUILD)/migrated-torture --duration $(DURATION) $(if $(SEED),--seed $(SEED)) $(addprefix --part ,$(PARTS)) $(addprefix --story ,$(STORIES)) $(addprefix --point ,$(POINTS)) $(addprefix --place ,$(PLACES))

.PHONY: torture-proof
torture-proof: deps ## Take a safeguard out, each in turn, and see that make torture finds it missing
	DURATION=$(DURATION) scripts/torture-proof

.PHONY: bench
bench: release ## Measure against psql, migra and Alembic, with medians and ratios
	@$(MAKE) schema-tools || echo 'without migra and Alembic'
	@Benchmarks/run $(BUILD)
	@Benchmarks/schemas $(BUILD)

.PHONY: install
install: ## Install programs, units, manual, completions and sample settings (DESTDIR=, PREFIX=/usr)
	@for program in $(PROGRAMS); do [ -x $(BUILD)/$$program ] || { $(MAKE) release; break; }; done
	install -d $(bindir) $(libdir)/systemd/system $(libdir)/systemd/catalog $(libdir)/sysusers.d $(libdir)/tmpfiles.d
	install -d $(docdir) $(etcdir)/migrations
	install -m 755 $(addprefix $(BUILD)/,$(PROGRAMS)) $(bindir)
	@if command -v $(STRIP) > /dev/null; then $(STRIP) $(addprefix $(bindir)/,$(PROGRAMS)); fi
	@for unit in $(units); do \
	    sed 's#=/usr/bin/#=$(PREFIX)/bin/#' systemd/$$unit > $(libdir)/systemd/system/$$unit; \
	    chmod 644 $(libdir)/systemd/system/$$unit; \
	done
	install -d $(addprefix $(mandir)/,$(dir $(manuals)))
	install -m 644 man/migrated.8 $(mandir)/man8
	install -m 644 man/migrated.toml.5 $(mandir)/man5
	$(BUILD)/migratectl debug manual > $(mandir)/man1/migratectl.1
	@for completion in $(completions); do \
	    file=$(DESTDIR)$(PREFIX)/share/$${completion#*:}; \
	    install -d "$${file%/*}"; \
	    $(BUILD)/migratectl --generate-completion-script "$${completion%%:*}" > "$$file"; \
	done
	install -m 644 systemd/migrated.catalog $(libdir)/systemd/catalog/migrated.catalog
	install -m 644 systemd/migrated.sysusers $(libdir)/sysusers.d/migrated.conf
	install -m 644 systemd/migrated.tmpfiles $(libdir)/tmpfiles.d/migrated.conf
	install -m 644 LICENSE README.md CHANGELOG.md systemd/network.conf etc/alerts.yml $(docdir)
	@if [ -e $(etcdir)/migrated.toml ]; then echo "kept: $(etcdir)/migrated.toml"; \
	else install -m 640 etc/migrated.toml $(etcdir)/migrated.toml; fi
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then \
	    systemd-sysusers $(libdir)/sysusers.d/migrated.conf; \
	    systemd-tmpfiles --create $(libdir)/tmpfiles.d/migrated.conf; \
	    journalctl --update-catalog; \
	    if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi; \
	    echo "next: edit /etc/migrated/migrated.toml, then: systemctl enable --now migrated"; \
	fi

.PHONY: uninstall
uninstall: ## Remove what install put there, but neither settings nor state nor backups
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now $(enabled) || true; fi
	rm -f $(addprefix $(bindir)/,$(PROGRAMS)) $(addprefix $(libdir)/systemd/system/,$(units))
	rm -f $(libdir)/systemd/catalog/migrated.catalog $(libdir)/sysusers.d/migrated.conf $(libdir)/tmpfiles.d/migrated.conf
	rm -f $(addprefix $(mandir)/,$(manuals))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/,$(foreach completion,$(completions),$(lastword $(subst :, ,$(completion)))))
	rm -rf $(docdir)
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; journalctl --update-catalog; fi

.PHONY: deb
deb: ## Build the Debian package out of what make release has built, in .build/deb
	@for program in $(PROGRAMS); do [ -x $(BUILD)/$$program ] || { $(MAKE) release; break; }; done
	@BUILD=$(BUILD) debian/build .build/deb

.PHONY: clean
clean: ## Remove what was built, and the demo's files
	rm -rf .build .demo

.PHONY: format
format: ## Bring the sources into the house's form
	$(SWIFT) format -i -r Sources Tests Package.swift

.PHONY: lint
lint: ## Check the form of the sources and the syntax of the scripts
	$(SWIFT) format lint --strict -r Sources Tests Package.swift
	@for script in scripts/* Benchmarks/run Benchmarks/schemas .ci/run debian/build debian/postinst debian/prerm debian/postrm Tests/SystemTests/scripts/*; do bash -n $$script; done
