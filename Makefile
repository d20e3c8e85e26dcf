# Everything there is to do: make help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -s -w -X main.version=$(VERSION)
export CGO_ENABLED := 0
SHARED  ?= ../shared

.PHONY: help build portal run test check fuzz chaos e2e bench bench-live endure accuracy lab cross deb test-deb clean

help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

build: portal bin/tyto ## The program, with the portal in it: bin/tyto

bin/tyto: FORCE
	@mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tyto ./cmd/tyto
FORCE:

portal: portal/dist/index.html ## The web application, built into portal/dist

portal/node_modules/.package-lock.json: portal/package-lock.json
	cd portal && npm ci --no-audit --no-fund
	@touch $@

portal/dist/index.html: portal/node_modules/.package-lock.json $(shell find portal/src portal/public portal/index.html portal/vite.config.ts portal/generate.mjs portal/package.json api/openapi.json fingerprint/taxonomy.tsv 2>/dev/null)
	cd portal && npm run build

run: build ## Start everything on loopback, and play a recorded network into it
	./bin/tyto run --pcap lab/recordings/office.pcap --speed 60 --data $(or $(DATA),out/demo)

test: ## Install what the tests need, and run all of them
	bash .ci/test

check: ## The quick ones: format, vet, house rules, unit tests
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	go vet ./...
	go test ./...

fuzz: ## Every fuzz target for FUZZTIME (20s)
	bash .ci/fuzz $(or $(FUZZTIME),20s)

chaos: ## Kill sensor and hub 200 times in a row, at any time and at named steps
	TYTO_KILLS=200 go test -count 1 -timeout 20m -run Kills -v ./uplink

bench: bin/tyto ## Speed and memory, beside other programs
	go test -run '^$$' -bench . -benchmem ./capture ./decode ./flow ./stream ./fingerprint ./inventory ./sensor
	go run ./lab/bench

e2e: build ## Two sensors, two hubs over PostgreSQL, SIEMs, and kills: the whole product
	TYTO_E2E=1 go test ./lab/e2e -run EndToEnd -v -count 1

bench-live: bin/tyto ## The highest rate without loss on a virtual cable, and new devices at 80 % of it (needs root)
	go build -o bin/benchlive ./lab/benchlive
	./bin/benchlive -trace $(or $(TRACE),out/bench.pcap) -driver $(or $(DRIVER),af_packet)

endure: bin/tyto ## A day of traffic, a plant, floods of made-up hosts: memory and time (an hour)
	go run ./lab/endure

accuracy: bin/tyto ## What is found in real captures, against what others say is in them
	@mkdir -p out
	python3 $(SHARED)/tools/score.py --tyto ./bin/tyto --pcaps $(SHARED)/pcaps --truth $(SHARED)/truth --twice --misses out/misses.tsv --json out/score.json
	go run ./lab/accuracy -tyto ./bin/tyto -shared $(SHARED) -scores out/score.json -o docs/reference/accuracy.md
	go run ./lab/icsnpp -tyto ./bin/tyto -pcaps $(SHARED)/pcaps -truth $(SHARED)/truth/icsnpp -misses out/icsnpp.tsv
	go run ./lab/counts -tyto ./bin/tyto -pcaps $(SHARED)/pcaps/ot -truth $(SHARED)/truth/ot -misses out/counts.tsv

lab: ## A network in a box, recorded (needs root)
	go run ./lab/cmd/lab record -o out/lab.pcap

cross: ## The program for amd64 and arm64
	GOARCH=amd64 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tyto-linux-amd64 ./cmd/tyto
	GOARCH=arm64 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tyto-linux-arm64 ./cmd/tyto

deb: portal ## Debian packages for amd64 and arm64: out/deb
	packaging/build amd64 out/deb
	packaging/build arm64 out/deb

test-deb: portal ## Install, upgrade, remove and purge the package in a Debian of its own (needs root)
	packaging/test

clean: ## Remove what was built
	rm -rf bin out portal/node_modules
	git clean -fdxq portal/dist
