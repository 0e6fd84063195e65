# shellcheck shell=bash
#
# Sourced by build.sh: runs one test phase with several nginx sources, each in a
# build folder of its own, and prints one line for each.


# run_matrix source...: the folders of nginx sources, as NGINX_SRC takes them.

run_matrix() {
    local src name status failed=0 lines=()

    [ $# -gt 0 ] || die "matrix needs at least one folder with nginx's source"

    for src; do
        [ -d "$src" ] || die "there is no folder $src"
    done

    mkdir -p "$build/matrix"

    for src; do
        name=$(basename "$(realpath "$src")")
        status=0

        say "matrix: $name"
        NGINX_SRC=$src BUILD=$build/matrix/$name "$self" test prove \
            | tee "$build/matrix/$name.log" || status=$?

        [ $status -eq 0 ] || failed=1
        lines+=("$(printf '%-20s %s' "$name" \
                   "$(tail -n 1 "$build/matrix/$name.log")")")
    done

    printf '\n'
    printf '%s\n' "${lines[@]}"

    return $failed
}
