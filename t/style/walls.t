#!/usr/bin/perl
#
# Walls inside the module: which files may speak to a library, name an HTTP
# status, take the zone's mutex, hold a directive table.

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
        files => [qw(oauth_json oauth_problem oauth_claims oauth_confirmation
                     oauth_discovery oauth_jwk oauth_jwks oauth_jwks_text oauth_jws
                     oauth_metadata oauth_refused)],
    },
    {
        what  => 'OpenSSL',
        sign  => qr/<openssl\/(?!err\.h>)|\b(?:EVP|OSSL|BIO|X509)_\w+/,
        files => [qw(oauth_key oauth_point oauth_verifier oauth_secret
                     oauth_certificates)],
    },
    {
        what  => "OpenSSL's error queue",
        sign  => qr/<openssl\/err\.h>|\bERR_\w+\s*\(/,
        files => [qw(oauth_key oauth_secret oauth_certificates ngx_oauth_fetch)],
    },
    {
        what  => 'libcurl',
        sign  => qr/<curl\/|\bcurl_\w+\s*\(|\bCURL\w*_\w+/,
        files => [qw(ngx_oauth_fetch ngx_oauth_fetch_request
                     ngx_oauth_fetch_response)],
    },
    {
        what  => 'an HTTP status',
        sign  => $status,
        files => [qw(ngx_oauth_reply ngx_oauth_filter ngx_oauth_cors
                     ngx_oauth_metadata ngx_oauth_conf_warn)],
    },
    {
        what  => "nginx's 500 for a failed allocation",
        sign  => qr/\bNGX_HTTP_INTERNAL_SERVER_ERROR\b/,
        files => [qw(ngx_oauth_reply ngx_oauth_filter ngx_oauth_cors
                     ngx_oauth_metadata ngx_oauth_access)],
    },
    {
        what  => "the zone's mutex",
        sign  => qr/\bngx_shmtx_\w+|\bngx_slab_(?:alloc|free|calloc)\b
                    |\bngx_oauth_zone_(?:un)?lock\b/x,
        files => [qw(ngx_oauth_zone ngx_oauth_doc ngx_oauth_doc_table
                     ngx_oauth_notice)],
    },
    {
        what  => 'a directive table',
        sign  => qr/\bngx_command_t\s+\w+\s*\[/,
        files => [qw(ngx_oauth_module)],
    },
    {
        what  => "nginx's version",
        sign  => qr/\bnginx_version\b|\bNGINX_VERSION\b/,
        files => [qw(ngx_oauth_compat)],
    },
);


for my $wall (@walls) {
    my %may = map { $_ => 1 } @{ $wall->{files} };
    my @bad;

    for my $file (grep { !$may{noun($_)} } sources()) {
        my $number = 0;

        for (split /\n/, code($file)) {
            $number++;
            push @bad, "$file:$number: $&" if /$wall->{sign}/;
        }
    }

    is join("\n", @bad), '', "$wall->{what}: only in @{ $wall->{files} }";
}

done_testing;
