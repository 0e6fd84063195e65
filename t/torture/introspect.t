#!/usr/bin/perl
#
# A question about an opaque token in which every allocation fails once.  The
# request gets the right answer, or one of nginx about its own trouble; if there
# was no answer about its token, the log says why.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Nginx;
use OAuth::Test::Token qw(mint);
use OAuth::Test::Torture;

my $key = key('ES256');
my $good = mint(key => $key, claims => { iss => 'https://corp.test' });

my $server = OAuth::Test::Nginx->new(module => 0, conf => <<'EOT')->start;
    server {
        listen 127.0.0.1:%%PORT_main%%;
        default_type application/json;
        location = /yes { return 200 '{"active":true,"sub":"alice"}'; }
        location = /no { return 200 '{"active":false}'; }
    }
EOT

my $torture = OAuth::Test::Torture->new(keys => [ $key ], token => $good,
                                        AS => $server->port('main'),
                                        log => 'info',
                                        conf => <<'EOT')->start;
    oauth_cache 0;

    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }

    oauth_issuer yes {
        issuer https://yes.test; jwks_file %%DIR%%/jwks;
        allow_http on; introspection_endpoint http://127.0.0.1:%%AS%%/yes;
        introspect opaque; client_auth none; introspection_cache 0;
    }

    oauth_issuer no {
        issuer https://no.test; jwks_file %%DIR%%/jwks;
        introspection_endpoint http://127.0.0.1:%%AS%%/no;
        introspect opaque; client_auth none;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { proxy_pass http://127.0.0.1:%%APP%%; }
        location /yes { oauth yes; oauth_audience off; proxy_pass http://127.0.0.1:%%APP%%; }
        location /no { oauth no; oauth_audience off; proxy_pass http://127.0.0.1:%%APP%%; }
    }
EOT

my $nginx = $torture->nginx;
my $n = 0;


# Each time another token, so that no answer is known.

sub ask {
    my ($path) = @_;

    $nginx->mark;

    return $torture->finish($nginx->http->start('GET', $path,
        token => 'opaque-' . ++$n, 'X-Case', $path =~ tr/\///dr));
}


sub judge {
    my ($response, $status) = @_;

    my $got = $response->status;

    return "$got, " . $response->error
        if $got != $status && $got != 500 && $got != 502 && $got != 503
           && ($got || $response->error eq 'timed out');

    return 'the log does not say why there was no answer'
        if $nginx->log_lines(qr/refused: introspection_unavailable/)
           && !$nginx->log_lines(qr/nginx has no answer from issuer "\w+" about a token: /);

    return;
}


for my $case ([ '/yes', 200, 'yes alice|-|-|-|-|-' ], [ '/no', 401 ]) {
    my ($path, $status, $app) = @$case;

    is(ask($path)->status, $status, "$path: $status");

    my ($count, @wrong) = $torture->each_allocation(
        attempt => sub { ask($path) },
        judge => sub { judge($_[0], $status) });

    my %seen = map { ("@$_" => 1) } $torture->seen;
    my @others = grep { !/^control / && $_ ne ($app // '') } sort keys %seen;

    cmp_ok($count, '>', 20, "$path: allocations");
    is_deeply(\@wrong, [], "$path: each of $count allocations");
    is_deeply(\@others, [], "$path: what the app sees");
}

is($nginx->log_lines(qr/worker process \d+ exited/), 0, 'one worker');
note($torture->summary);

finish();
