# shellcheck shell=bash
#
# Sourced by build.sh: installations of Debian in folders, in which the package,
# the images and the matrix are tested.  debootstrap makes a bare one for each
# suite and keeps it in build/debian/; nothing writes to it afterwards.  Each use
# mounts an empty folder over it, as an overlay, and removes that at the end.
#
# This needs root, and namespaces: all processes that run in such a folder end
# with the verb, and nobody else sees the mounts.  The network is the machine's:
# packages come from there, and servers use free ports of 127.0.0.1.

root=                           # the folder that open_root has mounted
root_base=                      # the folder around it, which goes at the end
release=                        # the folder that pack_release has made


# in_namespaces name argument...: runs the function inside_name of this script
# where its processes and mounts are its own.

in_namespaces() {
    [ "$(id -u)" = 0 ] || die "this needs root, to mount and to chroot"
    need debootstrap

    if [[ $(trap -p HUP) == "trap -- '' "* ]]; then
        unshared "$self" inside "$@"
    else
        (trap "" HUP
         unshared env --default-signal=HUP "$self" inside "$@")
    fi
}


# unshared command...: unshare ignores INT and TERM, so that the command can end
# by itself; if unshare ended, the command would be killed.  So in_namespaces
# lets it ignore HUP, too, which a terminal sends when it is closed.

unshared() {
    unshare --mount --pid --fork --kill-child --mount-proc "$@"
}


# open_root suite: sets root to a fresh installation.

open_root() {
    bare_root "$1"
    remove_old_roots
    root_base=$(mktemp -d "${TMPDIR:-/tmp}/oauth-debian-$1-XXXXXX")
    root=$root_base/root
    trap close_root EXIT
    lock_root

    mkdir "$root_base"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$bare" \
        -o "upperdir=$root_base/upper,workdir=$root_base/work" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/dev/shm"

    as_on_this_machine
    deny_services
    in_root apt-get -q update
}


close_root() {
    if [ -n "$root_base" ]; then
        umount -R "$root" 2>/dev/null || umount -R -l "$root"
        rm -rf --one-file-system "$root_base"
        root_base=
        exec 6>&-
    fi
}


# All processes of a run have the lock of its folder, until the last has ended.
# The file gets its name when it is locked.

lock_root() {
    exec 6>"$root_base/lock.new"
    flock 6
    mv "$root_base/lock.new" "$root_base/lock"
}


# Removes the folders of runs that were killed: those whose lock is free.

remove_old_roots() {
    local folder

    for folder in "${TMPDIR:-/tmp}"/oauth-debian-*; do
        if [ -O "$folder" ] && [ ! -L "$folder" ] && [ -f "$folder/lock" ]
        then
            (flock -n 8 || exit 0
             rm -rf --one-file-system "$folder") 8<"$folder/lock"
        fi
    done
}


# bare_root suite: sets bare to the folder that debootstrap has made.  Several
# verbs at once may want the same one.

bare_root() {
    local folder=$build/debian

    bare=$folder/$1
    mkdir -p "$folder"
    exec 8>"$folder/lock"
    flock 8

    if [ ! -d "$bare" ]; then
        say "debootstrap $1"
        rm -rf "$bare.new"
        # shellcheck disable=SC2046
        debootstrap --variant=minbase "$1" "$bare.new" $(debian_mirror) \
            >"$bare.log" 2>&1 \
            || die "debootstrap failed: $bare.log says why"
        mv "$bare.new" "$bare"
    fi

    exec 8>&-
}


# Prints where this machine gets Debian from; if that is not known, nothing, and
# then debootstrap uses its default.

debian_mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(LABEL) $(SITE)' 2>/dev/null \
        | awk '$1 == "Debian" { print $2; exit }'
}


# What a network may need: name servers, certificates of its own, proxies.  A
# copy of the archive may be older than its index allows; apt checks the
# signatures all the same.

as_on_this_machine() {
    local certificates=/usr/local/share/ca-certificates

    cp /etc/resolv.conf "$root/etc/resolv.conf"
    echo 127.0.0.1 localhost >"$root/etc/hosts"
    mkdir -p "$root$certificates"
    [ ! -d $certificates ] || cp -r $certificates/. "$root$certificates/"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fast"

    {
        echo 'Acquire::Check-Valid-Until "false";'
        apt-config dump | grep -i '^Acquire::https\?::proxy' || true
    } >"$root/etc/apt/apt.conf.d/99machine"
}


# No package starts its service: it would take a port of this machine.

deny_services() {
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
}


# in_root command...

in_root() {
    env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$root" "$@"
}


# install_in_root package...

install_in_root() {
    in_root apt-get -q install -y --no-install-recommends "$@"
}


# unpack_release: puts the last commit into /root/module, as pack_release, which
# has run before, packed it.

unpack_release() {
    mkdir "$root/root/module"
    tar -xzf "$OAUTH_RELEASE" -C "$root/root/module" --strip-components=1
}


# pack_release: another run may be testing another release, so each has its own.

pack_release() {
    mkdir -p "$build"
    release=$(mktemp -d "$build/release-XXXXXX")
    trap 'rm -rf "$release"' EXIT
    export OAUTH_RELEASE=$release/release.tar.gz
    run_make dist PACKED="$OAUTH_RELEASE"
}
