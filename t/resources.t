#!/usr/bin/perl
#
# Several resources on one host, with and without paths, at URLs that clients
# see and nginx does not: other ports, behind a TLS terminator, IPv6 literals.
# Three things must agree: what a client derives from the URL, what the
# challenge says, and what the document says.  RFC 9728 sections 3.1 and 3.3.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::IP;

use OAuth::Test;

my $issuer = issuer();
my $second = issuer();
my $upstream = upstream();
my $ipv6 = IO::Socket::IP->new(LocalHost => '::1', LocalPort => 0, Listen => 1)
    ? 'listen [::1]:%%PORT_main%%;' : '';

my $nginx = nginx(<<"EOT", AS => $issuer->url, SECOND => $second->url,
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer partner { issuer %%SECOND%%; }

    # one host, many resources, behind a terminator on 8443

    server {
        listen 127.0.0.1:%%PORT_main%% default_server;
        $ipv6
        server_name app.test;
        oauth corp;

        location / {
            oauth_resource https://app.test:8443;
            oauth_scope site;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /mcp {
            oauth_resource https://app.test:8443/mcp;
            oauth_scope mcp;
            proxy_pass http://127.0.0.1:%%UP%%;

            location /mcp/admin {
                oauth_resource https://app.test:8443/mcp/admin;
                oauth_scope admin;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }

        location /slash/ {
            oauth_resource https://app.test:8443/slash/;
            oauth_scope slash;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /partner {
            oauth partner;
            oauth_resource https://app.test:8443/partner;
            oauth_scope partner;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location "/a space/" {
            oauth_resource https://app.test:8443/a%20space/;
            oauth_scope space;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /query {
            oauth_resource https://app.test:8443/query?tenant=1;
            oauth_scope query;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        # nginx does not see the prefix that the terminator removes

        location /stripped {
            oauth_resource https://app.test:8443/apps/stripped;
            oauth_scope stripped;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # another name on the same socket; clients see port 443; no resource at the
    # root

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name other.test;
        oauth corp;

        location / { oauth off; proxy_pass http://127.0.0.1:%%UP%%; }

        location /mcp {
            oauth_resource https://other.test/mcp;
            oauth_scope other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    # a "location ~ /" inside another location is not the server's "/"

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name nested.test;
        oauth corp;
        oauth_resource https://nested.test;
        oauth_scope outer;

        location /a {
            proxy_pass http://127.0.0.1:%%UP%%;

            location ~ / {
                oauth_scope inner;
                proxy_pass http://127.0.0.1:%%UP%%;
            }
        }
    }

    # odd URLs: nginx normalises the path of the request for their document

    server {
        listen 127.0.0.1:%%PORT_slashes%%;
        server_name slashes.test;
        merge_slashes off;

        location / { oauth corp; oauth_resource https://slashes.test//docs; }
    }

    # hosts that are IPv6 literals

    server {
        listen 127.0.0.1:%%PORT_main%%;
        $ipv6
        server_name [2001:db8::1];
        oauth corp;

        location / {
            oauth_resource https://[2001:db8::1]:8443;
            oauth_scope six;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /app {
            oauth_resource http://[2001:db8::1]/app reflect;
            oauth_scope six:app;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }
EOT
    UP => $upstream->port);

my $known = '/.well-known/oauth-protected-resource';
my %from = map { $_ => $nginx->http('main', host => $_) }
    'app.test', 'app.test:8443', 'other.test', '[2001:db8::1]',
    '[2001:db8::1]:8443', 'unknown.test', '127.0.0.1';


# Derives the URL of the document as a client does, RFC 9728 section 3.1.

sub metadata_url {
    my ($resource) = @_;

    my ($origin, $path) = $resource =~ m{\A(https?://[^/?]+)(.*)\z};

    return $origin . $known . ($path eq '/' ? '' : $path);
}


# host, path, resource, scope, further paths of the same resource

my @resources = (
    [ 'app.test', '/', 'https://app.test:8443', 'site', '/x', '/mc', '/slas' ],
    [ 'app.test:8443', '/', 'https://app.test:8443', 'site' ],
    [ 'unknown.test', '/x', 'https://app.test:8443', 'site' ],
    [ '127.0.0.1', '/x', 'https://app.test:8443', 'site' ],
    [ 'app.test', '/mcp', 'https://app.test:8443/mcp', 'mcp', '/mcp/',
      '/mcp/x?y', '/mcpx', '/x/../mcp' ],
    [ 'app.test', '/mcp/admin', 'https://app.test:8443/mcp/admin', 'admin',
      '/mcp/admin/x' ],
    [ 'app.test', '/slash/', 'https://app.test:8443/slash/', 'slash',
      '/slash/x' ],
    [ 'app.test', '/partner', 'https://app.test:8443/partner', 'partner' ],
    [ 'app.test', '/a%20space/', 'https://app.test:8443/a%20space/', 'space',
      '/a%20space/x' ],
    [ 'app.test', '/query?tenant=1', 'https://app.test:8443/query?tenant=1',
      'query', '/query', '/query?tenant=2' ],
    [ 'app.test', '/stripped', 'https://app.test:8443/apps/stripped',
      'stripped', '/stripped/x' ],
    [ 'other.test', '/mcp', 'https://other.test/mcp', 'other', '/mcp/x' ],
    [ '[2001:db8::1]', '/', 'https://[2001:db8::1]:8443', 'six', '/x' ],
    [ '[2001:db8::1]:8443', '/x', 'https://[2001:db8::1]:8443', 'six' ],
    [ '[2001:db8::1]', '/app', 'http://[2001:db8::1]/app', 'six:app' ],
);

for (@resources) {
    my ($host, $path, $resource, $scope, @more) = @$_;
    my $http = $from{$host};
    my $by = $resource =~ /partner/ ? $second : $issuer;
    my $url = metadata_url($resource);
    my ($target) = $url =~ m{\Ahttps?://[^/]+(.*)\z};
    my $response = $http->get($target);
    my $document = $response->json;

    is($response->status, 200, "$resource: the document where clients look");
    is($document->{resource}, $resource, 'names it, byte for byte');
    is_deeply($document->{authorization_servers}, [ $by->url ], 'its issuer');
    is_deeply($document->{scopes_supported}, [ $scope ], 'its scopes');

    for my $part ($path, @more) {
        my $refused = $http->get($part);

        is_refused($refused, 401, '', "$host $part: refused");
        is($refused->challenge->{text},
           qq{Bearer resource_metadata="$url", scope="$scope"},
           'the challenge points there');
        is($refused->json->{resource}, $resource, 'the body names it');
    }

    # a token for one resource does not open another

    for my $other (map { $_->[2] } @resources) {
        my $status = $http->get($path, token => $by->token(
            aud => $other, scope => $scope))->status;

        is($status, $other eq $resource ? 200 : 401, "$path: aud $other");
    }
}

# what is not configured does not exist

is($from{'other.test'}->get($known)->json->{from}, 'upstream',
   'no resource at the root: its document is the app\'s');
is($from{'other.test'}->get("$known/")->json->{from}, 'upstream',
   'nor with a slash');
is($from{'other.test'}->get('/')->status, 200, 'which is open');
is($from{'app.test'}->get("$known/apps")->status, 404, 'a prefix of a path');
is($from{'app.test'}->get("$known/stripped")->status, 404,
   'a path that clients do not see');
is($from{'[2001:db8::1]'}->get("$known/mcp")->status, 404,
   'a resource of another server');

# the level of a server that has no "location /"

my $nested = $nginx->http('main', host => 'nested.test');

for ([ '/x', 'outer' ], [ '/', 'outer' ], [ '/a/b', 'inner' ]) {
    my ($path, $scope) = @$_;
    my $response = $nested->get($path);

    is_refused($response, 401, '', "$path: refused");
    is($response->challenge->{fields}{scope}, $scope, 'for its scope');
}

is_deeply([ sort @{ $nested->get($known)->json->{scopes_supported} } ],
          [ 'inner', 'outer' ], 'both are advertised');

# slashes that are not merged

is($nginx->http('slashes')->get("$known//docs")->json->{resource},
   'https://slashes.test//docs', 'merge_slashes off');

# neither the inner port nor X-Forwarded fields of the client show outside

my $port = $nginx->port('main');

for my $host (sort keys %from) {
    for my $path ('/', '/mcp', $known, "$known/mcp", "$known/app") {
        my $response = $from{$host}->get($path,
            'X-Forwarded-Proto' => 'http', 'X-Forwarded-Port' => 1,
            'X-Forwarded-Host' => 'evil.test');

        unlike(join("\n", $response->challenge->{text},
                    $response->json->{resource} // ''),
               qr/:$port\b|127\.0\.0\.1|evil/, "$host $path");
    }
}

# below an IPv6 literal

my $six = $from{'[2001:db8::1]'};

is($six->get('/app/x')->challenge->{fields}{resource_metadata},
   "http://[2001:db8::1]$known/app/x", 'reflected');
is($six->get("$known/app/x")->json->{resource}, 'http://[2001:db8::1]/app/x',
   'as it was asked for');

SKIP: {
    my $socket = $ipv6 && IO::Socket::IP->new(PeerHost => '::1',
                                              PeerPort => $port);
    skip('no IPv6 here', 1) unless $socket;

    print {$socket} "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
        . "Connection: close\r\n\r\n";

    like(join('', <$socket>),
         qr{resource_metadata="\Qhttps://[2001:db8::1]:8443$known\E"},
         'over IPv6');
}

# nginx -t asks for a URL that it cannot know

my $other = OAuth::Test::Nginx->new(conf => '', AS => $issuer->url);

for my $name ('[2001:db8::1]', '::1', '192.0.2.1') {
    my ($good, $said) = $other->test_conf(<<"CONF");
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name $name;
        location / { oauth corp; }
    }
CONF

    is($good ? 1 : 0, $name =~ /:/ ? 0 : 1, "server_name $name alone");
    like($said, qr/add "oauth_resource"/, 'and what to do') if $name =~ /:/;
}

finish();
