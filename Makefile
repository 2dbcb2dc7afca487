# make run     build the hub and run it with the demo world, on a fresh folder each time
# make test    all tests, with the race detector; installs what they need where it may
# make check   what every change passes: gofmt, vet, staticcheck, test, govulncheck
# make generate  the Go files of the pages' templates, after a change of one
# make screenshots  every page in both languages, wide and narrow, light and dark, to data/screenshots
# make bench   the hot paths, each beside its floor; BENCH=Regexp PACKAGES=./policy BENCHTIME=1s BENCHUSERS=100000
# make fuzz    every fuzz target for FUZZTIME
# make clean   remove what the above built; a folder of real data is not touched

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PACKAGES   ?= ./...
BENCH      ?= .
BENCHTIME  ?= 0.5s
BENCHUSERS ?= 1000000
FUZZTIME   ?= 10s
VULNDB     ?= https://vuln.go.dev

.PHONY: run build test check format lint vulnerabilities generate screenshots bench fuzz needs clean

run: build
	rm -rf data/demo
	./kontrollrum serve --demo --data data/demo

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o kontrollrum ./cmd/kontrollrum

test: needs
	go test -race -timeout 60m $(PACKAGES)

check: format lint test vulnerabilities

format:
	@files=$$(gofmt -l .) || exit; test -z "$$files" || { echo "gofmt -w $$files"; exit 1; }

lint:
	go vet ./...
	go tool staticcheck ./...

# A vulnerability that is found fails; a database that is out of reach is said, loudly, and passes.
vulnerabilities:
	@echo 'go tool govulncheck -db $(VULNDB) ./...'; \
	out=$$(go tool govulncheck -db '$(VULNDB)' ./... 2>&1); status=$$?; echo "$$out"; \
	case $$status-$$out in \
	1-*'fetching vulnerabilities: '*) \
		echo 'NOT CHECKED for known vulnerabilities: the database $(VULNDB) cannot be reached from here.'; \
		echo 'Run "make vulnerabilities" where it can, or name a mirror: make vulnerabilities VULNDB=URL';; \
	*) exit $$status;; \
	esac

# The generator is pinned here and not in go.mod: nothing else needs what it needs.
generate:
	go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -include-version=false -path ui
	cd ui && sha256sum *.templ *_templ.go parts/*.templ parts/*_templ.go >testdata/generated.sum

screenshots: needs
	KONTROLLRUM_SCREENSHOTS=$(CURDIR)/data/screenshots KONTROLLRUM_REQUIRE_BROWSER=1 go test -count=1 -timeout 60m -run 'TestLook$$' ./ui

bench: needs
	KONTROLLRUM_BENCH_USERS=$(BENCHUSERS) go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -timeout 60m $(PACKAGES)

fuzz:
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file func; do \
		echo "$$file: $${func#func }"; \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null || exit; \
	done

# PostgreSQL for half of the tests, a C compiler for the race detector, Chromium for the pages.
needs:
	@missing=; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing='postgresql'; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	test -n "$$missing" || exit 0; \
	sudo=; test "$$(id -u)" = 0 || sudo=$$(command -v sudo) || sudo=none; \
	if test "$$sudo" = none || ! command -v apt-get >/dev/null; then \
		echo "The tests need what this machine lacks: $$missing (Debian's names). Install it: without, tests are skipped or fail." >&2; exit 0; \
	fi; \
	echo "Installing what the tests need: $$missing"; \
	$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing

clean:
	rm -rf kontrollrum data/demo
