#!/usr/bin/perl
#
# Another filter of nginx throws an answer away and makes nginx send another
# one; image_filter does so with everything that is not an image.  An answer of
# the module itself must arrive nevertheless, and complete.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(build_path);
use OAuth::Test::Http2Client;

my %filter = map { $_ => build_path("finalize_$_.so") } qw(above below);

plan(skip_all => 'there is no filter module: make -C t/lib after a build')
    if grep { !-e } values %filter;

my $issuer = issuer();
my $upstream = upstream();
my $well_known = '/.well-known/oauth-protected-resource';
my @ask = ('origin' => 'https://agent.test',
           'access-control-request-method' => 'QUERY',
           'access-control-request-headers' => 'authorization');

my $conf = <<'EOT';
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_second%% http2;
        server_name app.test;
        root %%DIR%%/html;

        oauth corp;
        oauth_resource https://app.test;
        oauth_scope read;

        location /header { finalize header 415; proxy_pass %%UP%%; }
        location /body { finalize body 415; proxy_pass %%UP%%; }
        location /status { finalize status 415; proxy_pass %%UP%%; }
        location /always { finalize always 415; proxy_pass %%UP%%; }
        location /same { finalize body 401; proxy_pass %%UP%%; }
        location /moved { finalize body 301; proxy_pass %%UP%%; }
        location /slash/ { finalize body 415; proxy_pass %%UP%%; }

        location /paged {
            finalize body 415;
            error_page 415 = /empty;
            proxy_pass %%UP%%;
        }

        location /recursive {
            finalize body 415;
            error_page 415 = /empty;
            recursive_error_pages on;
            proxy_pass %%UP%%;
        }

        location = /empty { oauth off; return 200 "empty\n"; }

        location /own {
            finalize body 415;
            error_page 401 /page;
            proxy_pass %%UP%%;
        }

        location = /page { oauth off; finalize off 0; proxy_pass %%UP%%; }
        location /basic { oauth off; finalize body 415; return 403; }

        location /any {
            satisfy any;
            deny all;
            finalize body 415;
            proxy_pass %%UP%%;
        }

        location /let {
            satisfy any;
            allow all;
            finalize body 415;
            proxy_pass %%UP%%;
        }
    }

    # around the metadata documents, too

    server {
        listen 127.0.0.1:%%PORT_documents%%;
        server_name app.test;

        finalize body 415;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            proxy_pass %%UP%%;
        }

        location %%WELL%%/other {
            proxy_pass %%UP%%;
        }

        location %%WELL%%/moved {
            finalize body 301;
            proxy_pass %%UP%%;
        }

        location %%WELL%%/slash/ {
            proxy_pass %%UP%%;
        }
    }
EOT


# The usual refusal, sent exactly once.

sub is_whole {
    my ($response, $name, $status) = @_;

    is_refused($response, $status // 401, '', $name);
    is($response->header('Content-Type'), 'application/problem+json',
       'with its type');
    is($response->json->{status}, $status // 401, 'and all of its body');
    is(scalar(my @all = $response->headers($_)), 1, "one $_")
        for qw(Cache-Control Vary Access-Control-Allow-Origin);

    return;
}


sub is_preflight {
    my ($response, $name) = @_;

    is($response->status . $response->error, 204, $name);
    is($response->header('Access-Control-Allow-Origin'), '*', 'for everybody');
    like($response->header('Access-Control-Allow-Methods'), qr/, QUERY\z/,
         'with the method');

    return;
}


for my $place (sort keys %filter) {
    my $nginx = nginx($conf, AS => $issuer->url, WELL => $well_known,
                      UP => 'http://127.0.0.1:' . $upstream->port,
                      main => "load_module $filter{$place};");
    my $http = $nginx->http;
    my @clients = ($http, OAuth::Test::Http2Client->new(
                              port => $nginx->port('second')));

    for my $path ('/header', '/body', '/status', '/same', '/moved', '/slash/x')
    {
        my $label = "$path, $place";

        is_whole($_->get($path), $label) for @clients;
        is_whole($http->request('POST', $path, body => 'x' x 50_000),
                 "$label: POST");

        is_refused($_->request('HEAD', $path), 401, '', "$label: HEAD")
            for @clients;

        my $page = $http->get($path, 'Sec-Fetch-Mode' => 'navigate');
        is_refused($page, 401, '', "$label: a page");
        like($page->body, qr{</html>\s*\z}, 'all of it');

        is_preflight($_->request('OPTIONS', $path, @ask), $label)
            for @clients;

        # a request that is let in gets the answer of the filter

        is($http->get($path, token => $issuer->token)->status,
           $path eq '/same' ? 401 : $path eq '/moved' ? 301 : 415,
           "$label: admitted");
    }

    # a filter that insists on its status: if it runs before the filter of the
    # module, the module restores the refusal after it

    my $always = $http->get('/always');
    is($always->status . $always->error, $place eq 'below' ? 415 : 401,
       "$place: a filter that insists");

    # error pages and other modules

    is_whole($http->get('/paged'), "$place: an error page of the filter's");
    is($http->get('/paged', token => $issuer->token)->body, "empty\n",
       'which others get');
    is($http->get('/recursive')->body, "empty\n", 'after any error');
    is($http->get('/basic')->status, 415, 'what is not ours is left to it');
    is_refused($http->get('/own'), 401, '', 'an error page for ours');
    is_whole($http->get('/any'), 'satisfy any: refused');
    is($http->get('/let')->status, 415, 'satisfy any: admitted');

    # the metadata documents

    my $documents = $nginx->http('documents');

    for my $method (qw(GET HEAD)) {
        my $response = $documents->request($method, $well_known);
        is($response->status . $response->error, 200, "$place: $method");
        is($response->header('Content-Type'), 'application/json', 'its type');
        is($response->json->{resource}, $method eq 'GET' ? 'https://app.test'
                                                         : undef, 'its body');
        is($response->header('Cache-Control'), 'public, max-age=300',
           'its lifetime');
    }

    is($documents->request('POST', $well_known, body => 'x')
       ->header('Allow'), 'GET, HEAD, OPTIONS', 'another method');
    is($documents->request('OPTIONS', $well_known, @ask)->status, 204,
       'a preflight');

    my $missing = $documents->get("$well_known/unknown");
    is($missing->status . $missing->error, 404, 'an unknown one');
    is($missing->body, '', 'without a body');

    for my $path ('/moved', $place eq 'below' ? '/slash' : ()) {
        $missing = $documents->get($well_known . $path);
        is($missing->status . $missing->error, 404, "$path: a redirect");
        is($missing->body, '', 'without a body');
        is_deeply([ $missing->headers('Access-Control-Allow-Origin') ],
                  [ '*' ], 'made once');
    }

    is($documents->get("$well_known/other")->status, 415,
       'what is not ours is left to it');
}

finish();
