# shellcheck shell=bash
#
# Sourced by build.sh: measures which lines and branches of the module the tests
# run, in a build of its own inside the build folder.

coverage_phases=(unit prove)
coverage_lines=90               # percent; less than this is a failure
coverage_branches=75


# The core is compiled twice, for the unit tests and into the module: gcovr
# adds up what both have run.

measure_coverage() {
    local passed=yes

    need "${coverage_packages[@]}"

    build=$build/coverage
    export BUILD=$build OAUTH_MODE=coverage LD_OPT=--coverage
    export CC_OPT="-O0 -U_FORTIFY_SOURCE --coverage"

    build_module
    coverage_folders

    phases=("${coverage_phases[@]}")
    run_tests || passed=no

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


# coverage_count name folder objects: writes build/name.json about the objects,
# which were compiled in that folder.

coverage_count() {
    gcovr --root "$top" --filter "$top/ngx_oauth_module/" \
        --object-directory "$2" --json "$build/$1.json" "$3"
}


# Every process that ends adds to the counts, nginx's workers as well, which are
# other users: they may write to the folders and, with this umask, to the files.

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


# Prints gcovr's CSV as a table; fails if there is too little.

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
