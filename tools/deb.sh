# shellcheck shell=bash
#
# Sourced by build.sh: the life of Debian's package, from its build in a folder
# with nothing but Debian to its purge in another one; and the images of docker/.
# Both are built from the last commit, as "make dist" packs it.

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

    report_of_lintian "$folder" >"$1/lintian.$2" || return
    cp "$root$folder"/libnginx-mod-http-oauth_*.deb "$1/$2.deb"
}


# report_of_lintian folder: prints how lintian ended, its version, and what it
# has found, which t/deb/life.t judges.  lintian ends with 0 or, if it has found
# an error, with 2; anything else means that it did not do its work.

report_of_lintian() {
    local said version status=0

    version=$(in_root lintian --version) || return
    said=$(in_root sh -c "lintian --allow-root --info $1/*.changes") || status=$?

    printf '%s\n' "status $status of $version" "$said"
    [ $status = 0 ] || [ $status = 2 ]
}


# phase_image: what the files in docker/ say, without a registry of images.

phase_image() {
    pack_release
    in_namespaces image
}


# Containers are kept outside of the overlay, which cannot have another one
# above it.

inside_image() {
    local containers=/var/lib/containers

    say "image: the log is $build/debian/image.log"
    open_root trixie
    npm_as_on_this_machine >"$build/debian/image.log" 2>&1
    tar -C "$root" --one-file-system -cf "$root_base/base.tar" .
    mv "$root_base/base.tar" "$root/base.tar"
    unpack_release

    mkdir -p "$root$containers" "$root_base/containers"
    mount --bind "$root_base/containers" "$root$containers"

    OAUTH_ROOT=$root "$top/t/tap" "$top/t/deb/image.t"
}


npm_as_on_this_machine() {
    install_in_root ca-certificates
    in_root update-ca-certificates

    if [ -f "$HOME/.npmrc" ]; then
        cp "$HOME/.npmrc" "$root/root/.npmrc"
        echo cafile=/etc/ssl/certs/ca-certificates.crt >>"$root/root/.npmrc"
    fi
}
