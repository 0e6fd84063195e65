#!/usr/bin/perl
#
# The variables: they hold only verified data, as text that may stand in a
# header, even if they are read before the access phase.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;

my $issuer = issuer();
my $silent = issuer();

$silent->answer(jwks => mode => 'hang');

my $nginx = nginx(<<'EOT', AS => $issuer->url, SILENT => $silent->url);
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer silent { issuer %%SILENT%%; }

    oauth_claim_set $team realm.access team;
    oauth_claim_set $first_role roles;
    oauth_claim_set $dotted https://claims.test/tenant;

    map $oauth_sub $is_alice {
        default no;
        alice   yes;
    }

    map $oauth_scope $backend {
        default "plain";
        "~\bwrite\b" "writer";
    }

    limit_req_zone $oauth_sub zone=users:1m rate=1r/m;

    log_format oauth '$uri result=$oauth_result sub=$oauth_sub';
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/access.log oauth;

        oauth corp silent;
        oauth_resource https://app.test;

        location / {
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%PORT_app%%;

            proxy_set_header V-Sub $oauth_sub;
            proxy_set_header V-Client $oauth_client_id;
            proxy_set_header V-Scope $oauth_scope;
            proxy_set_header V-Issuer $oauth_issuer;
            proxy_set_header V-Jti $oauth_jti;
            proxy_set_header V-Exp $oauth_exp;
            proxy_set_header V-Result $oauth_result;
            proxy_set_header V-Claim $oauth_claim_value;
            proxy_set_header V-Team $team;
            proxy_set_header V-Role $first_role;
            proxy_set_header V-Dotted $dotted;
            proxy_set_header V-Alice $is_alice;
            proxy_set_header V-Backend $backend;
        }

        location /limited {
            limit_req zone=users;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /rewritten {
            set $early "$oauth_sub/$oauth_result";
            proxy_set_header V-Sub $early;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /returned {
            return 200 "V-Sub=$oauth_sub;V-Result=$oauth_result";
        }

        location /error {
            oauth_scope read;
            error_page 401 403 503 /why;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location = /why {
            internal;
            oauth off;
            return 200 "result=$oauth_result;";
        }

        location /open {
            oauth off;
            proxy_set_header V-Sub $oauth_sub;
            proxy_set_header V-Result $oauth_result;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;

        location / {
            default_type text/plain;
            return 200 "V-Sub=$http_v_sub;V-Client=$http_v_client;
                V-Scope=$http_v_scope;V-Issuer=$http_v_issuer;
                V-Jti=$http_v_jti;V-Exp=$http_v_exp;V-Result=$http_v_result;
                V-Claim=$http_v_claim;V-Team=$http_v_team;
                V-Role=$http_v_role;V-Dotted=$http_v_dotted;
                V-Alice=$http_v_alice;V-Backend=$http_v_backend;
                V-Evil=$http_v_evil;";
        }
    }
EOT

my $http = $nginx->http;


# Returns the variables that the app was sent.

sub values_of {
    my ($response) = @_;

    my %values = $response->body =~ /V-(\w+)=([^;]*);?/g;

    return \%values;
}


sub values_for {
    my (%claims) = @_;

    return values_of($http->get('/', token => $issuer->token(%claims)));
}


# each of them

my $exp = time + 120;
my $values = values_for(sub => 'alice', client_id => 'agent-7', exp => $exp,
                        scope => 'read write', jti => 'j-1',
                        value => 'text', realm => { access => { team => 'blue' }
                        }, roles => [ 'a', 'b' ],
                        'https://claims.test/tenant' => 'acme');

is($values->{Sub}, 'alice', '$oauth_sub');
is($values->{Client}, 'agent-7', '$oauth_client_id');
is($values->{Scope}, 'read write', '$oauth_scope');
is($values->{Issuer}, $issuer->url, '$oauth_issuer');
is($values->{Jti}, 'j-1', '$oauth_jti');
is($values->{Exp}, $exp, '$oauth_exp');
is($values->{Result}, 'ok', '$oauth_result');
is($values->{Claim}, 'text', '$oauth_claim_NAME');
is($values->{Team}, 'blue', 'oauth_claim_set with a path');
is($values->{Role}, 'a,b', 'oauth_claim_set of an array');
is($values->{Dotted}, 'acme', 'oauth_claim_set of a name with dots');
is($values->{Alice}, 'yes', 'in a map');
is($values->{Backend}, 'writer', 'the scope in a map');

is(values_for(client_id => undef, azp => 'a', cid => 'c')->{Client}, 'a',
   'client_id: azp');
is(values_for(client_id => undef, cid => 'c')->{Client}, 'c',
   'client_id: cid');
is(values_for(client_id => undef)->{Client}, '', 'client_id: none');
is(values_for(client_id => [ 'a' ], azp => 'b')->{Client}, 'b',
   'client_id: a list is none');
is(values_for(client_id => "a\n", azp => 'b')->{Client}, '',
   'client_id: a control character');
is(values_for(client_id => 7)->{Client}, '7', 'client_id: a number');
is(values_for(jti => 1.5)->{Jti}, '1.5', 'jti: a number');
is(values_for(jti => [ 'j' ])->{Jti}, '', 'jti: a list is none');
is(values_for(jti => "j\x{85}")->{Jti}, '', 'jti: a control character');
is(values_for(scope => undef, scp => [ 'read', 'x' ])->{Scope}, 'read x',
   'the scope of an array');
is(values_for(sub => 'bob')->{Alice}, 'no', 'in a map: somebody else');

# values that some servers write for a claim that is absent

for my $empty (JSON::PP::null, '', []) {
    my $name = ref $empty || 'an empty string';

    $values = values_for(sub => $empty, jti => $empty, client_id => $empty,
                         azp => 'a', scope => $empty, scp => 'read');

    is($values->{Result}, 'ok', "$name: the token is good");
    is($values->{Sub}, '', "$name: \$oauth_sub");
    is($values->{Jti}, '', "$name: \$oauth_jti");
    is($values->{Client}, 'a', "$name: client_id is azp");
    is($values->{Scope}, 'read', "$name: the scope is scp");
}

# claims, written as text

for (
    [ 'a string', 'a b', 'a b' ],
    [ 'a string with , and %', 'a,b 100%', 'a,b 100%' ],
    [ 'a number', 7, '7' ],
    [ 'a negative number', -3, '-3' ],
    [ 'a fraction', 1.5, '1.5' ],
    [ 'true', JSON::PP::true, 'true' ],
    [ 'false', JSON::PP::false, 'false' ],
    [ 'null', JSON::PP::null, '' ],
    [ 'an array', [ 'a', 'b' ], 'a,b' ],
    [ 'an array with , and %', [ 'a,b', '5%' ], 'a%2Cb,5%25' ],
    [ 'an array of what has no , in it', [ 1, JSON::PP::true, 'x' ],
      '1,true,x' ],
    [ 'an empty array', [], '' ],
    [ 'an object', { a => 1 }, '{"a":1}' ],
    [ 'CR LF', "a\r\nV-Evil: 1", '' ],
    [ 'LF', "a\nb", '' ],
    [ 'a tab', "a\tb", '' ],
    [ 'DEL', "a\x7fb", '' ],
    [ 'U+0085', "a\x{85}b", '' ],
    [ 'an array with U+0080', [ 'a', "\x{80}" ], '' ],
    [ 'an array with LF', [ 'a', "b\nc" ], '' ],
    [ 'an empty string', '', '' ],
    [ 'absent', undef, '' ],
) {
    my ($name, $value, $expected) = @$_;
    my $got = values_for(value => $value);

    is($got->{Claim}, $expected, "as text: $name");
    is($got->{Evil}, '', 'and nothing else');
}

# if the token is not verified, the variables are empty

for ([ 'no token', 'no_token' ],
     [ 'expired', 'expired', token => $issuer->token(exp => time - 999) ],
     [ 'bad signature', 'bad_signature',
       token => $issuer->mint(key => key('ES256'), header =>
                              { kid => $issuer->{keys}[0]->kid }) ],
     [ 'too little scope', 'insufficient_scope',
       token => $issuer->token(scope => 'x') ],
     [ 'another audience', 'wrong_audience',
       token => $issuer->token(aud => 'https://x.test') ])
{
    my ($name, $code, @fields) = @$_;
    my $values = values_of($http->get('/returned', @fields));
    my $lowered = $code eq 'insufficient_scope' ? 'ok' : $code;

    is($values->{Result}, $lowered, "early, $name: \$oauth_result");
    is($values->{Sub}, $lowered eq 'ok' ? 'alice' : '',
       "early, $name: \$oauth_sub");

    # The log names the subject of a refused request if its token was verified.

    my $sub = $code =~ /scope|audience/ ? 'alice' : '-?';

    $http->get("/logged-$code", @fields);
    ok(wait_until(sub { $nginx->read_file('access.log') =~
        /^\/logged-$code result=$code sub=$sub$/m }, 5),
       "access log, $name");
}

$values = values_of($http->get('/open', token => $issuer->token));
is($values->{Sub}, '', 'not protected: no sub');
is($values->{Result}, '', 'not protected: no result');

# read before the access phase

$values = values_of($http->get('/rewritten', token => $issuer->token));
is($values->{Sub}, 'alice/ok', 'in the rewrite phase');

is($http->get('/limited', token => $issuer->token(sub => 'carl'))->status,
   200, 'as the key of limit_req: first');
is($http->get('/limited', token => $issuer->token(sub => 'carl'))->status,
   503, 'second of the same user');
is($http->get('/limited', token => $issuer->token(sub => 'dora'))->status,
   200, 'first of another user');
is_refused($http->get('/limited'), 401, '', 'without a token: no key');
is_refused($http->get('/limited'), 401, '', 'no limit either');

# read early while there are no keys: the request waits, and nothing looks empty

my $hanging = $http->start('GET', '/returned', token => $silent->token);
my $answer = $hanging->finish;
is($answer->status, 503, 'where a decision had to wait');
unlike($answer->body, qr/V-Sub/, 'no rule has run');
$hanging->close;

finish();
