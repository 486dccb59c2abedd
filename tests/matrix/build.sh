#!/usr/bin/env bash
# Builds the matrix of binaries into a folder: build.sh FOLDER [--only N]. Each is built once; its name says how.
set -euo pipefail
folder=$1 most=40
[ "${2:-}" = --only ] && most=$3
export GOENV=off GOWORK=off GOFLAGS= CGO_ENABLED=0

# toolchain system/machine name flags…
ways() {
    cat <<'WAYS'
local linux/amd64 plain
local linux/amd64 stripped -trimpath -ldflags=-s\ -w
local linux/s390x plain
local darwin/arm64 stripped -ldflags=-s\ -w
local windows/amd64 plain
local linux/amd64 pie -buildmode=pie -trimpath
local linux/amd64 pie-stripped -buildmode=pie -ldflags=-s\ -w
local linux/amd64 cgo
local linux/amd64 cgo-pie -buildmode=pie
local linux/amd64 cgo-static-pie-external -buildmode=pie -ldflags=-linkmode=external
local linux/amd64 c-shared -buildmode=c-shared
local linux/amd64 cgo-stripped -trimpath -ldflags=-s\ -w
local linux/amd64 vendored -mod=vendor -trimpath
local linux/amd64 no-inlining -gcflags=all=-l
local linux/arm64 plain
local linux/arm64 pie-stripped -buildmode=pie -ldflags=-s\ -w
local linux/386 plain
local linux/386 stripped -trimpath -ldflags=-s\ -w
local linux/arm plain
local linux/riscv64 stripped -trimpath -ldflags=-s\ -w
local linux/ppc64le plain
local linux/ppc64le stripped -ldflags=-s\ -w
local linux/s390x stripped -trimpath -ldflags=-s\ -w
local linux/loong64 stripped -ldflags=-s\ -w
local darwin/amd64 plain
local darwin/arm64 plain -trimpath
local darwin/amd64 stripped -ldflags=-s\ -w
local windows/amd64 stripped -trimpath -ldflags=-s\ -w
local windows/arm64 plain
local windows/386 plain
local windows/amd64 pie -buildmode=pie
local freebsd/amd64 plain
local openbsd/amd64 stripped -ldflags=-s\ -w
go1.16.15 linux/amd64 plain
go1.16.15 linux/s390x stripped -ldflags=-s\ -w
go1.16.15 windows/amd64 plain
go1.19.13 linux/amd64 stripped -trimpath -ldflags=-s\ -w
go1.19.13 darwin/arm64 plain
go1.27.1 linux/amd64 plain
go1.27.1 linux/amd64 pie-stripped -buildmode=pie -ldflags=-s\ -w
WAYS
}

source="$folder/source"
rm -rf "$source"
mkdir -p "$source/inner" "$source/vendor/example.com/dep"
cat >"$source/go.mod" <<'MOD'
module example.com/matrix

go 1.16

require example.com/dep v1.2.3
MOD
cat >"$source/vendor/modules.txt" <<'MOD'
# example.com/dep v1.2.3
## explicit
example.com/dep
MOD
cat >"$source/vendor/example.com/dep/dep.go" <<'GO'
package dep

// Small is inlined.
func Small(n int) int { return n + 42 }

//go:noinline
func Large(n int) func() int { return func() int { n++; return n } }
GO
cat >"$source/inner/inner.go" <<'GO'
package inner

import "fmt"

type Counter struct{ n int }

func (c *Counter) Add(n int) { c.n += n }

//go:noinline
func (c Counter) String() string { return fmt.Sprint(c.n) }
GO
cat >"$source/main.go" <<'GO'
package main

import (
	"fmt"
	"os"

	"example.com/dep"
	"example.com/matrix/inner"
)

func main() {
	var c inner.Counter
	for i := range os.Args {
		c.Add(dep.Small(i) + dep.Large(i)())
	}
	defer fmt.Println(c)
}
GO
cat >"$source/cgo.go" <<'GO'
package main

// static int one(void) { return 1; }
import "C"

//export Exported
func Exported() int { return int(C.one()) }
GO

ways | head -n "$most" | while read -r line; do
    eval "set -- ${line//=-s\\ -w/=-s\\ -w}"
    toolchain=$1 platform=$2 name=$3
    shift 3
    target="$folder/$toolchain-${platform/\//-}-$name"
    [ -e "$target" ] && continue
    cgo=0
    case "$name" in cgo* | c-shared) cgo=1 ;; esac
    printf '%s\n' "$target" >&2
    (cd "$source" && CGO_ENABLED=$cgo GOTOOLCHAIN=$toolchain GOOS=${platform%/*} GOARCH=${platform#*/} \
        nice -n 19 go build -mod=vendor "$@" -o "$target.new" .)
    mv "$target.new" "$target"
    rm -f "$target.h" "$target.new.h"
done
