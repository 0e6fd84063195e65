// The lines that the demo prints for a person to try.  Plain sh and curl; each
// line starts with four spaces, so that a test can find and run them.


export function suggestions({ url, resource, issuer, metadata, folder, socket })
{
    return `
Now you. It stays up until Ctrl-C; in another terminal:

    APP=${url} AS=${issuer} RESOURCE=${resource}
    TOKEN=$(cat ${folder}/token)

no token, and what the agent read then:

    curl -i $APP
    curl -i ${metadata}

with a new token, which may read but not write:

    curl -i -H "Authorization: Bearer $TOKEN" $APP
    curl -i -H "Authorization: Bearer $TOKEN" -d hello $APP

a forged one:

    curl -i -H "Authorization: Bearer \${TOKEN%????????}AAAAAAAA" $APP

a token of your own by the device flow, for reading and writing:

    member() { sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
    CLIENT=$(curl -s $AS/reg -H 'Content-Type: application/json' -d '{"client_name":"curl","redirect_uris":[],"response_types":[],"grant_types":["urn:ietf:params:oauth:grant-type:device_code"],"token_endpoint_auth_method":"none","scope":"notes:read notes:write"}' | member client_id)
    DEVICE=$(curl -s $AS/device/auth -d client_id=$CLIENT -d 'scope=notes:read notes:write' -d resource=$RESOURCE)
    echo "$DEVICE" | member verification_uri_complete

open that address in a browser (or, where there is none, let the
authorization server do it), then:

    curl -s "$AS/approve?user_code=$(echo "$DEVICE" | member user_code)"
    TOKEN=$(curl -s $AS/token -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d client_id=$CLIENT -d resource=$RESOURCE -d device_code=$(echo "$DEVICE" | member device_code) | member access_token)
    curl -i -H "Authorization: Bearer $TOKEN" -d hello $APP

and cut that client off:

    curl -i --unix-socket ${socket} http://localhost/revoke -H 'Content-Type: application/json' -d '{"issuer":"'$AS'","client_id":"'$CLIENT'"}'
    curl -i -H "Authorization: Bearer $TOKEN" $APP    # revoked
`;
}
