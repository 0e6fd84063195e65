#!/usr/bin/env bash
#
# Builds, installs, demonstrates and tests ngx_oauth_module; "./build.sh help"
# says what each verb does.  The Makefile beside this file builds the module and
# runs the tests that need no Node.js, with what is installed: docs/packaging.md
# lists it.  The files in tools/ do the rest: they install packages, fetch nginx's
# source and Node.js, and report.  Everything that is made goes to build/, but for
# what npm puts into t/e2e; "clean" removes both.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
self=$top/build.sh
build=$(realpath -m "${BUILD:-$top/build}")
nginx_src=${NGINX_SRC:+$(realpath -m "$NGINX_SRC")}
curl_cc=                        # need_build sets these two, and nginx_src if
curl_ld=                        # it is empty
jobs=$(nproc 2>/dev/null || echo 1)

# shellcheck source=tools/packages.sh
. "$top/tools/packages.sh"
# shellcheck source=tools/nginx.sh
. "$top/tools/nginx.sh"
# shellcheck source=tools/node.sh
. "$top/tools/node.sh"
# shellcheck source=tools/install.sh
. "$top/tools/install.sh"
# shellcheck source=tools/test.sh
. "$top/tools/test.sh"
# shellcheck source=tools/debian.sh
. "$top/tools/debian.sh"
# shellcheck source=tools/deb.sh
. "$top/tools/deb.sh"
# shellcheck source=tools/coverage.sh
. "$top/tools/coverage.sh"
# shellcheck source=tools/fuzz.sh
. "$top/tools/fuzz.sh"
# shellcheck source=tools/bench.sh
. "$top/tools/bench.sh"
# shellcheck source=tools/matrix.sh
. "$top/tools/matrix.sh"


# Each verb and the function that it calls, which is in the file of tools/ that
# stands beside it.

main() {
    local verb=${1:-help}

    [ $# -eq 0 ] || shift

    case $verb in
    deps)       need_everything ;;              # packages.sh, node.sh
    build)      build_module ;;
    install)    install_module ;;               # install.sh
    uninstall)  uninstall_module ;;             # install.sh
    demo)       run_demo "$@" ;;
    test)       run_tests "$@" ;;               # test.sh
    phase)      run_phase "$@" ;;               # test.sh; for run_tests alone
    inside)     "inside_$1" "${@:2}" ;;         # for in_namespaces, matrix.sh
    matrix)     run_matrix "$@" ;;              # matrix.sh
    soak)       run_soak "$@" ;;                # test.sh
    coverage)   measure_coverage ;;             # coverage.sh
    fuzz)       run_fuzzers "$@" ;;             # fuzz.sh
    bench)      run_bench "$@" ;;               # bench.sh
    clean)      run_make clean ;;
    help | -h | --help)
                print_help ;;
    *)          print_help >&2
                die "there is no verb $verb" ;;
    esac
}


print_help() {
    cat <<EOT
usage: ./build.sh verb

  deps            install what build, demo and test need (Debian packages, and
                  Node.js if Debian's is older than $node_least)
  build           build build/ngx_oauth_module.so
  install         put the module where nginx looks for modules, and a file
                  into modules-available; says how to enable it
  uninstall       remove both, and the link that enables the module, unless
                  nginx's configuration still needs the module
  demo [--once]   start an authorization server, an app, nginx with the module
                  and an agent on loopback ports; they run until Ctrl-C, or
                  with --once until the agent has finished
  test [phase]    run what every change has to pass, or one phase of it:
                  ${phases[*]}
  test --asan     run the phase prove with an nginx built from source with ASan
                  and UBSan; whatever these report is a failure
  test --valgrind do the same with nginx under valgrind, which takes long
  test --torture  let every allocation of many requests fail once, in an nginx
                  built from source for that
  test --revocation
                  revoke while processes are killed, disks are slow or full,
                  nginx is upgraded, and thousands of streams run; takes a
                  quarter of an hour, and some of it needs root
  test --fleet [redis | valkey]
                  let the nodes of a fleet revoke while their bus is stopped,
                  emptied, replaced and hostile, with the Redis of this Debian
                  or, which needs root, with the Valkey of Debian 13; takes
                  half an hour
  test --deb [suite...]
                  build Debian's package, and install, use, upgrade and purge
                  it in fresh folders with Debian 12 and 13, or with the suites
                  that are named; needs root
  test --image    build the images of docker/ and run the demo in a container,
                  as far as that goes without a registry of images; needs root
  matrix [cell...]
                  run the phases ${matrix_phases[*]} with several versions of
                  nginx, OpenSSL and the compilers, each in a folder with its
                  Debian, and write docs/matrix.md; the cells are named
                  suite:nginx:compiler, and a name stands for all that begin
                  with it; needs root and hours
  soak [redis | valkey] [seed...]
                  three nodes of a fleet revoke for 20 seconds, while random
                  things happen to them and their bus, for each seed (1-10);
                  counts what was lost
  coverage        measure how much of the module's own files the phases
                  ${coverage_phases[*]} run; fails below $coverage_lines % of the lines or
                  $coverage_branches % of the branches
  fuzz [seconds [noun...]]
                  run the parsers of the core under libFuzzer, each for 60
                  seconds or as many as are given; all of them or those named
  bench [name]    measure, with a name of: ${benches[*]};
                  without a name the first, which compares the module with
                  nginx alone and with other gateways
  clean           remove build/, and what npm has put into t/e2e
  help            print this text

environment:

  NGINX_SRC=dir   another nginx source tree to build against; if it is not
                  Debian's, that nginx is built too, as build/nginx, and the
                  demo and the tests use it; test --asan, --valgrind and
                  --torture fetch a source if this is not set
  CC_OPT, LD_OPT  further compiler and linker options
  WERROR=1        compiler warnings are errors, as they are for .ci/run
  BUILD=dir       a folder to use instead of build/
  APT=no          apt-get installs and downloads nothing; what is missing is
                  only named
EOT
}


say() {
    printf '==> %s\n' "$*"
}


die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}


# run_make argument...: calls make with the Makefile beside this file.  CC_OPT and
# LD_OPT stay in the environment as they are: a test that calls this script again
# must get the same build.

run_make() {
    make -s --no-print-directory -C "$top" BUILD="$build" JOBS="$jobs" \
        NGINX_SRC="$nginx_src" CURL_CC="$curl_cc" CURL_LD="$curl_ld" "$@"
}


# Builds the module, and nginx as well if its source is not Debian's.

build_module() {
    need_build
    run_make testbed
}


run_demo() {
    need_node || die "$(node_message)"
    build_module
    npm_ci "$top/t/e2e"
    exec "$top/t/env" "$build" node "$top/demo/demo.mjs" \
        --module "$build/ngx_oauth_module.so" "$@"
}

main "$@"
