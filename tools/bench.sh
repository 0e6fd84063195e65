# shellcheck shell=bash
#
# Sourced by build.sh: runs one of the measurements in t/bench.
#
#   speed [seconds]     what a request costs with the module and with other
#                       gateways, compared with nginx alone; writes
#                       docs/performance.md
#   memory [millions]   the memory of a known token, and of a worker during
#                       millions of requests
#   scale [seconds]     a request with more tokens, locations and issuers
#   steps [rounds]      each step of a token compared with the bare calls of the
#                       libraries
#   hostile [row...]    the CPU time of hostile requests; fails above 50 ms

benches=(speed memory scale steps hostile)


# run_bench [name] [argument...]

run_bench() {
    local name=speed

    if [[ $# -gt 0 && ! $1 =~ ^[0-9-] ]]; then
        name=$1
        shift
    fi

    [[ " ${benches[*]} " == *" $name "* ]] \
        || die "there is no measurement $name; there are: ${benches[*]}"

    need_build

    case $name in
    steps)
        run_make steps
        "$build/bench/steps" "$@"
        ;;
    hostile)
        bench_nginx "$name" "$@"
        ;;
    *)
        need "${bench_packages[@]}"
        bench_nginx "$name" "$@"
        ;;
    esac
}


# bench_nginx name [argument...]

bench_nginx() {
    local name=$1

    shift
    run_make helpers
    "$top/t/env" "$build" perl "$top/t/bench/$name.pl" "$@"
}
