# shellcheck shell=bash
#
# Sourced by build.sh: runs the test phases, one after another, and reports how
# many tests passed, failed and were skipped.  The phases unit, style and prove
# are goals of the Makefile; those here need packages, Node.js or another nginx.

phases=(unit style prove e2e)


# run_tests [phase | --asan | --valgrind | --torture | --revocation |
#            --fleet [redis | valkey] | --deb [suite...] | --image]
#
# Each phase is a process of its own, so that a command that fails ends its
# phase and not the others.  t/tap adds a line "passed failed skipped" to the
# file $TAP_TALLY for every group of tests that it runs.

run_tests() {
    local wanted=("${phases[@]}") phase status lines=()

    case ${1:-all} in
    all) ;;
    --asan | --valgrind | --torture | --revocation | --fleet | --deb | --image)
        wanted=("${1#--}")
        ;;
    *)
        [[ " ${phases[*]} " == *" $1 "* ]] || die "there is no test phase $1"
        wanted=("$1")
        ;;
    esac

    need_build
    need "${test_packages[@]}"
    need_image_filter

    TAP_TALLY=$(mktemp)
    export TAP_TALLY

    for phase in "${wanted[@]}"; do
        say "test phase: $phase"
        status=0
        "$self" phase "$phase" "${@:2}" || status=$?
        lines+=("$(tally "$phase" $status)")
    done

    rm -f "$TAP_TALLY"
    printf '\n'
    printf '%s\n' "${lines[@]}"
    summary "${lines[@]}"
}


# tally phase status: prints as one line what the phase has added.  A phase that
# ended badly without a failed test, because something did not build for
# instance, counts as one failure.

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


# summary line...: prints the sum; fails if a test failed or none has passed.

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


run_phase() {
    need_build

    case $1 in
    unit | style | prove)
        run_make -k "check-$1"
        ;;
    *)
        "phase_$1" "${@:2}"
        ;;
    esac
}


# Real clients with a real authorization server, and the demo.

phase_e2e() {
    if ! need_node; then
        say "skipped: $(node_message)"
        echo "0 0 1" >>"$TAP_TALLY"
        return
    fi

    need_browser
    need_promtool
    need_njs
    need_servers
    run_make testbed replays
    npm_ci "$top/t/e2e"
    npm_ci "$top/t/e2e/mcporter"
    npm_ci "$top/t/e2e/opencode"
    cd "$top"
    t/env "$build" t/tap -j "$jobs" \
        -e 'node --test-reporter=./t/tap_reporter.mjs' t/e2e/*.test.mjs
}


# variant name cc_opt ld_opt: what follows uses nginx and the module from source
# with these options, in a folder of their own inside the build folder.

variant() {
    nginx_source
    build=$build/$1
    export CC_OPT=$2 LD_OPT=$3
}


# The phase prove, with ASan and UBSan.  Every allocation from an nginx pool is
# a malloc of its own, so that ASan sees an access outside of it.

phase_asan() {
    local sanitize=-fsanitize=address,undefined
    local cc_opt="-O1 -Wno-error -U_FORTIFY_SOURCE -fno-omit-frame-pointer"

    variant asan "$cc_opt $sanitize -DNGX_DEBUG_PALLOC=1" $sanitize
    OAUTH_MODE=asan run_make check-prove
}


phase_valgrind() {
    variant valgrind "-O1 -DNGX_DEBUG_PALLOC=1" ""
    OAUTH_MODE=valgrind run_make check-prove
}


# An allocation can fail alone only if nginx's pools are made of single
# allocations; slab.o lets allocations from the shared zone fail, too.

phase_torture() {
    local wrap=-Wl,--wrap=ngx_slab_alloc

    make -s -C "$top/t/torture" BUILD="$build/torture"
    variant torture -DNGX_DEBUG_PALLOC=1 "$build/torture/slab.o $wrap"
    run_make helpers
    cd "$top"
    t/env "$build" t/tap -j "$jobs" t/torture/*.t
}


# The long runs of revocation.  They measure, so they run one after another.

phase_revocation() {
    need "${revocation_packages[@]}"
    run_make helpers
    make -s -C "$top/t/revocation" BUILD="$build"
    cd "$top"
    t/env "$build" t/tap t/revocation/*.t
}


# phase_fleet [redis | valkey]: the long runs of a fleet, with the Redis of this
# Debian or with the Valkey of Debian 13.

phase_fleet() {
    run_make helpers
    make -s -C "$top/t/revocation" BUILD="$build"
    cd "$top"
    on_server "${1:-redis}" t/env "$build" t/tap t/fleet/*.t
}


# run_soak [redis | valkey] [seed...]: two seeds at a time; see t/fleet/soak.pl.

run_soak() {
    local server=redis

    case ${1:-} in
    redis | valkey)
        server=$1
        shift
        ;;
    esac

    need_build
    need "${test_packages[@]}"
    run_make helpers
    cd "$top"
    on_server "$server" t/env "$build" perl t/fleet/soak.pl "${@:-1-10}"
}


# on_server redis|valkey command...: runs a command, for which OAUTH_REDIS names
# the server.

on_server() {
    case $1 in
    redis)
        "${@:2}"
        ;;
    valkey)
        in_namespaces valkey "${@:2}"
        ;;
    *)
        die "there is no server $1: redis or valkey"
        ;;
    esac
}


# Valkey runs inside a Debian 13, and all else outside of it; the folder of
# temporary files is the same for both.

inside_valkey() {
    local folder=${TMPDIR:-/tmp} log=$build/valkey.log

    say "valkey of Debian 13; the log is $log"
    open_root trixie >"$log" 2>&1
    install_in_root valkey-server >>"$log" 2>&1
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
    export OAUTH_REDIS="chroot $root /usr/bin/valkey-server"
    "$@"
}
