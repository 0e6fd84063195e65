# shellcheck shell=bash
#
# Sourced by build.sh: runs the fuzz targets under libFuzzer.


# run_fuzzers [seconds [noun...]]: new inputs and findings stay in build/fuzz.

run_fuzzers() {
    local seconds=${1:-60} noun targets=()

    [ $# -eq 0 ] || shift
    [[ $seconds =~ ^[1-9][0-9]*$ ]] \
        || die "$seconds is not a number of seconds"
    [ $# -gt 0 ] || set -- "$top"/t/fuzz/fuzz_*.c

    for noun in "$@"; do
        noun=$(basename "$noun" .c)
        noun=${noun#fuzz_}
        [ -e "$top/t/fuzz/fuzz_$noun.c" ] || die "there is no fuzz target $noun"
        targets+=("fuzz_$noun")
    done

    need_build
    need "${fuzz_packages[@]}"
    run_make fuzzers ONLY="${targets[*]}"

    say "fuzzing ${#targets[@]} targets, $seconds seconds each"
    "$top/t/fuzz/run" -j "$jobs" -s "$seconds" -o "$build/fuzz" \
        "${targets[@]/#/$build/fuzz/libfuzzer/}"
}
