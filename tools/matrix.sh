# shellcheck shell=bash
#
# Sourced by build.sh: builds and tests the last commit with several versions of
# what it is built from.  Each cell is named suite:nginx:compiler.  The suite of
# Debian brings the libraries and the compiler.  nginx is the package of the
# suite ("own"), or it is built from the source that another suite has.  The
# table of all cells is docs/matrix.md; a cell that does not run keeps its line.

matrix_phases=(unit style prove)
matrix_cells=(bookworm:{own,trixie,sid}:{gcc,clang}
              trixie:{bookworm,own,sid}:{gcc,clang}
              sid:own:{gcc,clang})


# run_matrix [cell...]

run_matrix() {
    local cells=() cell nginx suite status=0

    mapfile -t cells < <(chosen_cells "$@")
    [ ${#cells[@]} -gt 0 ] \
        || die "there is no such cell; there are: ${matrix_cells[*]}"

    pack_release
    mkdir -p "$build/matrix"

    for cell in "${cells[@]}"; do
        IFS=: read -r suite nginx _ <<<"$cell"
        rm -f "$build/matrix/${cell//:/-}.row"

        if [ "$nginx" != own ] && [ ! -d "$build/matrix/nginx-of-$nginx" ]; then
            in_namespaces source "$nginx" || status=$?
        fi
    done

    for suite in $(printf '%s\n' "${cells[@]%%:*}" | uniq); do
        in_namespaces matrix "$suite" "${cells[@]}" || status=$?
    done

    write_matrix "${cells[@]}"

    return $status
}


# chosen_cells [name...]: prints the cells that a name begins, or all.

chosen_cells() {
    local cell name

    for cell in "${matrix_cells[@]}"; do
        for name in "${@:-}"; do
            if [[ -z $name || $cell == "$name" || $cell == "$name":* ]]; then
                echo "$cell"
                break
            fi
        done
    done
}


# inside_source suite: gets the source of nginx that the suite has, from a
# Debian of that suite, which has the keys for it.

inside_source() {
    local folder=$build/matrix/nginx-of-$1

    say "matrix: the source of nginx in $1"
    open_root "$1"
    unpack_release
    in_root env BUILD=/root/build /root/module/build.sh inside nginx_source
    rm -rf "$folder.new"
    cp -r "$root"/root/build/src/nginx-* "$folder.new"
    mv -T "$folder.new" "$folder"
}


inside_nginx_source() {
    nginx_source
}


# inside_matrix suite cell...: runs those of the cells that are of this suite.

inside_matrix() {
    local suite=$1 cell status=0

    shift
    say "matrix: $suite"
    open_root "$suite"
    unpack_release
    install_in_root ca-certificates gcc clang libclang-rt-dev \
        >"$build/matrix/$suite.log" 2>&1

    for cell; do
        if [[ $cell == "$suite":* ]]; then
            run_cell "$cell" || status=$?
        fi
    done

    return $status
}


# run_cell suite:nginx:compiler: leaves the line of the table in a file.  A cell
# whose nginx has no source here leaves none.

run_cell() {
    local name=${1//:/-} nginx compiler phase row status=0
    local setting=()

    IFS=: read -r _ nginx compiler <<<"$1"
    setting=("BUILD=/root/build-$name" "CC=$compiler" WERROR=1)

    if [ "$nginx" != own ]; then
        cp -r "$build/matrix/nginx-of-$nginx" "$root/root/nginx-for-$name" \
            || return 1
        setting+=("NGINX_SRC=/root/nginx-for-$name")
    fi

    row="| $1"

    for phase in "${matrix_phases[@]}"; do
        say "matrix: $1: $phase; the log is $build/matrix/$name-$phase.log"
        in_root env "${setting[@]}" /root/module/build.sh test "$phase" \
            >"$build/matrix/$name-$phase.log" 2>&1 || status=1
        row+=" | $(grep '^[0-9]* passed' "$build/matrix/$name-$phase.log" \
                       | tail -n 1 \
                       || echo 'did not run')"
    done

    row+=" | $(versions "/root/build-$name" "$compiler" "$(date -I)") |"
    echo "$row" >"$build/matrix/$name.row"
    printf '%s\n' "$row"

    return $status
}


# versions build-folder compiler date: prints columns of the table.  A line of
# an older run may have fewer of them, so new ones are at the end.

versions() {
    # shellcheck disable=SC2016
    in_root sh -c '
        nginx=$1/nginx
        [ -x "$nginx" ] || nginx=nginx
        version() { dpkg-query -W -f "\${Version}\n" "$@" 2>/dev/null \
            | sed -n "/./ { s/[-+].*//p; q }"; }
        echo "$("$nginx" -v 2>&1 | sed "s,.*/,,; s, .*,,")" \
            "| $(version libssl3t64 libssl3)" \
            "| $(version libcurl4t64 libcurl4) | $(version libjansson4)" \
            "| $2 $(version "$2" | sed "s/.*://") | $3" \
            "| $(version liblmdb0)" \
            "| $(version libhiredis1.1.0 libhiredis0.14)"
    ' versions "$@"
}


# write_matrix cell...: prints the lines of these cells, and writes all lines.
# What is below a heading on the page was written by hand, and stays.

write_matrix() {
    local page=$top/docs/matrix.md cell file

    for cell in "${matrix_cells[@]}"; do
        file=$build/matrix/${cell//:/-}.row

        if [[ " $* " == *" $cell "* ]]; then
            cat "$file" 2>/dev/null || echo "| $cell | did not run |"
        else
            grep -F "| $cell |" "$page" 2>/dev/null || true
        fi
    done >"$build/matrix/rows"

    {
        matrix_head
        cat "$build/matrix/rows"
        [ ! -f "$page" ] || awk '/^## / && !kept++ { print "\n" } kept' "$page"
    } >"$page.new"
    mv "$page.new" "$page"

    printf '\n'
    cat "$build/matrix/rows"
}


matrix_head() {
    cat <<'EOT'
# Matrix

With which versions of nginx, OpenSSL and the compilers the tests have run, and
how that ended. `./build.sh matrix` writes this page; it is described in
[testing.md](testing.md#runs-that-take-longer).

A line is named after the suite of Debian that it ran in, after the suite that its
nginx is from, and after its compiler. `own` is the nginx that the suite's package
installs; another nginx is built from the source that its suite has, without
Debian's patches.

| cell | unit | style | prove | nginx | OpenSSL | libcurl | jansson | compiler | date | LMDB | hiredis |
|---|---|---|---|---|---|---|---|---|---|---|---|
EOT
}
