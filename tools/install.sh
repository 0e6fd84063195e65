# shellcheck shell=bash
#
# Sourced by build.sh: puts the module into the folders of the nginx that is
# installed, and removes it again.

# The file that install writes to modules-available, and its content.

load_file=mod-http-oauth.conf
load_line='load_module modules/ngx_oauth_module.so;'

aside=()                        # files that uninstall has renamed so far


installed_nginx() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx \
        || die "there is no nginx in PATH"
}


# set_nginx_folders nginx: sets modules, where nginx looks for the files that
# load_module names, and the folders available and enabled.

set_nginx_folders() {
    local prefix conf

    prefix=$(nginx_option "$1" prefix /usr/local/nginx)
    modules=$(nginx_option "$1" modules-path "$prefix/modules")
    conf=$(nginx_option "$1" conf-path "$prefix/conf/nginx.conf")

    available=$prefix/modules-available
    enabled=$(dirname "$conf")/modules-enabled
}


# nginx_option nginx name default: a path that nginx was configured with.

nginx_option() {
    "$1" -V 2>&1 | tr ' ' '\n' | awk -F= -v name="--$2" -v value="$3" '
        $1 == name { value = $2 }
        END { print value }'
}


install_module() {
    local nginx modules available enabled

    build_module
    nginx=$(installed_nginx)
    set_nginx_folders "$nginx"
    refuse_packaged installed
    check_loads "$nginx"

    say "installing $modules/ngx_oauth_module.so"
    as_root make -s --no-print-directory -C "$top" BUILD="$build" DESTDIR= \
        MODULESDIR="$modules" install

    if [ ! -d "$enabled" ]; then
        say "to enable it, put this line at the top of nginx.conf:"
        echo "    load_module $modules/ngx_oauth_module.so;"
        return
    fi

    say "installing $available/$load_file"
    as_root mkdir -p "$available"
    echo "$load_line" | as_root tee "$available/$load_file" >/dev/null

    if [ -n "$(enabled_links)" ]; then
        say "it is enabled; restart nginx to run the new module:"
        echo "    nginx -t && systemctl restart nginx"
    else
        say "to enable it:"
        echo "    ln -s $available/$load_file $enabled/50-$load_file"
        echo "    nginx -t && systemctl reload-or-restart nginx"
    fi
}


# refuse_packaged done: ends if a package brought one of the files; says that
# nothing was done, and what removes them.

refuse_packaged() {
    local file owner

    for file in "$modules/ngx_oauth_module.so" "$available/$load_file"; do
        owner=$(owner_of "$file")

        [ -z "$owner" ] \
            || die "$file belongs to the package $owner, so nothing was $1:" \
                   "\"apt-get remove $owner\" removes that package"
    done
}


# owner_of file: prints the package that the file belongs to, if there is one.

owner_of() {
    { dpkg-query -S "$1" 2>/dev/null || true; } \
        | sed -n '/^diversion by /!{ s/: .*//p; q }'
}


# check_loads nginx: an nginx that cannot load the module says so now, and not
# when it is restarted.

check_loads() {
    local dir status=0

    dir=$(mktemp -d)
    printf '%s\n' "load_module $build/ngx_oauth_module.so;" \
        "pid $dir/pid;" 'error_log stderr;' 'events {}' >"$dir/nginx.conf"

    "$1" -t -q -p "$dir" -c "$dir/nginx.conf" || status=$?
    rm -rf "$dir"

    [ $status = 0 ] || die "$1 cannot load the module"
}


# Prints the links in modules-enabled that lead to the file of install, whatever
# their names are.

enabled_links() {
    local link target

    target=$(readlink -m "$available/$load_file")

    for link in "$enabled"/*; do
        if [ -L "$link" ] && [ "$(readlink -m "$link")" = "$target" ]; then
            echo "$link"
        fi
    done
}


# Every file is renamed first, and then nginx tests its configuration without
# them.  If nginx refuses it, the files get their names back, unless nginx had
# refused it before and it does not name the module.

uninstall_module() {
    local nginx modules available enabled links file said loaded=yes

    nginx=$(installed_nginx)
    set_nginx_folders "$nginx"
    refuse_packaged removed
    mapfile -t links < <(enabled_links)
    as_root "$nginx" -t -q 2>/dev/null || loaded=no

    trap put_back EXIT

    for file in "${links[@]}" "$available/$load_file" \
                "$modules/ngx_oauth_module.so"
    do
        set_aside "$file"
    done

    if [ ${#aside[@]} -eq 0 ]; then
        say "nothing to remove: there is no $modules/ngx_oauth_module.so"
        return
    fi

    if ! said=$(as_root "$nginx" -t -q 2>&1); then
        printf '%s\n' "$said" >&2

        if [ $loaded = yes ] || names_module "$said"; then
            die "nginx's configuration still needs the module, so nothing" \
                "was removed: take out what nginx names above (directives of" \
                "the module, a load_module line), then run this again"
        fi

        say "nginx's configuration did not load before, and does not now"
    fi

    remove_aside
}


# names_module said: whether nginx's messages or a file of its configuration
# name the module.  The messages do not suffice: nginx stops at its first error,
# and the module may be named after that.

names_module() {
    # shellcheck disable=SC2016
    grep -qE 'ngx_oauth_module\.so|unknown (directive )?"oauth' <<<"$1" \
        || grep -RqsE -D skip --exclude='*.uninstalled' \
            '^[^#]*(ngx_oauth_module\.so|\$oauth_|\<oauth(_[a-z]+)*[[:space:]])' \
            "$(dirname "$enabled")"
}


# set_aside file: renames it, unless somebody has changed it since install.

set_aside() {
    if [ ! -L "$1" ] && [ ! -e "$1" ]; then
        return
    fi

    if [ "$1" = "$available/$load_file" ] && [ "$(cat "$1")" != "$load_line" ]
    then
        say "leaving $1, which was changed after it was installed"
        return
    fi

    as_root mv "$1" "$1.uninstalled"
    aside+=("$1")
}


put_back() {
    local file

    for file in "${aside[@]}"; do
        as_root mv "$file.uninstalled" "$file"
    done
}


# Removes the renamed files, and then each of their folders that is empty and
# does not belong to a package.

remove_aside() {
    local file files=("${aside[@]}")

    aside=()

    for file in "${files[@]}"; do
        say "removing $file"
        as_root rm "$file.uninstalled"
    done

    for file in "$modules" "$available"; do
        if [ -d "$file" ] && [ -z "$(owner_of "$file")" ]; then
            as_root rmdir --ignore-fail-on-non-empty "$file"
        fi
    done

    say "an nginx that runs keeps the module until it is restarted:"
    echo "    nginx -t && systemctl restart nginx"
}
