//! Makefiles through their spellings, what they take in, and where reading them ends.

use super::calls_tests::counts;
use super::shapes_tests::{each_reaches, nothing_counts, reaches};

#[test]
fn makefiles_are_read_through_their_spellings() {
    let with = |text: &str| format!("-- Makefile --\n{text}\n");
    let texts = [
        "export GOFLAGS=-overlay=o\napp:\n\tgo build ./cmd/app",
        "GOFLAGS = -overlay=o\nexport GOFLAGS\napp:\n\tgo build ./cmd/app",
        "GOFLAGS = -overlay=o\nexport\napp:\n\tgo build ./cmd/app",
        "app: export GOFLAGS = -overlay=o\napp:\n\tgo build ./cmd/app",
        "app: FLAGS = -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "app: ; go build -overlay=o ./cmd/app",
        "app:\n\t@go build -overlay=o ./cmd/app",
        "app:\n\t-+@go build -overlay=o ./cmd/app",
        "app:\n\tcd cmd/app && \\\n\t  go build -overlay=o",
        "define build\ngo build -overlay=o $(1)\nendef\napp:\n\t$(call build,./cmd/app)",
        "dist/%:\n\tgo build -overlay=o -o $@ ./cmd/$*",
        "dist/app: cmd/app/main.go\n\tgo build -overlay=o -o $@ ./$(<D)",
        "$(shell go env -w GOFLAGS=-overlay=o)\napp:\n\tgo build ./cmd/app",
        "X := $(shell go env -w GOFLAGS=-overlay=o)\napp:\n\tgo build ./cmd/app",
        "FLAGS != echo -overlay=o\napp:\n\tgo build -overlay=o $(FLAGS) ./cmd/app",
        "FLAGS ?= -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "FLAGS := -v\nFLAGS += -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "FLAGS = $(if $(DEBUG),,-overlay=o)\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "NAME = FLAGS\n$(NAME) = -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "override FLAGS := -overlay=o\napp:\n\tgo build ${FLAGS} ./cmd/app",
        ".ONESHELL:\napp:\n\texport GOFLAGS=-overlay=o\n\tgo build ./cmd/app",
        "app: | prepare\n\tgo build ./cmd/app\nprepare:\n\tgo env -w GOFLAGS=-overlay=o",
        "app::\n\tgo env -w GOFLAGS=-overlay=o\napp::\n\tgo build ./cmd/app",
        "CMDS = app tool\n$(CMDS):\n\tgo build -overlay=o ./cmd/$@",
        "app:\n\tfor c in app; do go build -overlay=o ./cmd/$$c; done",
        "app:\n\tdocker run --rm -v $(CURDIR):/src -w /src golang go build -overlay=o ./cmd/app",
        "GO := CGO_ENABLED=0 go\napp:\n\t$(GO) build -overlay=o ./cmd/app",
        "app: private export GOFLAGS = -overlay=o\napp:\n\tgo build ./cmd/app",
        "app: override FLAGS = -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "FLAGS = -v\napp: FLAGS += -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "FLAGS = -v\nall: FLAGS = -overlay=o\nall: app\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "%: export GOFLAGS = -overlay=o\napp:\n\tgo build ./cmd/app",
        "ap%: FLAGS = -overlay=o\napp:\n\tgo build $(FLAGS) ./cmd/app",
        "all: bin/app\nbin/%: FLAGS = -overlay=o\nbin/%: go.mod\n\tgo build $(FLAGS) -o $@ ./cmd/$(@F)",
        "all: bin/app\nbin/app: go.mod\nbin/%: cmd/%/main.go\n\tgo build -overlay=o -o x $<",
        "%:\n\tgo build -overlay=o ./cmd/$@",
        ".RECIPEPREFIX = >\napp:\n>go build -overlay=o ./cmd/app",
        "override define F\n-overlay=o\nendef\napp:\n\tgo build $(F) ./cmd/app",
        "F = -overlay=o# as agreed\napp:\n\tgo build $(F) ./cmd/app",
        "F_linux = -overlay=o\nOS = linux\napp:\n\tgo build $(F_$(OS)) ./cmd/app",
        "OS = linux\nF_$(OS) = -overlay=o\napp:\n\tgo build $(F_linux) ./cmd/app",
        "app:\n\tgo build -over\\\n\tlay=o ./cmd/app",
        "app:\n\t$(info built)go build -overlay=o ./cmd/app",
        "app:\n\t$(eval F := -overlay=o)\n\tgo build $(F) ./cmd/app",
        "app:\n\texport GOFLAGS=-overlay=o\n\tgo build ./cmd/app\n.ONESHELL:",
        "SHELL = env GOFLAGS=-overlay=o bash\napp:\n\tgo build ./cmd/app",
        ".SHELLFLAGS = GOFLAGS=-overlay=o sh -c\napp:\n\tgo build ./cmd/app",
        "MAKEFLAGS += GOFLAGS=-overlay=o\nall:\n\t$(MAKE) app\napp:\n\tgo build ./cmd/app",
        "all:\n\t$(MAKE) --eval='export GOFLAGS=-overlay=o' app\napp:\n\tgo build ./cmd/app",
        "ifdef X\nF = -v\nP = app\nelse\nF = -overlay=o\nP = tool\nendif\napp:\n\tenv GOFLAGS=$(F) go build ./cmd/$(P)",
    ];
    each_reaches(&texts, "overlay", with);
}

#[test]
fn what_a_makefile_takes_in_is_found_by_pattern_and_place() {
    const APP: &str = "app:\n\tgo build ./cmd/app\n";
    let includes = [
        "include *.mk",
        "include $(wildcard *.mk)",
        "include $(dir $(lastword $(MAKEFILE_LIST)))set.mk",
        "include $(shell pwd)/set.mk",
        "TOP := $(shell pwd)\ninclude $(TOP)/set.mk",
        "include $(abspath set.mk)",
        "TOP := $(realpath $(dir $(firstword $(MAKEFILE_LIST))))\ninclude $(TOP)/set.mk",
        "TOP := $(shell dirname \"$(realpath $(lastword $(MAKEFILE_LIST)))\")\ninclude ${TOP}/set.mk",
        "TOP := $(shell cd \"$(dir $(lastword $(MAKEFILE_LIST)))\" && pwd -P)\ninclude $(TOP)/set.mk",
        "TOP := $(shell git rev-parse --show-toplevel)\ninclude $(TOP)/set.mk",
        "include $(CURDIR)/set.mk",
        "include $(CURDIR)/set.mk",
        "include $(shell git rev-parse --show-toplevel)/set.mk",
        "-include $(foreach f,set other,$(f).mk)",
        ".include \"set.mk\"",
        // Not delivered, and made by a rule or by whatever the name is.
        "include other.mk",
        "include $(shell ls)",
        "-include other.mk\nother.mk:\n\techo 'export GOFLAGS = -overlay=o' > $@",
    ];
    let with = |text: &str| format!("-- Makefile --\n{text}\n{APP}-- set.mk --\nexport GOFLAGS = -overlay=o\n");
    each_reaches(&includes, "overlay", with);
    nothing_counts(
        &[
            "-include .env other.mk",
            "-include $(LOCAL)/set.mk",
            "include /usr/share/dpkg/default.mk",
            "-include $(wildcard local/*.mk)",
            ".PHONY: hooks\nhooks:\n\t@cp .hooks/* .git/hooks/\n-include hooks # up to date",
        ],
        |honest| format!("-- Makefile --\n{honest}\n{APP}"),
    );
}

#[test]
fn what_is_longer_or_deeper_than_is_followed_is_not_taken_for_nothing() {
    let chain: String = (0..80).map(|n| format!("t{n}: t{}\n", n + 1)).collect();
    let nested: String = (0..40).map(|n| format!("F{n} = $(F{})\n", n + 1)).collect();
    let long = format!("F = {}-overlay=o\n", "-x ".repeat(5_000));
    let includes: String = (0..30).map(|n| format!("-- {n}.mk --\ninclude {}.mk\n", n + 1)).collect();
    let several: String = (0..8).map(|n| format!("F{n} = a\nifdef X\nF{n} = b\nendif\n")).collect();
    let all: String = (0..8).map(|n| format!("$(F{n})")).collect();
    for (what, files) in [
        (
            "prerequisites",
            format!("-- Makefile --\n{chain}t80:\n\tgo env -w GOFLAGS=-overlay=o\napp: t0\n\tgo build ./cmd/app\n"),
        ),
        ("variables", format!("-- Makefile --\n{nested}F40 = -overlay=o\napp:\n\tgo build $(F0) ./cmd/app\n")),
        ("a long variable", format!("-- Makefile --\n{long}app:\n\tgo build $(F) ./cmd/app\n")),
        (
            "files",
            format!(
                "-- Makefile --\ninclude 0.mk\napp:\n\tgo build ./cmd/app\n{includes}-- 30.mk --\nexport GOFLAGS = -overlay=o\n"
            ),
        ),
        ("ways", format!("-- Makefile --\n{several}app:\n\tgo build -tags=x{all} ./cmd/app\n")),
    ] {
        let found = counts(&files);
        assert!(found.iter().any(|line| line.contains("-overlay")), "{what}: {found:?}");
    }
}

#[test]
fn honest_makefiles_say_nothing_of_it() {
    for text in [
        "SHELL := /usr/bin/env bash\n.SHELLFLAGS := -eu -o pipefail -c\napp:\n\tgo build ./cmd/app\n",
        "SHELL := $(shell which bash)\napp:\n\tgo build ./cmd/app\n",
        "tool: FLAGS = -overlay=o\ntool:\n\tgo build $(FLAGS) ./cmd/tool\napp:\n\tgo build $(FLAGS) ./cmd/app\n",
        "all: bin/app bin/tool\nbin/tool: FLAGS = -overlay=o\nbin/%:\n\tgo build $(FLAGS) -o $@ ./cmd/$(@F)\n",
        "%: common-%\n\t@:\ncommon-app:\n\tgo build ./cmd/app\n",
        "export GOFLAGS = -overlay=o\nunexport GOFLAGS\napp:\n\tgo build ./cmd/app\n",
        "app:\n\tgo build -ldflags \"-X main.v=$(shell git describe)\" $(shell go list ./cmd/app) # -overlay=o\n",
        ".PHONY: fuzz app\nfuzz:\n\tgo env -w GOFLAGS=-overlay=o\napp:\n\tgo build ./cmd/app\n",
        ".SILENT: fuzz app\nfuzz:\n\tgo env -w GOFLAGS=-overlay=o\napp:\n\tgo build ./cmd/app\n",
        "all:\n\t$(MAKE) app$(SUFFIX)\nfuzz:\n\tgo env -w GOFLAGS=-overlay=o\napp:\n\tgo build ./cmd/app\n",
        "V = 1 # -overlay=o\napp: # -overlay=o\n\tgo build $(V) ./cmd/app\n",
    ] {
        let found = counts(&format!("-- Makefile --\n{text}"));
        assert!(!found.iter().any(|line| line.contains("-overlay")), "{text}: {found:?}");
    }
}

#[test]
fn recipes_of_variables_and_functions_of_make_hide_nothing() {
    each_reaches(
        &[
            "define R =\n@echo a\n@go build -overlay=o ./cmd/app\nendef\napp:\n\t$(call R)",
            "define R\n@-go build -overlay=o ./cmd/app\nendef\napp:\n\t@true\n\t$(R)",
            "F = $(join -over,lay=o)\napp:\n\tgo build $(F) ./cmd/app",
            "F = $(let x y,-overlay o,$(x)=$(y))\napp:\n\tgo build $(F) ./cmd/app",
            "F = $(intcmp 1,2,-overlay=o)\napp:\n\tgo build $(F) ./cmd/app",
            "$(file >o.env,GOFLAGS=-overlay=o)\napp:\n\t. ./o.env; export GOFLAGS; go build ./cmd/app",
            "app:\n\t$(file >o.env,GOFLAGS=-overlay=o)\n\t. ./o.env; export GOFLAGS; go build ./cmd/app",
            "GNUMAKEFLAGS = GOFLAGS=-overlay=o\napp:\n\t$(MAKE) inner\ninner:\n\tgo build ./cmd/app",
            "app:\n\tdocker compose run --rm -T builder go build -overlay=o ./cmd/app",
            "app:\n\tdocker-compose -f c.yml exec -e A=b dev sh -c 'go build -overlay=o ./cmd/app'",
        ],
        "-overlay=o",
        |text| format!("-- Makefile --\n{text}\n"),
    );
    let edit = "go mod edit -replace=a=b";
    each_reaches(
        &[
            format!("$(info $(shell {edit}))"),
            format!("ifneq (${{shell {edit}}},x)\nendif"),
            format!("app: $(shell {edit})"),
            format!("export X = $(shell {edit})"),
            format!("$(eval X := $(shell {edit}))"),
            format!("X := $(if 1,$(shell {edit}))"),
        ],
        "go mod edit",
        |text| format!("-- Makefile --\n{text}\napp:\n\tgo build ./cmd/app\n"),
    );
    each_reaches(&["load go.so"], "-overlay", |text| format!("-- Makefile --\n{text}\napp:\n\tgo build ./cmd/app\n"));
    // Taken in where it is there.
    nothing_counts(&["ifneq ($(wildcard .env),)\ninclude .env\nexport\nendif"], |text| {
        format!("-- Makefile --\n{text}\napp:\n\tgo build ./cmd/app\n")
    });
    each_reaches(&["ifneq ($(wildcard other),)\ninclude .env\nexport\nendif"], "-overlay", |text| {
        format!("-- Makefile --\n{text}\napp:\n\tgo build ./cmd/app\n")
    });
    nothing_counts(&[format!("X = $(shell {edit})"), format!("other:\n\t$(shell {edit})")], |text| {
        format!("-- Makefile --\n{text}\napp:\n\tgo build ./cmd/app\n")
    });
}

#[test]
fn values_of_several_lines_are_words_where_they_are_put_in() {
    reaches(&[
        (
            "strip",
            "-- Makefile --\ndefine FLAGS\n-trimpath\n-overlay=o.json\nendef\napp:\n\tgo build $(strip $(FLAGS)) ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "strip2",
            "-- Makefile --\ndefine FLAGS\n-trimpath\n-ldflags=-X=a,b\n-overlay=o.json\nendef\nBUILD = go build $(strip $(FLAGS))\napp:\n\t$(BUILD) ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "define add",
            "-- Makefile --\nFLAGS = -overlay=o.json\ndefine FLAGS +=\n-v\nendef\napp:\n\tgo build $(strip $(FLAGS)) ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "define weak",
            "-- Makefile --\nFLAGS = -overlay=o.json\ndefine FLAGS ?=\n-v\nendef\napp:\n\tgo build $(FLAGS) ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "define nested",
            "-- Makefile --\ndefine OUTER\ndefine INNER\n-v\nendef\napp:\n\tgo build -overlay=o.json ./cmd/app\nendef\n$(eval $(OUTER))\n",
            "-overlay=o.json",
        ),
        (
            "define tab",
            "-- Makefile --\ndefine CMD\n\t@echo a\n\tgo build -overlay=o.json ./cmd/app\nendef\napp:\n\t$(CMD)\n",
            "-overlay=o.json",
        ),
        (
            "define filter",
            "-- Makefile --\ndefine FLAGS\n-v\n-overlay=o.json\nendef\napp:\n\tgo build $(filter-out -v,$(FLAGS)) ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "define firstword",
            "-- Makefile --\ndefine FLAGS\n-overlay=o.json\n-v\nendef\napp:\n\tgo build $(firstword $(FLAGS)) ./cmd/app\n",
            "-overlay=o.json",
        ),
    ]);
}
