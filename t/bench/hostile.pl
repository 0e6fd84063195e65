#!/usr/bin/perl
#
# What hostile requests cost a worker.  Every input of every row is sent many
# times to an nginx with the module and one worker.  For each row the table
# names the input with the highest median of CPU time.  The exit status is 1 if
# a request costs more than the limit, or is not answered as it should be.
#
# usage: hostile.pl [-v] [-n repetitions] [-l limit in ms] [row ...]
#
# The app is another nginx, and the authorization servers are processes of their
# own, so the worker that is measured does nothing else.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";

use Getopt::Long qw(GetOptions);
use JSON::PP ();
use Time::HiRes qw(sleep time);

use Cost qw(cost median);
use Documents qw(documents wide_keys);
use Features qw(features);
use Inputs qw(inputs);
use OAuth::Test;
use OAuth::Test::Assertion qw(make_key);
use OAuth::Test::Http2Client;

use constant { REFETCH => 1.1, ROUNDS => 5, BAD_TOKENS => 3000 };

my %options = (n => 20, l => 50);

GetOptions(\%options, 'v', 'n=i', 'l=f')
    or die "usage: hostile.pl [-v] [-n repetitions] [-l limit] [row ...]\n";

my %wanted = map { lc $_ => 1 } @ARGV;
my (%worst, @rows, $wrong);

my %keys = map { $_ => key($_) } qw(RS256 PS256 ES256 ES384 ES512 EdDSA);
my $world = world();
my $featured = featured();

measure_inputs($world->{nginx}, inputs($world));
measure_inputs($featured, features($world));
measure_documents() if wants('JWKS document') || wants('JWKS keys');
measure_flood() if wants('caches');
measure_http2() if wants('HTTP/2');

exit report();


sub wants {
    my ($row) = @_;

    return !%wanted || $wanted{ lc $row };
}


# --- what is measured ------------------------------------------------------

sub measure_inputs {
    my ($nginx, @inputs) = @_;

    for my $input (grep { wants($_->[0]) } @inputs) {
        my ($row, $name, $expected, @fields) = @$input;
        my $method = @fields && $fields[0] =~ /\A(?:OPTIONS|POST)\z/
            ? shift @fields : 'GET';
        my $path = @fields && $fields[0] =~ m{\A/} ? shift @fields : '/';

        my @bytes = map { OAuth::Test::Http->new->bytes(
            $method, $path, Connection => 'close',
            ref $fields[0] ? $fields[0]->() : @fields) } 1 .. $options{n};

        measure($nginx, $row, $name, $expected, length $bytes[0], @bytes);
    }

    return;
}


# An unknown kid makes the worker fetch and parse a document, once in
# key_refetch.  In one round it gets one document of each issuer.

sub measure_documents {
    my %documents = documents(%keys);
    my @names = sort keys %documents;
    my %issuers = map { $_ => issuer(keys => [ $keys{ES256} ]) } @names;

    my $nginx = nginx(join('', map {
        "oauth_issuer i$_ { issuer $issuers{$names[$_]}{url};"
        . ' key_refetch 1s; }' } 0 .. $#names)
        . <<"EOT", AS => join(' ', map { "i$_" } 0 .. $#names));
    oauth_zone 64m;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        oauth %%AS%%;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:1; }
    }
EOT

    my ($pid) = $nginx->workers;
    my $http = $nginx->http;

    for my $name (@names) {
        wait_until(sub { $http->get('/', token => $issuers{$name}->token)
                         ->status == 502 }) or die "no keys of $name\n";

        my $file = $nginx->write_file("document-$issuers{$name}{port}",
                                      $documents{$name});
        $issuers{$name}->answer(jwks => file => $file);
    }

    my %costs;

    for (1 .. ROUNDS) {
        my $next = time + REFETCH;

        for my $name (@names) {
            my $bytes = $http->bytes('GET', '/', Connection => 'close',
                token => $issuers{$name}->mint(header => { kid => 'new' }));

            push @{ $costs{$name} }, [ cost($pid, $nginx->port('main'),
                                            $bytes) ];
        }

        sleep $next - time if $next > time;
    }

    for my $name (@names) {
        fetched($issuers{$name}, $name);
        note_cost($name =~ /[Kk]eys|P-521|Ed25519|RSA/ ? 'JWKS keys'
                      : 'JWKS document',
                  $name, length $documents{$name}, 401, @{ $costs{$name} });
    }

    check_log($nginx);

    return;
}


sub fetched {
    my ($issuer, $name) = @_;

    complain("$name was fetched " . $issuer->count('jwks') . ' times')
        if $issuer->count('jwks') < ROUNDS;

    return;
}


# Sends bad tokens one after the other; measures the average, and then a good
# token.

sub measure_flood {
    my ($h, $p, $s) = split /\./, $world->{issuer}->token;
    my $http = $world->{nginx}->http;
    my ($worker) = $world->{nginx}->workers;
    my $before = Cost::settled($worker);

    for my $i (1 .. BAD_TOKENS) {
        my $bad = sprintf '%s%04d', substr($s, 0, -4), $i;
        my $status = $http->get('/', token => "$h.$p.$bad")->status;
        complain("bad token $i: $status") if $status != 401;
    }

    my $each = 1000 * (Cost::settled($worker) - $before) / BAD_TOKENS;

    note_cost('caches', BAD_TOKENS . ' bad tokens, each',
              length "$h.$p.$s", 401, [ $each, 401 ]);

    return;
}


sub measure_http2 {
    my $token = $world->{issuer}->token;

    for my $case ([ 'a good token', 200, token => $token ],
                  [ 'two headers', qr/\A(?:0|4\d\d)\z/, token => $token,
                    token => $token ],
                  [ '60 kB', 401, token => 'x' x 60_000 ],
                  [ '60 kB in pieces', 401, token => '.x' x 30_000 ])
    {
        my ($name, $expected, @fields) = @$case;

        my $send = sub {
            OAuth::Test::Http2Client->new(
                port => $world->{nginx}->port('h2'))->get('/', @fields);
        };

        measure($world->{nginx}, 'HTTP/2', $name, $expected,
                length $fields[1], ($send) x $options{n});
    }

    return;
}


sub measure {
    my ($nginx, $row, $name, $expected, $length, @requests) = @_;

    my ($worker) = $nginx->workers;

    note_cost($row, $name, $length, $expected,
              map { [ cost($worker, $nginx->port('main'), $_) ] } @requests);

    return;
}


# --- what it says ----------------------------------------------------------

sub note_cost {
    my ($row, $name, $length, $expected, @costs) = @_;

    my ($odd) = grep { !answered($_->[1], $expected) } @costs;
    complain("$row, $name: answered $odd->[1], not $expected") if $odd;

    my @ms = map { $_->[0] } @costs;
    my ($max) = sort { $b <=> $a } @ms;
    my $cost = { row => $row, name => $name, length => $length,
                 median => median(@ms), max => $max };

    print line($cost) if $options{v};

    push @rows, $row unless $worst{$row};
    $worst{$row} = $cost
        if !$worst{$row} || $cost->{median} > $worst{$row}{median};

    return;
}


sub answered {
    my ($status, $expected) = @_;

    return ref $expected ? $status =~ $expected : $status == $expected;
}


sub line {
    my ($cost) = @_;

    return sprintf "%-18s %-38.38s %8d %8.2f %8.2f%s\n",
        @$cost{qw(row name length median max)},
        $cost->{median} > $options{l} ? "  above $options{l} ms" : '';
}


sub complain {
    my ($text) = @_;

    print "wrong: $text\n";
    $wrong = 1;

    return;
}


sub check_log {
    my ($nginx) = @_;

    complain($_) for $nginx->log_lines(qr/\[(?:emerg|alert|crit)\]/);

    return;
}


sub report {
    printf "\n%-18s %-38s %8s %8s %8s\n", 'row', 'worst input', 'bytes',
        'ms', 'max';
    print line($worst{$_}) for @rows;

    my $above = grep { $worst{$_}{median} > $options{l} } @rows;
    check_log($_) for $world->{nginx}, $featured;

    return $above || $wrong ? 1 : 0;
}


# --- nginx, the app, the authorization servers -----------------------------

sub world {
    my %world = (
        keys => \%keys, app => app(),
        issuer => issuer(keys => [ @keys{qw(ES256 RS256 PS256 ES384 ES512
                                            EdDSA)} ]),
        many => issuer(keys => [ many() ]),
        silent => issuer()->url =~ s/http/https/r,
    );

    $world{nginx} = nginx(conf(), AS => $world{issuer}->url,
        MANY => $world{many}->url, SILENT => $world{silent},
        APP => $world{app}->port('main'));

    my $http = $world{nginx}->http;

    for my $issuer (@world{qw(issuer many)}) {
        wait_until(sub { $http->get('/', token => $issuer->mint(
            key => $keys{ES512}, header => { kid => undef }))->status == 200 })
            or die "nginx has no keys\n";
    }

    return \%world;
}


# An nginx with what the first one does not have.

sub featured {
    $world->{opaque} = issuer(keys => [ $keys{ES256} ]);

    my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT',
    oauth_revocation_store %%DIR%%/store size=256m;
    oauth_dpop_replay 8m;

    oauth_issuer corp { issuer %%AS%%; }

    oauth_issuer opaque {
        issuer %%OPAQUE%%;
        introspect opaque;
        introspection_endpoint %%OPAQUE%%/introspect;
        client_auth none;
    }

    large_client_header_buffers 8 1m;
    client_max_body_size 4m;
    proxy_buffer_size 256k;
    proxy_buffers 8 256k;
    proxy_busy_buffers_size 256k;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_assertion_key key.pem;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }

        location /bound {
            oauth_dpop required;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /certified {
            oauth_mtls on certificate=$http_x_cert;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /actors {
            oauth_header X-Actor $oauth_actor;
            oauth_header X-Actors $oauth_actors;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /asserted {
            oauth_header X-Email email;
            oauth_header X-Groups groups;
            oauth_assertion X-Assertion;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name opaque.test;

        oauth opaque;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name local.test;

        location = /admin { oauth_revoke admin; }
        location = /token { oauth_revoke token; }

        location = /events {
            oauth_revoke signals logout;
            oauth_revocation_audience app;
        }
    }
EOT
        AS => $world->{issuer}->url, OPAQUE => $world->{opaque}->url,
        APP => $world->{app}->port('main'));

    $nginx->make_folder('store');
    make_key($nginx->dir . '/key.pem');
    $nginx->start;

    wait_until(sub { $nginx->http->get('/', token =>
                         $world->{issuer}->token)->status == 200 })
        or die "nginx has no keys\n";

    return $nginx;
}


# Keys without a kid, of each kind more than the module tries.

sub many {
    my @known = map { my $key = $_; map { $key->copy($key->alg,
        kid => undef) } 1 .. 9 } @keys{qw(ES512 ES384 EdDSA)};

    my @wide = map { bless { jwk => $_ }, 'OAuth::Test::Key' }
        wide_keys(9, kid => undef);

    delete $_->{jwk}{kid} for @wide;

    return @known, @wide;
}


sub app {
    return nginx(<<'EOT', module => 0);
    large_client_header_buffers 8 2m;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        return 200 "app\n";
    }
EOT
}


sub conf {
    my $letters = join ' ', map { "s$_" } 0 .. 63;
    my $dense = join "\n", map { "oauth_scope_implies s$_ $letters;" } 0 .. 63;
    my $chain = join "\n", map { "oauth_scope_implies c$_ c@{[ $_ + 1 ]};" }
        0 .. 199;
    my $terms = join "\n", map { "oauth_scope t$_;" } 1 .. 50;
    my $requires = join "\n", map { "oauth_require roles x$_ y$_;" } 1 .. 4;
    my $path = join '.', 'a', ('b') x 20;

    my $resources = join "\n", map {
        "location /r$_ { oauth_resource https://app.test/r$_; }"
    } 0 .. 399;
    my $listed = join ' ', map { "https://aud-$_.test/y" } 'a' .. 'gr';

    return <<"EOT";
    oauth_issuer corp { issuer %%AS%%; }
    oauth_issuer many { issuer %%MANY%%; }
    oauth_issuer silent { issuer %%SILENT%%; }

    large_client_header_buffers 8 1m;
    proxy_buffer_size 256k;
    proxy_buffers 8 256k;
    proxy_busy_buffers_size 256k;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        listen 127.0.0.1:%%PORT_h2%% http2;
        server_name app.test;

        oauth corp many silent;
        oauth_resource https://app.test;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }

        location /header {
            oauth_header X-User sub;
            oauth_header X-Roles roles;
            oauth_header X-Again \$oauth_claim_roles;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /path {
            oauth_require $path 1;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /require {
            $requires
            oauth_require roles z;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /scope {
            oauth_scope read;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /dense {
            $dense
            oauth_scope s0;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /chain {
            $chain
            oauth_scope c200;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /terms {
            $terms
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /asked {
            oauth_scope \$http_x_scope;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name many.test;

        oauth corp;
        oauth_resource https://app.test;
        $resources
        location / { proxy_pass http://127.0.0.1:%%APP%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name listed.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_audience $listed;
        location / { proxy_pass http://127.0.0.1:%%APP%%; }
    }
EOT
}
