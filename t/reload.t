#!/usr/bin/perl
#
# nginx -s reload under load: no failed request, no fetch where nothing changed,
# the new configuration in force; an issuer that changed starts anew.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $other = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer other { issuer %%OTHER%%; %%MORE%% }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp other;
            oauth_resource https://app.test;
            oauth_scope %%SCOPE%%;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT

my $nginx = nginx($conf, AS => $issuer->url, OTHER => $other->url, MORE => '',
                  SCOPE => 'read', UP => $upstream->port, workers => 2);

my $http = $nginx->http;
my $token = $issuer->token(scope => 'read');
my $foreign = $other->token(scope => 'read');

is($http->get('/', token => $token)->status, 200, 'before');
is($http->get('/', token => $foreign)->status, 200, 'before, the other');
is($issuer->count, 2, 'a discovery and a key set');


# Requests one after the other, until the parent says that it is enough.

sub load {
    my ($flag, $report) = @_;

    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;

    my ($good, @bad) = (0);

    until (-e $flag || @bad > 10 || $good > 100_000) {
        my $response = $http->get("/$good", token => $token);
        my %sent = map { lc $_->[0] => $_->[1] }
            @{ $response->json->{headers} || [] };

        if ($response->status == 200 && ($sent{'x-user'} // '') eq 'alice') {
            $good++;
        } else {
            push @bad, join ' ', $response->status, $response->error;
        }
    }

    open my $out, '>', $report;
    print $out join "\n", $good, @bad;
    close $out;

    require POSIX;
    POSIX::_exit(0);
}


my $dir = $nginx->dir;
my @children = map { load("$dir/enough", "$dir/report$_") } 1 .. 2;

for my $n (1 .. 5) {
    ok($nginx->reload, "reload $n");
}

$nginx->write_file('enough', '');
waitpid $_, 0 for @children;

for my $n (1 .. 2) {
    my ($good, @bad) = split /\n/, $nginx->read_file("report$n");

    cmp_ok($good, '>', 20, 'there was load');
    is_deeply(\@bad, [], 'no request failed');
}

is($issuer->count, 2, 'nothing was fetched again');

# what changed is in force, and only that starts anew

my @before = ($issuer->count, $other->count);

$nginx->{SCOPE} = 'write';
$nginx->{MORE} = 'jwks_uri ' . $other->jwks_url . ';';
$nginx->write_conf;
ok($nginx->reload, 'with another configuration');

is_refused($http->get('/', token => $token), 403, 'insufficient_scope',
           'the new scope');
is($http->get('/', token => $other->token(scope => 'write'))->status, 200,
   'the issuer that changed has keys again');
is($issuer->count, $before[0], 'the other kept what it had');
is($other->count, $before[1] + 1, 'a key set without discovery');

# a broken configuration leaves everything as it was

$nginx->write_conf('oauth_issuer broken { }');
kill HUP => $nginx->pid;
ok($nginx->wait_for_log(qr/\[emerg\].*has no issuer/), 'refused');
is_refused($http->get('/', token => $token), 403, 'insufficient_scope',
           'the old configuration serves');

$nginx->{allow} = qr/\[emerg\].*has no issuer/;

finish();
