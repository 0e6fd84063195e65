#!/usr/bin/perl
#
# The keys of assertions are rotated while requests run.  The app fetches keys
# as usual for a key set: when it meets an unknown kid, and not before.  It gets
# no assertion that it cannot verify, no matter which worker has minted it, and
# while old workers still serve their last requests.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key parts);

my $issuer = issuer();
my $upstream = upstream();

my $template = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        %%KEYS%%

        oauth corp;
        oauth_resource https://app.test;
        oauth_assertion X-Assertion;

        location / { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $template, workers => 2,
    AS => $issuer->url, UP => $upstream->port, KEYS => keys_of('old'));

make_key($nginx->dir . '/old.pem');
make_key($nginx->dir . '/new.pem', 0600,
         qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048));
$nginx->start;

my $http = $nginx->http;
my $app = OAuth::Test::Assertion->new($http);
my @tokens = map { $issuer->token } 1 .. 20;
my (%kids, %bad, $served);


sub keys_of { return join ' ', map { "oauth_assertion_key $_.pem;" } @_ }


# Requests that are under way together; those with "wait" are answered after the
# flag.

sub start {
    my ($path) = @_;

    return map { $http->start('GET', $path, token => $_) } @tokens;
}


# What the app makes of the assertions in the responses.

sub look {
    my (@responses) = @_;

    for my $response (@responses) {
        my ($text) = map { $_->[1] } grep { lc $_->[0] eq 'x-assertion' }
                     @{ $response->json->{headers} || [] };

        if (!defined $text) {
            $bad{ 'status ' . $response->status }++;
            next;
        }

        $served++;
        $kids{ (parts($text))[0]{kid} }++;
        $bad{ $app->why }++ unless $app->claims($text);
    }

    return;
}


# Reloads with these keys while requests run, and looks at them all.

sub reload_with {
    my (@names) = @_;

    # These are accepted by workers that will be old when they end.

    my $flag = join '-', @names;
    my @long = start("/long?wait=$flag");

    $nginx->{KEYS} = keys_of(@names);
    $nginx->write_conf;

    my %old = map { $_ => 1 } $nginx->workers;
    my $rounds = 0;

    kill HUP => $nginx->pid;

    wait_until(sub {
        look(finish_all(start('/short')));
        $rounds++;
        my @now = grep { !$old{$_} } $nginx->workers;
        return $rounds >= 5 && @now == 2;
    }, 30) or return 0;

    $upstream->raise_flag($flag);
    look(finish_all(@long));
    look(finish_all(start('/short'))) for 1 .. 3;

    return 1;
}


look(finish_all(start('/')));
is_deeply(\%bad, {}, 'before it');
is($app->fetches, 1, 'one fetch of the keys');
is(scalar keys %kids, 1, 'one key signs');

ok(reload_with('old', 'new'), 'the new key is published');
is_deeply(\%bad, {}, 'every assertion was good');
is(scalar keys %kids, 1, 'and the old key signs');
is($app->fetches, 1, 'so nobody has fetched again');

ok(reload_with('new', 'old'), 'the new key signs');
is_deeply(\%bad, {}, 'every assertion was good');
is(scalar keys %kids, 2, 'and both keys were seen');
is($app->fetches, 2, 'one more fetch, for the unknown key');

ok(reload_with('new'), 'the old key is removed');
is_deeply(\%bad, {}, 'every assertion was good');
is($app->fetches, 2, 'and nobody has fetched again');

cmp_ok($served, '>', 300, 'assertions were looked at');

# The test can fail: an app whose keys were replaced at once.

make_key($nginx->dir . '/third.pem');
my ($stale) = map { $_->[1] } grep { lc $_->[0] eq 'x-assertion' }
    @{ $http->get('/', token => $tokens[0])->json->{headers} };

ok(reload_with('third'), 'a rotation without the two steps');
is(OAuth::Test::Assertion->new($http)->claims($stale), undef,
   'an app that starts then does not know the key of the last one');

finish();
