# shellcheck shell=bash
#
# Sourced by build.sh: the nginx source that the module is built against.

# Sets nginx_src to the source in Debian's nginx-dev, of the version of nginx
# that is installed.  Where nginx-dev is not, it is unpacked: installed, it
# brings the libraries of all modules of Debian's, those of X11 among them.

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
        || die "there is no nginx-dev for nginx $version any more: apt-get" \
               "install nginx brings a newer one, NGINX_SRC can name a source"
}


# Sets curl_cc and curl_ld to where libcurl's headers are, unless the compiler
# finds them.  Debian 13's libcurl4-openssl-dev needs the headers of all that
# libcurl is made of, and takes the place of another libcurl's headers.

curl_headers() {
    local library

    curl_cc=
    curl_ld=

    if is_installed libcurl4-openssl-dev || ! command -v apt-get >/dev/null
    then
        return
    fi

    [ -n "$(curl_library)" ] || need libcurl4
    library=$(curl_library)
    unpack libcurl4-openssl-dev "$(package_version "$library")"

    ln -sfn "$(dpkg-query -L "$library" | grep '/libcurl\.so\.4$')" \
        "$unpacked/libcurl.so"

    curl_cc=-I$(dirname "$(find "$unpacked" -path '*/curl/curl.h' -printf %h)")
    curl_ld=-L$unpacked
}


# Its name in Debian 13, and before.

curl_library() {
    local name

    for name in libcurl4t64 libcurl4; do
        if is_installed $name; then
            echo $name
            return
        fi
    done
}


# Sets NGINX_SRC, unless it is set, to the source of Debian's nginx as it was
# before Debian's patches: $build/src/nginx-version.

nginx_source() {
    local folder=$build/src tarball version

    if [ -z "${NGINX_SRC:-}" ]; then
        mkdir -p "$folder"
        exec 8>"$folder/lock"
        flock 8

        tarball=$(nginx_tarball "$folder")

        if [ -z "$tarball" ]; then
            fetch_nginx "$folder"
            tarball=$(nginx_tarball "$folder")
        fi

        version=${tarball##*/nginx_}
        NGINX_SRC=$folder/nginx-${version%.orig.tar.*}

        if [ ! -d "$NGINX_SRC" ]; then
            rm -rf "$NGINX_SRC.new"
            mkdir "$NGINX_SRC.new"
            tar -xf "$tarball" -C "$NGINX_SRC.new" --strip-components=1
            mv "$NGINX_SRC.new" "$NGINX_SRC"
        fi

        exec 8>&-
    fi

    nginx_src=$NGINX_SRC
}


nginx_tarball() {
    find "$1" -maxdepth 1 -name 'nginx_*.orig.tar.?z' | head -n 1
}


# fetch_nginx folder: nginx_version.orig.tar.gz, by an apt whose sources are
# the machine's, turned to source packages, and whose state is in the folder.
# Archives keep the tarball longer than the small files beside it: so a failed
# download matters only if the tarball is not what apt's index has.

fetch_nginx() {
    local folder=$1 conf=$1/apt/conf log=$1/apt/log sum

    command -v apt-get >/dev/null || die "no apt-get here: set NGINX_SRC"
    say "fetching nginx's source"
    private_apt "$folder/apt"

    apt-get -q -c "$conf" update >"$log" 2>&1 || true
    sum=$(apt-get -q -c "$conf" source --print-uris nginx 2>>"$log" | sed -nE \
        "s/^'.*' (nginx_.*\.orig\.tar\..z) .* SHA256:([0-9a-f]+)$/\2  \1/p") \
        || true
    (cd "$folder" && apt-get -q -c "$conf" source --download-only nginx) \
        >>"$log" 2>&1 || true

    if ! (cd "$folder" && sha256sum -c --quiet <<<"$sum" >>"$log" 2>&1); then
        rm -f "$folder"/nginx_*.orig.tar.?z
        die "nginx's source did not come ($log); NGINX_SRC can name another"
    fi
}


# private_apt folder: a configuration for apt-get -c, without the hooks of the
# machine's, which would act on the machine's own lists.

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


