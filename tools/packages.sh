# shellcheck shell=bash
#
# Sourced by build.sh: which Debian packages each verb needs, and how those that
# are missing are installed.  On a machine without apt-get, and with APT=no, it
# only names them.

# The options of nginx that come with its headers may call programs of dpkg-dev.

build_packages=(gcc libc6-dev make dpkg-dev libhiredis-dev libjansson-dev
                liblmdb-dev libssl-dev libpcre2-dev zlib1g-dev)
test_packages=(perl git libcmocka-dev libjwt-dev valgrind binutils openssl curl
               libfaketime redis-server)
revocation_packages=(lmdb-utils)
node_packages=(nodejs npm)
server_packages=(python3-django-oauth-toolkit sqlite3)
verifier_packages=(python3-jwt python3-cryptography)
bench_packages=(perl wrk haproxy apache2 libapache2-mod-auth-openidc
                libapache2-mod-oauth2 libnginx-mod-http-js openssl)
browser_packages=(chromium)
fuzz_packages=(perl clang libclang-rt-dev libcmocka-dev binutils)
coverage_packages=(gcovr)
services=(nginx haproxy apache2 redis-server)

policy=/usr/sbin/policy-rc.d
policy_mark="# build.sh of ngx_oauth_module removes this file when it has installed"

native=$(dpkg --print-architecture 2>/dev/null) || native=
lists=old                       # apt's package lists, until they are fetched


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
    [ -n "$(package_version "$1")" ]
}


# package_version package: prints its version, if it is installed.  A package may
# be there for other architectures, too; these do not count.

package_version() {
    # shellcheck disable=SC2016
    { dpkg-query -W -f='${Architecture} ${db:Status-Status} ${Version}\n' "$1" \
        2>/dev/null || true; } \
        | awk -v native="$native" '
            $2 == "installed" && ($1 == native || $1 == "all") { print $3 }'
}


# has_apt: whether packages may be installed and downloaded.

has_apt() {
    [ "${APT:-}" != no ] && command -v apt-get >/dev/null
}


# need package...: installs those that are missing.

need() {
    local package missing=()

    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done

    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi

    if ! has_apt; then
        say "apt-get is not here or not to be called (APT=no); these packages" \
            "or what is in them must be there: ${missing[*]}"
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


# Debian starts a service when it installs it, so a new nginx would take port 80
# of a machine on which somebody only builds.  While apt-get runs, a policy-rc.d
# forbids it to start the new services.  It does not mention services that were
# installed before, and if the machine has its own policy-rc.d, that one stays.
# One run at a time has such a file, so one that is there before is left over
# from a run that was killed.  The lock is not for what apt-get starts.

apt_install() (
    local service new=()

    for service in "${services[@]}"; do
        [[ " $* " != *" $service "* ]] || new+=("$service")
    done

    exec 7<"$(dirname "$policy")"
    flock 7
    remove_policy
    trap remove_policy EXIT
    trap 'exit 1' INT TERM HUP PIPE

    if [ ${#new[@]} -gt 0 ] && [ ! -e "$policy" ]; then
        policy_script "${new[@]}" | as_root tee "$policy" >/dev/null || exit
        as_root chmod 755 "$policy" || exit
        say "installed but not started now: ${new[*]}"
    fi

    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=600 \
        install -y --no-install-recommends "$@" 7<&-
)


remove_policy() {
    if grep -qsxF "$policy_mark" "$policy"; then
        as_root rm -f "$policy"
    fi
}


# policy_script service...: a name also stands for the services that begin with
# it, as apache-htcacheclean does, which comes with apache2.

policy_script() {
    printf '%s\n' '#!/bin/sh' "$policy_mark"
    printf 'case "$*" in *%s*) exit 101 ;; esac\n' "${@%%[0-9]*}"
}


# unpack package version: sets unpacked to a folder with the package's files;
# nothing is installed.  An archive removes a revision of a package when it has
# a newer one; then the newer one is taken.

unpack() {
    local folder=$build/packages

    unpacked=$folder/$1-$2
    mkdir -p "$folder"
    exec 8>"$folder/lock"
    flock 8

    if [ ! -d "$unpacked" ]; then
        has_apt || die "apt-get is not here or not to be called (APT=no), so $1" \
                       "is not fetched"
        [ "$2" != none ] || die "apt-get has no package $1"
        fetch_package "$1" "$2" "$unpacked"
    fi

    exec 8>&-
}


# fetch_package package version folder

fetch_package() {
    local folder=$3.new log=$3.log

    say "fetching $1 $2"
    rm -rf "$folder"
    mkdir "$folder"

    if ! download "$1=$2" "$folder" >"$log" 2>&1; then
        fetch_lists
        download "$1=$2" "$folder" >>"$log" 2>&1 \
            || download "$1" "$folder" >>"$log" 2>&1 || true
    fi

    dpkg-deb -x "$folder/$1"_*.deb "$folder" >>"$log" 2>&1 \
        || die "$1 $2 could not be fetched: $log says why"

    rm "$folder/$1"_*.deb
    mv "$folder" "$3"
}


# download package folder

download() {
    (cd "$2" && apt-get -q download "$1")
}


# What the module is built with; sets nginx_src, curl_cc and curl_ld.  If headers
# are not there and may not be fetched, a message says so, and the compiler may
# find others.

need_build() {
    need "${build_packages[@]}"

    if has_apt || (curl_headers); then
        curl_headers
    fi

    if [ -z "${NGINX_SRC:-}" ]; then
        need nginx

        if has_apt || (nginx_headers); then
            nginx_headers
        fi
    fi
}


# If the browser cannot be installed, its tests say that they are skipped.

need_browser() {
    (need "${browser_packages[@]}") \
        || say "${browser_packages[*]} could not be installed"
}


# promtool, which checks metrics.  Prometheus itself is a service, so its package
# is not installed.

need_promtool() {
    local version

    version=$(candidate prometheus)

    if (unpack prometheus "$version"); then
        export PROMTOOL=$build/packages/prometheus-$version/usr/bin/promtool
    else
        say "promtool could not be fetched"
    fi
}


# nginx's image_filter, with the libraries that it needs.  Its package would be
# loaded by every nginx of the machine, and needs Debian's nginx; so if it is not
# installed, it is only unpacked.

need_image_filter() {
    local package=libnginx-mod-http-image-filter version libraries

    ! is_installed $package || return 0
    version=$(candidate $package)

    if (unpack $package "$version"); then
        export OAUTH_NGINX_MODULES=$build/packages/$package-$version
        OAUTH_NGINX_MODULES=$OAUTH_NGINX_MODULES/usr/lib/nginx/modules
        mapfile -t libraries < <(libraries_of $package)
        need "${libraries[@]}"
    else
        say "nginx's image_filter could not be fetched"
    fi
}


# nginx's JavaScript module, for docs/agents/idp/.  When its package is installed,
# every nginx of the machine loads it, so it is only unpacked.

need_njs() {
    local version

    version=$(candidate libnginx-mod-http-js)

    if (unpack libnginx-mod-http-js "$version"); then
        export NJS=$build/packages/libnginx-mod-http-js-$version
        NJS=$NJS/usr/lib/nginx/modules/ngx_http_js_module.so
    else
        say "nginx's JavaScript module could not be fetched"
    fi
}


# The authorization servers of the end-to-end tests.  glewlwyd is a service that
# asks for a database when it is installed, so its package is only unpacked; the
# libraries that it needs are installed.

need_servers() {
    local libraries

    need "${server_packages[@]}" "${verifier_packages[@]}"

    if has_apt; then
        unpack glewlwyd "$(candidate glewlwyd)"
        export GLEWLWYD=$unpacked
        mapfile -t libraries < <(libraries_of glewlwyd)
        need "${libraries[@]}"
    fi
}


# candidate package: prints the version that apt would install, or "none".

candidate() {
    { apt-cache policy "$1" 2>/dev/null || true; } \
        | awk '/Candidate:/ { found = $2 } END { print found ? found : "none" }'
}


# libraries_of package: prints the libraries that it depends on.

libraries_of() {
    apt-cache depends "$1" 2>/dev/null \
        | awk '$1 == "Depends:" && $2 ~ /^lib/ { print $2 }'
}


# What build, demo and test need.

need_everything() {
    need_build
    need "${test_packages[@]}"
    need_image_filter

    if need_node; then
        need_browser
        need_promtool
        need_njs
        need_servers
        say "all there: packages, Node.js $(node --version)"
    else
        say "packages are there; $(node_message)"
    fi
}
