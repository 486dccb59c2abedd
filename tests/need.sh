# Sourced: `need COMMAND:PACKAGE…` installs the Debian packages of commands that are missing, or says which to install.
need() {
    local missing=() each
    for each; do command -v "${each%%:*}" >/dev/null || missing+=("${each##*:}"); done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "please install: ${missing[*]}" >&2
        return 1
    fi
}
