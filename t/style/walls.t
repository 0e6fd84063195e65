#!/usr/bin/perl
#
# Walls inside the module.  Only the files that are listed for a wall may use a
# certain library, name an HTTP status, take the zone's mutex, hold a table of
# directives, or look at nginx's version.  The sign of a wall is the pattern of
# such a use.  A listed file without that sign fails the test as well: nobody
# needs that permission.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my $status = qr/\bNGX_HTTP_(?:OK|CREATED|ACCEPTED|NO_CONTENT|PARTIAL_CONTENT
    |SPECIAL_RESPONSE|MOVED_PERMANENTLY|MOVED_TEMPORARILY|SEE_OTHER
    |NOT_MODIFIED|BAD_REQUEST|UNAUTHORIZED|FORBIDDEN|NOT_FOUND|NOT_ALLOWED
    |REQUEST_TIME_OUT|CONFLICT|TOO_MANY_REQUESTS|CLOSE
    |CLIENT_CLOSED_REQUEST|NOT_IMPLEMENTED|BAD_GATEWAY|SERVICE_UNAVAILABLE
    |GATEWAY_TIME_OUT)\b/x;

my @walls = (
    {
        what  => 'jansson',
        sign  => qr/<jansson\.h>|\bjson_(?!t\b)\w+\s*\(/,
        files => [qw(oauth_document oauth_problem oauth_discovery oauth_jwk
                     oauth_jwks oauth_jwks_text oauth_metadata
                     oauth_readiness oauth_status_json oauth_client
                     oauth_status_bus_json oauth_status_bus oauth_tree
                     oauth_order oauth_order_subject oauth_order_event
                     oauth_order_effect oauth_order_error)],
    },
    {
        what  => 'OpenSSL',
        sign  => qr/<openssl\/(?!err\.h>)|\b(?:EVP|OSSL|BIO|X509)_\w+/,
        files => [qw(oauth_key oauth_point oauth_verifier oauth_secret
                     oauth_hash oauth_nonce oauth_certificate
                     oauth_certificates oauth_signer oauth_mac
                     ngx_oauth_redis_tls)],
    },
    {
        what  => "OpenSSL's error queue",
        sign  => qr/<openssl\/err\.h>|\bERR_\w+\s*\(/,
        files => [qw(oauth_key oauth_secret oauth_hash oauth_certificate
                     oauth_certificates oauth_signer oauth_mac
                     ngx_oauth_fetch ngx_oauth_redis_tls)],
    },
    {
        what  => 'libcurl',
        sign  => qr/<curl\/|\bcurl_\w+\s*\(|\bCURL\w*_\w+/,
        files => [qw(ngx_oauth_fetch ngx_oauth_fetch_request
                     ngx_oauth_fetch_response)],
    },
    {
        what  => 'LMDB',
        sign  => qr/<lmdb\.h>|\bmdb_\w+\s*\(|\bMDB_\w+/,
        files => [qw(ngx_oauth_store_bus ngx_oauth_store_bus_run
                     ngx_oauth_store_commit ngx_oauth_store_db
                     ngx_oauth_store_entry ngx_oauth_store_expire
                     ngx_oauth_store_found ngx_oauth_store_job
                     ngx_oauth_store_position ngx_oauth_store_problem
                     ngx_oauth_store_read ngx_oauth_store_state
                     ngx_oauth_store_unsent)],
    },
    {
        what  => 'hiredis',
        sign  => qr/<hiredis\/|\bredis[A-Z]\w+\s*\(|\bfreeReplyObject\b/,
        files => [qw(ngx_oauth_redis ngx_oauth_redis_output
                     ngx_oauth_redis_reader)],
    },
    {
        what  => 'an HTTP status',
        sign  => $status,
        files => [qw(ngx_oauth_text ngx_oauth_reply ngx_oauth_filter
                     ngx_oauth_cors ngx_oauth_metadata ngx_oauth_conf_warn
                     ngx_oauth_status ngx_oauth_revoke
                     ngx_oauth_revoke_admin ngx_oauth_revoke_commit
                     ngx_oauth_revoke_reply)],
    },
    {
        what  => "nginx's 500 for a failed allocation",
        sign  => qr/\bNGX_HTTP_INTERNAL_SERVER_ERROR\b/,
        files => [qw(ngx_oauth_reply ngx_oauth_filter ngx_oauth_cors
                     ngx_oauth_metadata ngx_oauth_slash ngx_oauth_phase_access
                     ngx_oauth_phase_rewrite ngx_oauth_status
                     ngx_oauth_revoke ngx_oauth_revoke_admin
                     ngx_oauth_revoke_commit ngx_oauth_revoke_reply)],
    },
    {
        what  => "the zone's mutex",
        sign  => qr/\bngx_shmtx_\w+|\bngx_slab_(?:alloc|free|calloc)\b
                    |\bngx_oauth_zone_(?:un)?lock\b/x,
        files => [qw(ngx_oauth_zone ngx_oauth_doc ngx_oauth_doc_table
                     ngx_oauth_notice ngx_oauth_counters
                     ngx_oauth_introspected ngx_oauth_replay ngx_oauth_bus
                     ngx_oauth_bus_lease ngx_oauth_bus_leader)],
    },
    {
        what  => 'a directive table',
        sign  => qr/\bngx_command_t\s+\w+\s*\[/,
        files => [qw(ngx_oauth_directives)],
    },
    {
        what  => "nginx's version",
        sign  => qr/\bnginx_version\b|\bNGINX_VERSION\b/,
        files => [],                # no version needs a case of its own
    },
);


for my $wall (@walls) {
    my %used = map { $_ => 0 } @{ $wall->{files} };
    my @bad;

    for my $file (sources()) {
        my $number = 0;

        for (split /\n/, code($file)) {
            $number++;

            next unless /$wall->{sign}/;

            $used{noun($file)}++ if exists $used{noun($file)};
            push @bad, "$file:$number: $&" unless exists $used{noun($file)};
        }
    }

    my $where = "@{ $wall->{files} }" || 'no file';

    is join("\n", @bad), '', "$wall->{what}: only in $where";
    is join(' ', grep { !$used{$_} } @{ $wall->{files} }), '',
        "$wall->{what}: every file that may use it does";
}

done_testing;
