# shellcheck shell=bash
#
# Sourced by build.sh: what it installs with apt-get, and for what.

build_packages=(gcc libc6-dev make libjansson-dev libssl-dev libpcre2-dev
                zlib1g-dev)
test_packages=(perl libcmocka-dev libjwt-dev valgrind binutils openssl curl
               libfaketime)
node_packages=(nodejs npm)
bench_packages=(perl wrk haproxy apache2 libapache2-mod-auth-openidc
                libnginx-mod-http-js)
browser_packages=(chromium)
fuzz_packages=(perl clang libclang-rt-dev libcmocka-dev binutils)
coverage_packages=(gcovr)
services=(nginx haproxy apache2)

lists=old                       # apt's, until they were fetched once


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}


is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}


# need package...: installs those that are not there.

need() {
    local package missing=()

    if ! command -v apt-get >/dev/null; then
        say "no apt-get here; this has to be installed already: $*"
        return
    fi

    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done

    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi

    say "installing ${missing[*]}"
    fetch_lists
    apt_install "${missing[@]}"
}


fetch_lists() {
    if [ "$lists" = old ]; then
        as_root apt-get -q update
        lists=new
    fi
}


# Debian starts a service that it installs.  A freshly installed nginx would
# take port 80 of a machine that only wanted to build: a policy-rc.d that
# speaks of the new services alone is there for as long as apt-get runs.  Those
# that were installed before, and a policy-rc.d of the machine's own, stay as
# they are.

apt_install() {
    local policy=/usr/sbin/policy-rc.d status=0 ours=no service new=()

    for service in "${services[@]}"; do
        [[ " $* " != *" $service "* ]] || new+=("$service")
    done

    if [ ${#new[@]} -gt 0 ] && [ ! -e $policy ]; then
        ours=yes
        policy_script "${new[@]}" | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        say "installed but not started now: ${new[*]}"
    fi

    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$@" || status=$?

    if [ $ours = yes ]; then
        as_root rm -f $policy
    fi

    return $status
}


# policy_script service...: apache2 has another one, apache-htcacheclean.

policy_script() {
    echo '#!/bin/sh'
    printf 'case "$*" in *%s*) exit 101 ;; esac\n' "${@%%[0-9]*}"
}


package_version() {
    dpkg-query -W -f='${Version}' "$1" 2>/dev/null || true
}


# unpack package version: sets unpacked to a folder with the package's files,
# without what the package needs.  Archives drop a revision when the next one
# is there, which is taken then.

unpack() {
    local folder=$build/packages

    unpacked=$folder/$1-$2
    mkdir -p "$folder"
    exec 8>"$folder/lock"
    flock 8
    [ -d "$unpacked" ] || fetch_package "$1" "$2" "$unpacked"
    exec 8>&-
}


# fetch_package package version folder

fetch_package() {
    local new=$3.new log=$3.log

    say "fetching $1 $2"
    rm -rf "$new"
    mkdir "$new"

    if ! download "$1=$2" "$new" >"$log" 2>&1; then
        fetch_lists
        download "$1=$2" "$new" >>"$log" 2>&1 \
            || download "$1" "$new" >>"$log" 2>&1 || true
    fi

    dpkg-deb -x "$new/$1"_*.deb "$new" >>"$log" 2>&1 \
        || die "$1 $2 did not come: $log says why"

    rm "$new/$1"_*.deb
    mv "$new" "$3"
}


# download package folder

download() {
    (cd "$2" && apt-get -q download "$1")
}


need_build() {
    need "${build_packages[@]}"
    curl_headers

    if [ -z "${NGINX_SRC:-}" ]; then
        need nginx
        nginx_headers
    fi
}


# Without it, its tests say that they are skipped.

need_browser() {
    (need "${browser_packages[@]}") || say "no ${browser_packages[*]} to be had"
}
