# shellcheck shell=bash
#
# Sourced by build.sh: finds or fetches the headers and the source of nginx that
# the module is built against, and the headers of libcurl.


# Sets nginx_src to the headers in Debian's nginx-dev for the nginx that is
# installed.  If nginx-dev is not installed, it is only unpacked, because
# installing it would also install the libraries of all of Debian's nginx
# modules, X11 among them.

nginx_headers() {
    local version

    nginx_src=/usr/share/nginx/src
    version=$(package_version nginx)

    if [ -z "$version" ] || [ "$(package_version nginx-dev)" = "$version" ]
    then
        return
    fi

    unpack nginx-dev "$version"
    nginx_src=$unpacked/usr/share/nginx/src

    grep -qF "\"${version%-*}\"" "$nginx_src/src/core/nginx.h" \
        || die "there is no nginx-dev for nginx $version any more: install a" \
               "newer nginx with apt-get, or let NGINX_SRC name a source"
}


# Sets curl_cc and curl_ld to the options that find libcurl's headers if they
# are not installed.  They are only unpacked, because Debian 13's
# libcurl4-openssl-dev depends on the headers of every library that libcurl
# uses, and it would replace the headers of another libcurl.

curl_headers() {
    local library

    if is_installed libcurl4-openssl-dev || ! command -v apt-get >/dev/null
    then
        return
    fi

    [ -n "$(curl_library)" ] || need libcurl4
    library=$(curl_library)
    unpack libcurl4-openssl-dev "$(package_version "$library")"

    ln -sfn "$(dpkg-query -L "$library:$native" | grep '/libcurl\.so\.4$')" \
        "$unpacked/libcurl.so"

    curl_cc=-I$(dirname "$(find "$unpacked" -path '*/curl/curl.h' -printf %h)")
    curl_ld=-L$unpacked
}


# Prints the name of libcurl's package, which has changed with Debian 13.

curl_library() {
    local name

    for name in libcurl4t64 libcurl4; do
        if is_installed $name; then
            echo $name
            return
        fi
    done
}


# Sets nginx_src, unless NGINX_SRC is set, to the source of Debian's nginx
# without Debian's patches, which goes to $build/src/nginx-version.

nginx_source() {
    local folder=$build/src tarball version

    [ -z "${NGINX_SRC:-}" ] || return 0

    mkdir -p "$folder"
    exec 8>"$folder/lock"
    flock 8

    tarball=$(nginx_tarball "$folder")

    if [ -z "$tarball" ]; then
        fetch_nginx "$folder"
        tarball=$(nginx_tarball "$folder")
    fi

    version=${tarball##*/nginx_}
    nginx_src=$folder/nginx-${version%.orig.tar.*}

    if [ ! -d "$nginx_src" ]; then
        rm -rf "$nginx_src.new"
        mkdir "$nginx_src.new"
        tar -xf "$tarball" -C "$nginx_src.new" --strip-components=1
        mv "$nginx_src.new" "$nginx_src"
    fi

    exec 8>&-
}


nginx_tarball() {
    find "$1" -maxdepth 1 -name 'nginx_*.orig.tar.?z' | head -n 1
}


# fetch_nginx folder: puts nginx_version.orig.tar.gz there.  It calls apt-get
# with the machine's archives, but for source packages and with its state in the
# folder.  An archive may already have removed the small files that belong to
# the tarball, so a failed download is an error only if the tarball does not
# have the checksum in apt's index.  Only then it goes to the folder.

fetch_nginx() {
    local folder=$1 new=$1/fetched.new conf=$1/apt/conf log=$1/apt/log sum

    has_apt || die "apt-get is not here or not to be called (APT=no): set" \
                   "NGINX_SRC"
    say "fetching nginx's source"
    private_apt "$folder/apt"

    apt-get -q -c "$conf" update >"$log" 2>&1 || true
    sum=$(apt-get -q -c "$conf" source --print-uris nginx 2>>"$log" | sed -nE \
        "s/^'.*' (nginx_.*\.orig\.tar\..z) .* SHA256:([0-9a-f]+)$/\2  \1/p") \
        || true
    rm -rf "$new"
    mkdir "$new"
    (cd "$new" && apt-get -q -c "$conf" source --download-only nginx) \
        >>"$log" 2>&1 || true

    if ! (cd "$new" && sha256sum -c --quiet <<<"$sum" >>"$log" 2>&1); then
        grep '^E:' "$log" >&2 || true
        die "nginx's source could not be fetched ($log says more);" \
            "NGINX_SRC can name another"
    fi

    mv "$new"/nginx_*.orig.tar.?z "$folder/"
    rm -rf "$new"
}


# private_apt folder: writes a configuration for apt-get -c.  It clears the
# machine's hooks, which would change the machine's own package lists.

private_apt() {
    local file list="" parts=""

    rm -rf "$1"
    mkdir -p "$1/sources" "$1/lists/partial" "$1/cache/archives/partial"
    cat >"$1/conf" <<EOF
#clear APT::Update;
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$1/sources";
Dir::State::Lists "$1/lists";
Dir::Cache "$1/cache";
EOF

    eval "$(apt-config shell list Dir::Etc::SourceList/f \
                             parts Dir::Etc::SourceParts/d)"

    for file in "$list" "${parts%/}"/*.list "${parts%/}"/*.sources; do
        if [ -f "$file" ]; then
            sed -E -e '/^deb-src[[:space:]]/d' \
                -e 's/^deb([[:space:]])/deb-src\1/' \
                -e 's/^Types:.*/Types: deb-src/' "$file" \
                >"$1/sources/${file##*/}"
        fi
    done
}
