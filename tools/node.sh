# shellcheck shell=bash
#
# Sourced by build.sh: finds or fetches Node.js, and the npm packages, for the
# demo and the end-to-end tests.

node_least=20

# npm runs with the Node.js that it came with, because Debian's npm finds its
# parts only with Debian's Node.js.

npm_path=$PATH


have_node() {
    command -v node >/dev/null && command -v npm >/dev/null \
        && [ "$(node -p 'parseInt(process.versions.node)')" -ge $node_least ]
}


# The machine's Node.js is used, or else Debian's.  If that is too old (18 in
# Debian 12), npm installs one into build/node, which only these commands use.

need_node() {
    have_node && return

    if ! command -v npm >/dev/null; then
        (need "${node_packages[@]}") || true
        hash -r
    fi

    have_node && return

    if command -v npm >/dev/null; then
        say "Node.js $(node --version) is too old: another one in $build/node"
        fetch_node || true
    fi

    have_node
}


# The packages that tools/node names contain only the program, each for one kind
# of machine; no script runs when they are installed.

fetch_node() {
    local status=0

    mkdir -p "$build"
    exec 8>"$build/node.lock"
    flock 8
    fetch_node_into "$build/node" || status=$?
    exec 8>&-

    return $status
}


fetch_node_into() {
    local folder=$1 program

    mkdir -p "$folder"
    cp -p "$top"/tools/node/package*.json "$top/tools/node/.npmrc" "$folder/"
    npm_ci "$folder" || return

    # npm does not report that an optional package is missing, and not every
    # version of it makes a link in node_modules/.bin.

    for program in "$folder"/node_modules/node-*/bin/node; do
        if [ -x "$program" ]; then
            PATH=$(dirname "$program"):$PATH
            return
        fi
    done

    rm -rf "$folder"
    return 1
}


node_message() {
    local found="there is none"

    if command -v node >/dev/null; then
        found="$(node --version) is here"
        command -v npm >/dev/null || found="$found, without npm"
    fi

    echo "the demo's authorization server and the end-to-end tests need" \
         "Node.js $node_least or newer with npm, and it could not be" \
         "installed; $found"
}


# npm_ci folder: installs the packages that its package-lock.json names, and
# hides npm's warnings about those that need a newer Node.js than npm's own.
# npm removes what is there first, so only one at a time may do that in a folder;
# the others then find that nothing is left to do.

npm_ci() {
    local done=$1/node_modules/.package-lock.json status=0

    exec 7<"$1"
    flock 7

    if [ ! -e "$done" ] || [ "$1/package-lock.json" -nt "$done" ]; then
        say "npm ci in ${1#"$top"/}"
        (cd "$1" \
            && PATH=$npm_path npm ci --loglevel=error --no-audit --no-fund) \
            && touch "$done" \
            || status=$?
    fi

    exec 7<&-

    return $status
}
