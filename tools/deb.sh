# shellcheck shell=bash
#
# Sourced by build.sh: the life of Debian's package, from its build in a folder
# with nothing but Debian to its purge in another one.  The package is that of
# the last commit, as "make dist" packs it.

deb_suites=(bookworm trixie)


# phase_deb [suite...]: a suite that fails does not keep the next one from its
# run.

phase_deb() {
    local suite status=0

    [ $# -gt 0 ] || set -- "${deb_suites[@]}"

    run_make helpers
    pack_release

    for suite; do
        in_namespaces deb "$suite" || status=$?
    done

    return $status
}


inside_deb() {
    local debs=$build/debian/packages-$1

    say "$1: building the package; the log is $debs/log"
    rm -rf "$debs"
    mkdir -p "$debs"
    open_root "$1"
    build_debs "$debs" >"$debs/log" 2>&1 \
        || die "the package was not built: $debs/log says why"
    close_root

    say "$1: its life"
    open_root "$1"
    cp -r "$debs" "$root/debs"
    OAUTH_ROOT=$root "$top/t/env" "$build" \
        "$top/t/tap" -n "$1 " "$top/t/deb/life.t"
}


# build_debs folder: puts two packages and the reports of lintian there.  The
# second package has a newer version, which the module shows as the user agent
# of its fetches, so that a test can see which one runs.

build_debs() {
    unpack_release \
        && install_in_root build-essential lintian \
        && in_root apt-get -q build-dep -y --no-install-recommends \
            /root/module \
        && build_deb "$1" old \
        && newer_version \
        && build_deb "$1" new
}


newer_version() {
    in_root sed -i '/define NGX_OAUTH_VERSION/ s/"$/.1"/' \
        /root/module/ngx_oauth_module/base/ngx_oauth_version.h \
        && in_root sed -i '1 s/-1)/.1-1)/' /root/module/debian/changelog
}


# build_deb folder name

build_deb() {
    local folder=/root/module/build/deb

    in_root make -C /root/module deb || return

    # lintian fails if it has found an error; t/deb/life.t reads its report

    in_root sh -c "lintian --allow-root --info $folder/*.changes" \
        >"$1/lintian.$2" || true
    cp "$root$folder"/libnginx-mod-http-oauth_*.deb "$1/$2.deb"
}
