#!/usr/bin/env bash
#
# Builds, installs, shows and tests ngx_oauth_module.  One function a verb.
# "./build.sh help" says what each does; everything that is made lies in
# build/, packages that are missing are installed by apt-get.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
self=$top/build.sh
build=${BUILD:-$top/build}
nginx_src=${NGINX_SRC:-/usr/share/nginx/src}
jobs=$(nproc 2>/dev/null || echo 1)

build_packages=(gcc libc6-dev make perl libjansson-dev libcurl4-openssl-dev
                libjwt-dev libssl-dev libpcre2-dev zlib1g-dev)
nginx_packages=(nginx nginx-dev)
test_packages=(libcmocka-dev valgrind binutils openssl curl libfaketime)
bench_packages=(wrk haproxy apache2 libapache2-mod-auth-openidc
                libnginx-mod-http-js)
services=(nginx haproxy apache2)
browser_packages=(chromium)
fuzz_packages=(clang libclang-rt-dev libcmocka-dev binutils)
coverage_packages=(gcovr)

node_least=20

lists=old                       # apt's, until they were fetched once


verb_help() {
    cat <<EOF
usage: ./build.sh verb

  deps            install what the other verbs need (Debian packages)
  build           build/ngx_oauth_module.so
  install         put the module where nginx looks for modules, and a file
                  into modules-available; says how to enable it
  demo [--once]   an authorization server, an app, nginx with the module and
                  an agent on loopback ports; stays up until Ctrl-C, --once
                  ends after the exchange (needs Node.js $node_least or newer)
  test [phase]    all tests, or one phase of: ${phases[*]}
  test --asan     the phase prove on an nginx built from source with ASan and
                  UBSan; a report of theirs is a failure
  test --valgrind the same with nginx under valgrind, which takes long
  test --torture  every allocation of many requests fails once, in an nginx
                  built from source for that
  coverage        how much of the module's own files the phases
                  ${coverage_phases[*]} run; fails below $coverage_lines % of the lines or
                  $coverage_branches % of the branches
  fuzz [seconds [noun...]]
                  the parsers of the core under libFuzzer, each for 60 seconds
                  or as many as are given; all of them or those named
  bench [name]    a measurement, one of: ${benches[*]}; without
                  a name the first, against nginx alone and other gateways
  clean           remove build/
  help            this text

environment:

  NGINX_SRC=dir   another nginx source tree to build against; where it is not
                  Debian's, that nginx is built too, as build/nginx, and used
                  by the demo and the tests; test --asan, --valgrind
                  and --torture fetch one where it is not set
  CC_OPT, LD_OPT  further compiler and linker options
  BUILD=dir       in place of build/
EOF
}


say() {
    printf '==> %s\n' "$*"
}


die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}


# --- packages -------------------------------------------------------------

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

    if [ "$lists" = old ]; then
        as_root apt-get -q update
        lists=new
    fi

    apt_install "${missing[@]}"
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


need_build() {
    need "${build_packages[@]}"

    if [ -z "${NGINX_SRC:-}" ]; then
        need "${nginx_packages[@]}"
    fi
}


verb_deps() {
    need_build
    need "${test_packages[@]}"

    if have_node; then
        need_browser
        say "all there: packages, Node.js $(node --version)"
    else
        say "packages are there; $(node_message)"
    fi
}


# --- build ----------------------------------------------------------------

# Sets configure_flags for the tree: Debian's own, or the like of them.

set_configure_flags() {
    local cc_opt ld_opt

    [ -x "$nginx_src/configure" ] || [ -x "$nginx_src/auto/configure" ] \
        || die "no nginx source in $nginx_src: set NGINX_SRC"

    if [ -f "$nginx_src/conf_flags" ]; then
        # shellcheck source=/dev/null
        . "$nginx_src/conf_flags"
        configure_flags=("${NGX_CONF_FLAGS[@]}")
        with_binary=no
    else
        configure_flags=(--with-compat --with-debug --with-threads
            --with-http_ssl_module --with-http_v2_module
            --with-http_realip_module --with-http_auth_request_module
            --with-http_stub_status_module --with-http_sub_module
            --with-http_addition_module --with-http_slice_module
            --with-http_dav_module)
        with_binary=yes
    fi

    cc_opt="-g -O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2"
    ld_opt="-Wl,-z,relro -Wl,-z,now"

    configure_flags+=(--add-dynamic-module="$top" --builddir="$build/objs"
                      --with-cc-opt="$cc_opt ${CC_OPT:-}"
                      --with-ld-opt="$ld_opt ${LD_OPT:-}")
}


# nginx's configure writes a Makefile beside itself.  It runs in a folder of
# links, so that the source tree stays as it was and may be read-only.

configure_nginx() {
    local link configure=configure

    say "configuring against $nginx_src"

    rm -rf "$build/nginx-src" "$build/objs" "$build/configured"
    mkdir -p "$build/nginx-src"

    for link in "$nginx_src"/*; do
        ln -s "$link" "$build/nginx-src/"
    done

    rm -f "$build/nginx-src/Makefile" "$build/nginx-src/objs"
    [ -x "$nginx_src/configure" ] || configure=auto/configure

    (cd "$build/nginx-src" && "./$configure" "${configure_flags[@]}") \
        >"$build/configure.log" 2>&1 || {
            grep -A 3 'error:' "$build/configure.log" >&2 \
                || tail -n 20 "$build/configure.log" >&2
            die "configure failed; all of it is in $build/configure.log"
        }
}


verb_build() {
    local stamp

    need_build
    set_configure_flags
    mkdir -p "$build"

    # One build at a time in one folder; the lock goes with this process.

    exec 9>"$build/lock"
    flock 9

    stamp=$(printf '%s\n' "$nginx_src" "${configure_flags[@]}" \
            | cat - "$top/config" "$nginx_src/src/core/nginx.h" | cksum)

    if [ "$stamp" != "$(cat "$build/configured" 2>/dev/null)" ]; then
        configure_nginx
        printf '%s\n' "$stamp" >"$build/configured"
    fi

    say "building"
    make -s -j "$jobs" -C "$build/nginx-src" -f "$build/objs/Makefile" modules
    put "$build/objs/ngx_oauth_module.so" "$build/ngx_oauth_module.so"

    if [ "$with_binary" = yes ]; then
        make -s -j "$jobs" -C "$build/nginx-src" -f "$build/objs/Makefile" \
            binary
        put "$build/objs/nginx" "$build/nginx"
    else
        rm -f "$build/nginx"
    fi

    exec 9>&-

    say "built $build/ngx_oauth_module.so"
}


# put from to: a running nginx may have the old file mapped, so a new one
# takes its name; an equal one is left alone.

put() {
    if ! cmp -s "$1" "$2"; then
        install -m 755 "$1" "$2.new"
        mv "$2.new" "$2"
    fi
}


# The nginx that the module was built for: that of the tests and the demo.

nginx_binary() {
    if [ -x "$build/nginx" ]; then
        echo "$build/nginx"
    else
        installed_nginx
    fi
}


installed_nginx() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx \
        || die "there is no nginx in PATH"
}


# modules_path nginx: where its load_module lines look.

modules_path() {
    "$1" -V 2>&1 | tr ' ' '\n' | awk -F= '
        $1 == "--prefix" { prefix = $2 }
        $1 == "--modules-path" { path = $2 }
        END {
            if (!prefix) prefix = "/usr/local/nginx"
            print path ? path : prefix "/modules"
        }'
}


# What the tests and the demo run.  Not in the variable NGINX: to nginx itself
# that means inherited sockets.

export_paths() {
    export BUILD=$build
    export OAUTH_MODULE=$build/ngx_oauth_module.so
    OAUTH_NGINX=$(nginx_binary)
    export OAUTH_NGINX NGINX_BINARY=$OAUTH_NGINX
}


# --- nginx from source ----------------------------------------------------

# Sets NGINX_SRC, unless it is set, to the source of Debian's nginx as it was
# before Debian's patches: $build/src/nginx-version.

nginx_source() {
    local folder=$build/src tarball version

    if [ -z "${NGINX_SRC:-}" ]; then
        mkdir -p "$folder"
        exec 8>"$folder/lock"
        flock 8

        tarball=$(nginx_tarball "$folder")

        if [ -z "$tarball" ]; then
            fetch_nginx "$folder"
            tarball=$(nginx_tarball "$folder")
        fi

        version=${tarball##*/nginx_}
        NGINX_SRC=$folder/nginx-${version%.orig.tar.*}

        if [ ! -d "$NGINX_SRC" ]; then
            rm -rf "$NGINX_SRC.new"
            mkdir "$NGINX_SRC.new"
            tar -xf "$tarball" -C "$NGINX_SRC.new" --strip-components=1
            mv "$NGINX_SRC.new" "$NGINX_SRC"
        fi

        exec 8>&-
    fi

    nginx_src=$NGINX_SRC
}


nginx_tarball() {
    find "$1" -maxdepth 1 -name 'nginx_*.orig.tar.?z' | head -n 1
}


# fetch_nginx folder: nginx_version.orig.tar.gz, by an apt whose sources are
# the machine's, turned to source packages, and whose state is in the folder.
# Archives keep the tarball longer than the small files beside it: so a failed
# download matters only if the tarball is not what apt's index has.

fetch_nginx() {
    local folder=$1 conf=$1/apt/conf log=$1/apt/log sum

    command -v apt-get >/dev/null || die "no apt-get here: set NGINX_SRC"
    say "fetching nginx's source"
    private_apt "$folder/apt"

    apt-get -q -c "$conf" update >"$log" 2>&1 || true
    sum=$(apt-get -q -c "$conf" source --print-uris nginx 2>>"$log" | sed -nE \
        "s/^'.*' (nginx_.*\.orig\.tar\..z) .* SHA256:([0-9a-f]+)$/\2  \1/p") \
        || true
    (cd "$folder" && apt-get -q -c "$conf" source --download-only nginx) \
        >>"$log" 2>&1 || true

    if ! (cd "$folder" && sha256sum -c --quiet <<<"$sum" >>"$log" 2>&1); then
        rm -f "$folder"/nginx_*.orig.tar.?z
        die "nginx's source did not come ($log); NGINX_SRC can name another"
    fi
}


# private_apt folder: a configuration for apt-get -c, without the hooks of the
# machine's, which would act on the machine's own lists.

private_apt() {
    local file list="" parts=""

    rm -rf "$1"
    mkdir -p "$1/sources" "$1/lists/partial" "$1/cache/archives/partial"
    cat >"$1/conf" <<EOF
#clear APT::Update;
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$1/sources";
Dir::State::Lists "$1/lists";
Dir::Cache "$1/cache";
EOF

    eval "$(apt-config shell list Dir::Etc::SourceList/f \
                             parts Dir::Etc::SourceParts/d)"

    for file in "$list" "${parts%/}"/*.list "${parts%/}"/*.sources; do
        if [ -f "$file" ]; then
            sed -E -e '/^deb-src[[:space:]]/d' \
                -e 's/^deb([[:space:]])/deb-src\1/' \
                -e 's/^Types:.*/Types: deb-src/' "$file" \
                >"$1/sources/${file##*/}"
        fi
    done
}


# variant name cc_opt ld_opt: nginx and the module from source with these
# options, in a folder of their own in build/, where what follows finds them.

variant() {
    nginx_source
    build=$build/$1
    CC_OPT=$2
    LD_OPT=$3
    verb_build
    make -s -C "$top/t/lib" BUILD="$build"
    export_paths
}


# --- install --------------------------------------------------------------

verb_install() {
    local nginx modules
    local available=/usr/share/nginx/modules-available
    local enabled=/etc/nginx/modules-enabled

    verb_build
    nginx=$(installed_nginx)
    check_loads "$nginx"
    modules=$(modules_path "$nginx")

    say "installing $modules/ngx_oauth_module.so"
    as_root mkdir -p "$modules"
    as_root install -m 644 "$build/ngx_oauth_module.so" \
        "$modules/ngx_oauth_module.so.new"
    as_root mv "$modules/ngx_oauth_module.so.new" \
        "$modules/ngx_oauth_module.so"

    if [ ! -d $enabled ]; then
        say "to enable it, put this line at the top of nginx.conf:"
        echo "    load_module $modules/ngx_oauth_module.so;"
        return
    fi

    say "installing $available/mod-http-oauth.conf"
    as_root mkdir -p $available
    echo 'load_module modules/ngx_oauth_module.so;' \
        | as_root tee $available/mod-http-oauth.conf >/dev/null

    if [ -e $enabled/50-mod-http-oauth.conf ]; then
        say "it is enabled; restart nginx to run the new module:"
        echo "    nginx -t && systemctl restart nginx"
    else
        say "to enable it:"
        echo "    ln -s $available/mod-http-oauth.conf" \
             "$enabled/50-mod-http-oauth.conf"
        echo "    nginx -t && systemctl reload nginx"
    fi
}


# Says now, and not at the next restart, that nginx and module do not fit.

check_loads() {
    local dir status=0

    dir=$(mktemp -d)
    printf '%s\n' "load_module $build/ngx_oauth_module.so;" \
        "pid $dir/pid;" 'error_log stderr;' 'events {}' >"$dir/nginx.conf"

    "$1" -t -q -p "$dir" -c "$dir/nginx.conf" || status=$?
    rm -rf "$dir"

    [ $status = 0 ] || die "$1 cannot load the module"
}


# --- Node.js: demo and end-to-end tests -----------------------------------

have_node() {
    command -v node >/dev/null && command -v npm >/dev/null \
        && [ "$(node -p 'parseInt(process.versions.node)')" -ge $node_least ]
}


node_message() {
    local found="none is here"

    if command -v node >/dev/null; then
        found="$(node --version) is here"
        command -v npm >/dev/null || found="$found, without npm"
    fi

    echo "Node.js $node_least or newer with npm is needed for the" \
         "authorization server of the demo and the end-to-end tests; $found." \
         "Debian 12's own package is 18: take one from nodejs.org (unpacked" \
         "anywhere, with its bin folder in PATH)."
}


# Without it, its tests say that they are skipped.

need_browser() {
    (need "${browser_packages[@]}") || say "no ${browser_packages[*]} to be had"
}


# npm_ci folder: the packages that its package-lock.json names.

npm_ci() {
    local done=$1/node_modules/.package-lock.json

    if [ ! -e "$done" ] || [ "$1/package-lock.json" -nt "$done" ]; then
        say "npm ci in ${1#"$top"/}"
        (cd "$1" && npm ci --no-audit --no-fund)
        touch "$done"
    fi
}


verb_demo() {
    have_node || die "$(node_message)"
    verb_build
    npm_ci "$top/t/e2e"
    export_paths
    exec node "$top/demo/demo.mjs" --module "$OAUTH_MODULE" "$@"
}


# --- tests ----------------------------------------------------------------

phases=(unit style prove e2e)


# Each phase is a child, so that a failing command ends it and not the rest;
# t/tap adds "passed failed skipped" to $TAP_TALLY for every group it runs.

verb_test() {
    local wanted=("${phases[@]}") phase status lines=()

    case ${1:-all} in
    all) ;;
    --asan | --valgrind | --torture)
        wanted=("${1#--}")
        ;;
    *)
        [[ " ${phases[*]} " == *" $1 "* ]] || die "no test phase $1"
        wanted=("$1")
        ;;
    esac

    need_build
    need "${test_packages[@]}"

    TAP_TALLY=$(mktemp)
    export TAP_TALLY

    for phase in "${wanted[@]}"; do
        say "test phase: $phase"
        status=0
        "$self" "phase_$phase" || status=$?
        lines+=("$(tally "$phase" $status)")
    done

    rm -f "$TAP_TALLY"
    printf '\n'
    printf '%s\n' "${lines[@]}"
    summary "${lines[@]}"
}


# tally phase status: what the phase added, as one line; a phase that ended
# badly without a failed test (it did not build, say) is one failure.

tally() {
    awk -v phase="$1" -v status="$2" '
        { passed += $1; failed += $2; skipped += $3 }
        END {
            if (status != 0 && failed == 0) failed = 1
            printf "%-5s %d passed, %d failed, %d skipped\n",
                   phase, passed, failed, skipped
        }' "$TAP_TALLY"
    : >"$TAP_TALLY"
}


summary() {
    printf '%s\n' "$@" | awk '
        { passed += $2; failed += $4; skipped += $6 }
        END {
            printf "%d passed, %d failed", passed, failed
            if (skipped) printf ", %d skipped", skipped
            printf "\n"
            exit (failed != 0 || passed == 0)
        }'
}


# The core under cmocka: as it is, under ASan and UBSan, under valgrind; and
# the fuzz targets over their seeds, without libFuzzer.

phase_unit() {
    local status=0 programs=(all asan) checks=(check check-asan check-valgrind)
    local options=(BUILD="$build" JOBS="$jobs" CFLAGS="-O1 -g ${CC_OPT:-}"
                   LDFLAGS="${LD_OPT:-}")

    if [ "${OAUTH_MODE:-}" = coverage ]; then
        programs=(all)
        checks=(check)
    fi

    mkdir -p "$build"
    flock "$build/lock" \
        make -s -j "$jobs" -C "$top/t/unit" "${options[@]}" "${programs[@]}"
    make -s -k -C "$top/t/unit" "${options[@]}" "${checks[@]}" || status=$?

    if [ "${OAUTH_MODE:-}" != coverage ]; then
        flock "$build/lock" \
            make -s -j "$jobs" -C "$top/t/fuzz" BUILD="$build" replay
        make -s -C "$top/t/fuzz" BUILD="$build" JOBS="$jobs" check || status=$?
    fi

    return $status
}


# Layers, walls, names, lengths, and documentation against code.

phase_style() {
    verb_build
    export_paths
    cd "$top"
    t/tap t/style/*.t
}


# nginx with the module against a scripted issuer.

phase_prove() {
    verb_build
    make -s -C "$top/t/lib" BUILD="$build"
    export_paths
    prove_all
}


prove_all() {
    cd "$top"
    t/tap -j "$jobs" t/*.t
}


# The same with every allocation from a pool made by malloc, so that reading or
# writing beside one is seen.

phase_asan() {
    local sanitize=-fsanitize=address,undefined
    local cc_opt="-O1 -Wno-error -U_FORTIFY_SOURCE -fno-omit-frame-pointer"

    variant asan "$cc_opt $sanitize -DNGX_DEBUG_PALLOC=1" $sanitize
    export OAUTH_MODE=asan
    prove_all
}


phase_valgrind() {
    variant valgrind "-O1 -DNGX_DEBUG_PALLOC=1" ""
    export OAUTH_MODE=valgrind
    prove_all
}


# nginx's pools are made of single allocations here; slab.o makes those from
# the shared zone fail, too.

phase_torture() {
    local wrap=-Wl,--wrap=ngx_slab_alloc

    make -s -C "$top/t/torture" BUILD="$build/torture"
    variant torture -DNGX_DEBUG_PALLOC=1 "$build/torture/slab.o $wrap"
    cd "$top"
    t/tap -j "$jobs" t/torture/*.t
}


# Real clients against a real authorization server, and the demo.

phase_e2e() {
    if ! have_node; then
        say "skipped: $(node_message)"
        echo "0 0 1" >>"$TAP_TALLY"
        return
    fi

    need_browser
    verb_build
    npm_ci "$top/t/e2e"
    npm_ci "$top/t/e2e/opencode"
    export_paths
    cd "$top"
    t/tap -j "$jobs" -e 'node --test-reporter=./t/tap_reporter.mjs' \
        t/e2e/*.test.mjs
}


# Inputs that are new and findings stay in build/fuzz.

verb_fuzz() {
    local seconds=${1:-60} noun programs=()

    [ $# -eq 0 ] || shift
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "no number of seconds: $seconds"
    [ $# -gt 0 ] || set -- "$top"/t/fuzz/fuzz_*.c

    for noun in "$@"; do
        noun=$(basename "$noun" .c)
        noun=${noun#fuzz_}
        [ -e "$top/t/fuzz/fuzz_$noun.c" ] || die "no fuzz target $noun"
        programs+=("$build/fuzz/libfuzzer/fuzz_$noun")
    done

    need_build
    need "${fuzz_packages[@]}"

    mkdir -p "$build"
    flock "$build/lock" \
        make -s -j "$jobs" -C "$top/t/fuzz" BUILD="$build" fuzzers

    say "fuzzing ${#programs[@]} targets, $seconds seconds each"
    "$top/t/fuzz/run" -j "$jobs" -s "$seconds" -o "$build/fuzz" \
        "${programs[@]}"
}


# --- measurements ---------------------------------------------------------

benches=(speed memory scale steps hostile)


verb_bench() {
    local name=speed

    if [[ $# -gt 0 && ! $1 =~ ^[0-9-] ]]; then
        name=$1
        shift
    fi

    [[ " ${benches[*]} " == *" $name "* ]] \
        || die "bench: one of ${benches[*]}"

    need_build
    "bench_$name" "$@"
}


# bench_speed [seconds]: what a request costs behind the module and behind other
# gateways, against nginx alone; writes docs/performance.md.

bench_speed() {
    bench_gateways speed "$@"
}


# bench_memory [millions]: a kept token; a worker under millions of requests.

bench_memory() {
    bench_gateways memory "$@"
}


# bench_scale [seconds]: a request with more tokens, locations, issuers.

bench_scale() {
    bench_gateways scale "$@"
}


bench_gateways() {
    local name=$1

    shift
    need "${bench_packages[@]}"
    verb_build
    make -s -C "$top/t/lib" BUILD="$build"
    export_paths
    perl "$top/t/bench/$name.pl" "$@"
}


# bench_steps [rounds]: each step of a token beside the bare library calls.

bench_steps() {
    mkdir -p "$build"
    flock "$build/lock" \
        make -s -j "$jobs" -C "$top/t/bench" BUILD="$build" steps
    "$build/bench/steps" "$@"
}


# bench_hostile [row ...]: the CPU time of hostile requests; fails above 50 ms.

bench_hostile() {
    verb_build
    make -s -C "$top/t/lib" BUILD="$build"
    export_paths
    perl "$top/t/bench/hostile.pl" "$@"
}


# --- coverage -------------------------------------------------------------

coverage_phases=(unit prove)
coverage_lines=90
coverage_branches=75


# The core is compiled twice, for the unit tests and into the module: gcovr
# adds up what both have run.

verb_coverage() {
    local passed=yes

    need "${coverage_packages[@]}"

    build=$build/coverage
    export BUILD=$build OAUTH_MODE=coverage LD_OPT=--coverage
    export CC_OPT="-O0 -U_FORTIFY_SOURCE --coverage"

    verb_build
    coverage_folders

    phases=("${coverage_phases[@]}")
    verb_test || passed=no

    say "counting"
    coverage_count unit "$top/t/unit" "$build/unit"
    coverage_count module "$build/nginx-src" "$build/objs"
    rm -rf "$build/html"
    mkdir "$build/html"
    gcovr --root "$top" -a "$build/unit.json" -a "$build/module.json" \
        --csv "$build/coverage.csv" --html-details "$build/html/index.html"

    say "line by line: $build/html/index.html"
    coverage_table <"$build/coverage.csv" || passed=no

    [ $passed = yes ]
}


# coverage_count name folder objects: build/name.json, of the objects that were
# compiled in that folder.

coverage_count() {
    gcovr --root "$top" --filter "$top/ngx_oauth_module/" \
        --object-directory "$2" --json "$build/$1.json" "$3"
}


# Every process that ends adds to the counts: the folders,
# and with this umask the files, are writable for nginx's workers, too.

coverage_folders() {
    find "$build" -name '*.gcda' -delete
    find "$build/objs" -type d -exec chmod 777 {} +
    umask 000

    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --clear-groups test -w "$build/objs/addon" \
            || die "nginx's workers cannot write to $build: BUILD can name" \
                   "a folder whose parents everybody may enter"
    fi
}


coverage_table() {
    awk -F, -v lines=$coverage_lines -v branches=$coverage_branches '
        function row(name, l, lt, b, bt) {
            printf "%-32s %5d of %5d %5.1f %%  %5d of %5d %5.1f %%\n", name,
                   l, lt, lt ? 100 * l / lt : 100,
                   b, bt, bt ? 100 * b / bt : 100
        }

        NR == 1 {
            printf "%-32s %22s  %22s\n", "", "lines", "branches"
            next
        }

        {
            sub(".*/", "", $1)
            row($1, $3, $2, $6, $5)
            lt += $2; l += $3; bt += $5; b += $6
        }

        END {
            row("total", l, lt, b, bt)
            if (!lt || !bt || 100 * l < lines * lt \
                || 100 * b < branches * bt)
            {
                printf "below %d %% of lines or %d %% of branches\n",
                       lines, branches
                exit 1
            }
        }'
}


verb_clean() {
    say "removing $build"
    rm -rf "$build"
}


main() {
    local verb=${1:-help}

    [ $# -eq 0 ] || shift

    case $verb in
    deps | build | install | demo | test | coverage | fuzz | bench | clean | help)
        "verb_$verb" "$@"
        ;;
    phase_*)
        "$verb"
        ;;
    -h | --help)
        verb_help
        ;;
    *)
        verb_help >&2
        die "no verb $verb"
        ;;
    esac
}

main "$@"
