#!/usr/bin/perl
#
# A DPoP proof is about the request that the client sent (RFC 9449 section 4.3),
# whatever nginx makes of it: internal redirects, error pages, subrequests, and
# a server in front that terminates TLS.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Proof qw(proof_fields thumbprint);

my $key = key('ES256');
my $issuer = issuer();

my $nginx = nginx(<<'EOT', AS => $issuer->url, log => 'debug');
    oauth_issuer corp { issuer %%AS%%; }

    map $oauth_sub $early { default $oauth_sub; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_dpop required;

        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        # redirects

        location /moved {
            rewrite ^ /here last;
        }

        location /here {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /named {
            error_page 418 = @named;
            oauth off;
            oauth_dpop off;
            return 418;
        }

        location @named {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /missing {
            error_page 404 = /page;
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:%%PORT_app%%/404;
        }

        location /page {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /stricter {
            error_page 404 = /young;
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:%%PORT_app%%/404;
        }

        location /young {
            oauth_dpop required max_age=30s;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /elsewhere {
            error_page 404 = /other;
            proxy_intercept_errors on;
            proxy_pass http://127.0.0.1:%%PORT_app%%/404;
        }

        location /other {
            oauth_resource https://other.test/other;
            oauth_audience https://app.test;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        # the verdict is made early, for a variable

        location /early {
            if ($early = bob) { return 409; }
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        # subrequests

        location /check {
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /twice {
            auth_request /check;
            mirror /mirrored;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /mirrored {
            proxy_pass http://127.0.0.1:%%PORT_app%%/mirrored;
        }

        location /open {
            oauth off;
            oauth_dpop off;
            auth_request /check;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    # a server in front terminates TLS, and this one is given the URL by name

    server {
        listen 127.0.0.1:%%PORT_front%%;
        location / {
            proxy_set_header Host internal.test;
            proxy_pass http://127.0.0.1:%%PORT_main%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        location /404 { return 404; }
        location / {
            return 200 "a=$http_authorization d=$http_dpop\n";
        }
    }
EOT

my $http = $nginx->http;
my $token = $issuer->mint(claims => { cnf => { jkt => thumbprint($key) } });


sub fields {
    my ($path, %options) = @_;

    return proof_fields(key => $key, token => $token,
                        url => "https://app.test$path", %options);
}


# The request is answered with 200, and the same proof is then used up; a proof
# for another path is refused.

sub proves {
    my ($path, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my @fields = fields($path);

    is $http->get($path, @fields)->status, 200, $name;
    isnt $http->get($path, @fields)->status, 200, '... once';
    isnt $http->get($path, fields('/wrong'))->status, 200,
        '... not by a proof for another path';

    return;
}


proves('/moved', 'rewrite: by the path that the client sent');
isnt $http->get('/moved', fields('/here'))->status, 200,
    '... and not by the other one';
proves('/named', 'a named location: the first that is protected');
proves('/missing', 'error_page in another location');
proves('/stricter', 'error_page in a location with another max_age');
isnt $http->get('/stricter', fields('/stricter', claims =>
                                    { iat => time - 100 }))->status, 200,
    '... which is looked at';
is $http->get('/elsewhere', fields('/elsewhere'))->status, 401,
    'error_page in a location of another origin';
proves('/early', 'a variable is read before the access phase');
proves('/twice', 'auth_request and mirror use the same proof');
proves('/open', 'an open location, with auth_request of a protected one');

# error_page of an open location changes the method; the proof is for the
# client's

is $http->request('POST', '/named', fields('/named', method => 'POST'))
        ->status, 200, 'a POST by way of a named location';
is $http->request('POST', '/missing', fields('/missing', method => 'POST'))
        ->status, 200, 'a POST that becomes a GET by error_page';
is $http->request('POST', '/missing', fields('/missing', method => 'GET'))
        ->status, 401, '... and a proof for that GET';

# a location that passes the token on, after one that does not

like $http->get('/missing', fields('/missing'))->body,
    qr/^a=DPoP \S+ d=[\w-]+\.[\w-]+\.[\w-]+$/m,
    'the app gets the proof again, with the token';

# behind a server that terminates TLS

my $front = $nginx->http('front');

is $front->get('/a', fields('/a'))->status, 200, 'behind another server';
is $front->get('/a', fields('', url => 'http://internal.test/a'))->status,
    401, '... not by the name that it uses';

# the key is imported once per token

$nginx->mark;
my $fresh = $issuer->mint(claims => { cnf => { jkt => thumbprint($key) } });

is $http->get('/a', fields('/a', token => $fresh))->status, 200,
    'a request with a new token' for 1 .. 3;

SKIP: {
    my @lines = map { /, which was (\w+)/ ? $1 : () }
        $nginx->log_lines(qr/the proof is signed by the key of the token/);

    skip 'nginx has no debug log', 1 unless @lines || $nginx->log =~ /\[debug\]/;
    is "@lines", 'imported known known', 'the key is imported once';
}

finish();
