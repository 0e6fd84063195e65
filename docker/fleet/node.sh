#!/bin/sh
#
# A node of the fleet: nginx with the module, on port 808N.  Its store and its
# log are in the folder nodeN.
#
# usage: docker/fleet/node.sh folder N

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
fleet=$1
node=$fleet/node$2
module=${OAUTH_MODULE:-$top/build/ngx_oauth_module.so}

mkdir -p "$node/store" "$node/html" "$node/tmp"
echo "the app behind node $2" >"$node/html/index.html"

sed -e "s|@module@|$module|" -e "s|@fleet@|$fleet|" -e "s|@n@|$2|" \
    "$top/docker/fleet/nginx.conf" >"$node/nginx.conf"

PATH=$PATH:/usr/sbin
exec nginx -p "$node" -c "$node/nginx.conf" -e stderr
