#!/usr/bin/perl
#
# The token of a request to a protected location does not go to another
# location, whoever sends the request there: a refusal of the module, a refusal
# of another module, or the app.  Only oauth_pass_token lets it go along.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $issuer = issuer();
my $upstream = upstream();

my $nginx = nginx(<<'EOT', AS => $issuer->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

    limit_req_zone $server_name zone=all:1m rate=1r/m;
    log_format result '$uri result=$oauth_result sub=$oauth_sub';

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        access_log %%DIR%%/result.log result;

        oauth_resource https://app.test;
        oauth_header X-User sub;

        location /refused {
            oauth corp;
            oauth_scope more;
            error_page 401 403 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /refused_passing {
            oauth corp;
            oauth_scope more;
            oauth_pass_token on;
            error_page 401 403 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /refused_uri {
            oauth corp;
            oauth_scope more;
            error_page 401 403 =200 /other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /any {
            oauth corp;
            oauth_scope more;
            satisfy any;
            deny all;
            error_page 401 403 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /denied {
            oauth corp;
            deny all;
            error_page 403 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /limited {
            oauth corp;
            limit_req zone=all;
            error_page 503 = @other;
            add_header X-Result "<$oauth_result>" always;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /limited_plainly {
            oauth corp;
            limit_req zone=all;
            add_header X-Result "<$oauth_result>" always;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /admitted {
            oauth corp;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /admitted_passing {
            oauth corp;
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # nginx refuses the request just after it has found the location

        location /large {
            oauth corp;
            client_max_body_size 3;
            error_page 413 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /inner {
            internal;
            oauth corp;
            error_page 404 = @other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # two locations: the second one refuses by a rule of its own

        location /leaves {
            oauth corp;
            try_files /none /ruled;
        }

        location /ruled {
            oauth corp;
            return 403;
            error_page 403 = @other;
        }

        # the next location is protected, too, and passes the token on

        location /again {
            oauth corp;
            oauth_scope more;
            error_page 403 = @passes;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location @passes {
            oauth corp;
            oauth_pass_token on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # for an open location the module does nothing

        location /open {
            error_page 404 = @other;
            return 404;
        }

        location /other { proxy_pass http://127.0.0.1:%%UP%%; }
        location @other { proxy_pass http://127.0.0.1:%%UP%%; }
    }
EOT

my $http = $nginx->http;
my $token = $issuer->token(scope => 'less');


sub sent {
    my ($path, @fields) = @_;

    my $response = $http->get($path, DPoP => 'proof', 'X-Kept' => 'kept',
                              'X-User' => 'mallory', @fields);

    is_deeply([ $response->echoed('X-Kept') ], [ 'kept' ],
              "$path: is delivered");

    return $response;
}


sub is_withheld {
    my ($path, $user) = @_;

    my $response = sent($path, token => $token);

    is_deeply([ map { $response->echoed($_) } qw(Authorization DPoP) ], [],
              "$path: without the token");
    is_deeply([ $response->echoed('X-User') ], $user ? [ $user ] : [],
              "$path: with whose identity");

    return;
}


is_withheld($_) for qw(/refused /refused_uri /any /denied /inner /leaves);

my $large = $http->request('POST', '/large', body => 'too large',
                           token => $token);
is_deeply([ $large->echoed('Authorization') ], [], '/large: without the token');
is($large->json->{from}, 'upstream', '/large: is delivered');

is_withheld('/admitted?field=X-Accel-Redirect:/other', 'alice');

# a limit refuses the request before the token is checked

$http->get('/limited', token => $token);
is_withheld('/limited');

my $bad = $issuer->mint(key => key('ES256'),
                        header => { kid => $issuer->{keys}[0]->kid });

my $response = $http->get('/limited_plainly', token => $bad);
is($response->status, 503, 'a limit refuses');
is($response->header('X-Result'), '<>', 'its answer decides nothing');

ok(wait_until(sub { $nginx->read_file('result.log')
                    =~ m{^/limited_plainly result=(.*)$}m }, 5),
   'it is logged');
like($nginx->read_file('result.log'),
     qr{^/limited_plainly result=-? sub=-?$}m, 'nor does the log');

# the locations that the token may go to

for my $path ('/refused_passing', '/again',
              '/admitted_passing?field=X-Accel-Redirect:/other', '/open')
{
    is_deeply([ sent($path, token => $token)->echoed('Authorization') ],
              [ "Bearer $token" ], "$path: with the token");
}

# other credentials belong to other modules

is_deeply([ sent('/refused', Authorization => 'Basic dTpw')
                ->echoed('Authorization') ],
          [ 'Basic dTpw' ], 'a password is not a token');

finish();
