# shellcheck shell=bash
#
# Sourced by build.sh: Node.js for the demo and the end-to-end tests.

node_least=20

# npm runs with the Node.js that it came with: Debian's finds its parts with
# Debian's Node.js only.

npm_path=$PATH


have_node() {
    command -v node >/dev/null && command -v npm >/dev/null \
        && [ "$(node -p 'parseInt(process.versions.node)')" -ge $node_least ]
}


# The machine's Node.js, else Debian's, else, where that is too old (Debian
# 12's is 18), one that npm brings into build/node, for these commands alone.

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


# tools/node names packages that consist of the program for one kind of
# machine: nothing runs when they are installed.

fetch_node() {
    local folder=$build/node program

    mkdir -p "$folder"
    cp -p "$top"/tools/node/package*.json "$top/tools/node/.npmrc" "$folder/"
    npm_ci "$folder" || return

    # npm says nothing of a package that is optional and did not come, and not
    # every version of it makes a link in node_modules/.bin.

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
    local found="none is here"

    if command -v node >/dev/null; then
        found="$(node --version) is here"
        command -v npm >/dev/null || found="$found, without npm"
    fi

    echo "the demo's authorization server and the end-to-end tests need" \
         "Node.js $node_least or newer with npm, and it could not be" \
         "installed; $found"
}


# npm_ci folder: the packages that its package-lock.json names.  npm would warn
# of those that do not run with its own Node.js.

npm_ci() {
    local done=$1/node_modules/.package-lock.json

    if [ ! -e "$done" ] || [ "$1/package-lock.json" -nt "$done" ]; then
        say "npm ci in ${1#"$top"/}"
        (cd "$1" \
            && PATH=$npm_path npm ci --loglevel=error --no-audit --no-fund) \
            || return
        touch "$done"
    fi
}
