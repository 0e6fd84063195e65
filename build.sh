#!/usr/bin/env bash
#
# Builds, installs, shows and tests ngx_oauth_module.  One function a verb.
# "./build.sh help" says what each does; everything that is made lies in
# build/, packages that are missing are installed by apt-get.  What has to do
# with packages, nginx's source, Node.js and nginx's folders is in tools/.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
self=$top/build.sh
build=${BUILD:-$top/build}
nginx_src=${NGINX_SRC:-}
jobs=$(nproc 2>/dev/null || echo 1)

for library in packages nginx node install; do
    # shellcheck source=/dev/null
    . "$top/tools/$library.sh"
done


verb_help() {
    cat <<EOF
usage: ./build.sh verb

  deps            install what build, demo and test need (Debian packages, and
                  Node.js where Debian's is older than $node_least)
  build           build/ngx_oauth_module.so
  install         put the module where nginx looks for modules, and a file
                  into modules-available; says how to enable it
  uninstall       remove both, and the link that enables the module; but not
                  while nginx's configuration needs it
  demo [--once]   an authorization server, an app, nginx with the module and
                  an agent on loopback ports; stays up until Ctrl-C, --once
                  ends after the exchange
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
  WERROR=1        a warning of the compiler is an error, as it is for .ci/run
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


# --- build ----------------------------------------------------------------

# Sets configure_flags: those that Debian's nginx-dev records for the tree, else
# a similar set.

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

    # nginx's own configure makes warnings errors.

    [ -n "${WERROR:-}" ] || cc_opt+=" -Wno-error"

    configure_flags+=(--add-dynamic-module="$top" --builddir="$build/objs"
                      --with-cc-opt="$cc_opt $curl_cc ${CC_OPT:-}"
                      --with-ld-opt="$ld_opt $curl_ld ${LD_OPT:-}")
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


verb_deps() {
    need_build
    need "${test_packages[@]}"

    if need_node; then
        need_browser
        say "all there: packages, Node.js $(node --version)"
    else
        say "packages are there; $(node_message)"
    fi
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
                "$top"/ngx_oauth_module/*/* \
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


# What the tests and the demo run.  Not in the variable NGINX: to nginx itself
# that means inherited sockets.

export_paths() {
    export BUILD=$build
    export OAUTH_MODULE=$build/ngx_oauth_module.so
    OAUTH_NGINX=$(nginx_binary)
    export OAUTH_NGINX NGINX_BINARY=$OAUTH_NGINX
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


verb_demo() {
    need_node || die "$(node_message)"
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
    if ! need_node; then
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


# New inputs and findings stay in build/fuzz.

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
    deps | build | install | uninstall | demo | test | coverage | fuzz | bench \
        | clean | help)
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
