#!/usr/bin/perl
#
# Which assertion a request has when it is redirected, mirrored or run dry, when
# a method has rules of its own, when two servers have different keys, and when
# an issuer says that a token ends earlier.  In each case it is that of the
# location that the app is reached by, or none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key parts);
use OAuth::Test::Proof qw(proof_fields thumbprint);

use constant APP => 'https://app.test';

my $issuer = issuer();
my $upstream = upstream();
my $key = key('ES256');

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer foreign {
        issuer https://elsewhere.test;
        jwks_uri %%AS%%/jwks;
    }
    oauth_issuer asked {
        issuer %%AS%%;
        introspect always;
        introspection_endpoint %%AS%%/introspect;
        client_auth none;
    }

    oauth_assertion X-Assertion;
    oauth_header X-User sub;
    proxy_intercept_errors on;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth_assertion_key one.pem;
        oauth corp;
        oauth_resource https://app.test;

        location /mirrored {
            mirror /seen/open;
            mirror /seen/other;
            mirror /seen/dry;
            UP
        }
        location /seen/open { oauth off; UP }
        location /posted { oauth off; UP }
        location /seen/dry { oauth_dry_run on; oauth_scope never; UP }
        location ~ ^/(seen/)?other$ {
            oauth_resource https://app.test/other;
            oauth_audience https://app.test;
            UP
        }

        location /to/other { error_page 418 = /other; UP }
        location /to/off { error_page 418 = /off; UP }
        location /off { oauth_assertion off; UP }
        location /to/dry { error_page 418 = /dry; UP }
        location /to/foreign { error_page 418 = /dry/foreign; UP }
        location /to/big { error_page 418 = /dry/big; UP }
        location /after { post_action /posted; UP }

        location /dry { oauth_dry_run on; oauth_scope never; UP }
        location /dry/good { oauth_dry_run on; oauth_dpop optional; UP }
        location /dry/acr { oauth_dry_run on; oauth_acr gold; UP }
        location /dry/foreign { oauth foreign; oauth_dry_run on; UP }
        location /dry/big {
            oauth_dry_run on;
            oauth_assertion X-Assertion claims=big;
            UP
        }

        location /method {
            limit_except GET { oauth_assertion X-Assertion audience=urn:w; UP }
            UP
        }

        location /asked { oauth asked; UP }
        location / { UP }
    }

    server {
        listen 127.0.0.1:%%PORT_two%%;
        server_name app.test;

        oauth_assertion_key two.pem;
        oauth corp;
        oauth_resource https://app.test;
        location / { UP }
    }
EOT

$conf =~ s{\bUP\b}{proxy_pass http://127.0.0.1:%%UP%%;}g;

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $issuer->url,
                                    UP => $upstream->port);

make_key($nginx->dir . "/$_.pem") for qw(one two);
$nginx->start;

my %http = map { $_ => $nginx->http($_) } qw(main two);
my %app = map { $_ => OAuth::Test::Assertion->new($http{$_}) } keys %http;
my $token = $issuer->token;
my $large = $issuer->token(big => 'x' x 4000);


# The audience of the one assertion among the fields, which the server's keys
# verify; or "none", or what is wrong.

sub audience {
    my ($fields, $server) = @_;

    my @all = map { $_->[1] } grep { lc $_->[0] =~ tr/_/-/r eq 'x-assertion' }
              @$fields;
    my ($user) = map { $_->[1] } grep { lc $_->[0] eq 'x-user' } @$fields;

    return @all ? 'too many' : $user ? 'only the user' : 'none' if @all != 1;

    my $app = $app{ $server // 'main' };
    my $claims = $all[0] =~ tr/.// == 2 && $app->claims($all[0]);

    return $claims ? $claims->{aud} : 'not good: ' . ($app->why // 'forged');
}


sub reaches {
    my ($name, $expected, $path, @fields) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $response = $http{main}->get($path, 'X-Assertion' => 'forged',
                                    'X-User' => 'forged', @fields);

    return is($response->status == 200 ? audience($response->json->{headers})
                                       : $response->status,
              $expected, $name);
}


# What the app was sent by a request that nginx has made

sub made {
    my ($path, $expected, $name) = @_;

    my $made;

    wait_until(sub {
        ($made) = grep { $_->{line} =~ m{ \Q$path\E } }
                  reverse $upstream->requests;
        return $made;
    }, 10) or die "no request for $path\n";

    return is(audience($made->{headers}), $expected, $name);
}


# redirects: an admitted request has what the last location gives

my $go = '?status=418';

reaches('another resource', APP . '/other', "/to/other$go", token => $token);
reaches('an inner "off"', 'only the user', "/to/off$go", token => $token);
reaches('refused by a dry run', 'none', "/to/dry$go", token => $token);
reaches('of an issuer that is not trusted there', 'none', "/to/foreign$go",
        token => $token);
reaches('none for a dry run', 'none', "/to/big$go", token => $large);

# requests that nginx makes

reaches('mirrored', APP, '/mirrored', token => $token);
made('/seen/open', 'none', 'a mirror in an open location');
made('/seen/other', APP . '/other', 'in a protected one');
made('/seen/dry', 'none', 'in a dry run that refuses');

reaches('before a post_action', APP, '/after', token => $token);
made('/posted', 'none', 'in a post_action');

# a dry run

my $bound = $issuer->token(cnf => { jkt => thumbprint($key) });

reaches('a good token', APP, '/dry/good', token => $token);
reaches('a bad one', 'none', '/dry/good', token => 'a.b.c');
reaches('no token', 'none', '/dry/good');
reaches('a scope is missing', 'none', '/dry', token => $token);
reaches('another sign-in is needed', 'none', '/dry/acr', token => $token);
reaches('the right sign-in', APP, '/dry/acr',
        token => $issuer->token(acr => 'gold'));
reaches('a bound token without a proof', 'none', '/dry/good', token => $bound);
reaches('with a proof', APP, '/dry/good', proof_fields(
    key => $key, token => $bound, url => APP . '/dry/good'));

$nginx->mark;
reaches('too large', 'none', '/dry/big', token => $large);
ok($nginx->wait_for_log(qr/oauth: refused, dry run: server_error/),
   'which the log says');

# methods

reaches('GET', APP, '/method', token => $token);

my $response = $http{main}->request('POST', '/method', token => $token,
                                    'X-Assertion' => 'forged');
is(audience($response->json->{headers}), 'urn:w', 'POST');

# One token, one issuer, one directive and one URL, but two keys: the token is
# known to the worker, with an assertion of the other server.

for my $server (qw(two main two)) {
    $response = $http{$server}->get('/', token => $token);
    is(audience($response->json->{headers}, $server), APP,
       "server $server: signed with its own key");
}

# the issuer says that a token ends earlier than its exp

my $end = time + 20;

$issuer->opaque($token, { active => JSON::PP::true, exp => $end });
$response = $http{main}->get('/asked', token => $token);

my ($sent) = map { $_->[1] } grep { $_->[0] eq 'X-Assertion' }
             @{ $response->json->{headers} };
is(((parts($sent // 'e30.e30.'))[1])->{exp}, $end, 'so does the assertion');

finish();
