#!/usr/bin/perl
#
# HTTP/2 from the client, with bodies of any size and answers that come piece by
# piece: all works as through an nginx without the module.  The connection
# survives a refused upload, and requests that wait for keys keep their bodies.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);

use OAuth::Test;
use OAuth::Test::File qw(write_file);
use OAuth::Test::Http2Client;
use OAuth::Test::Mode qw(mode seconds);

my $megabytes = mode() eq 'valgrind' ? 5 : 50;

my $issuer = issuer();
my $cold = issuer();
my $upstream = upstream();

$cold->answer(jwks => hold => 'go');

my $template = <<'EOT';
    %%ISSUERS%%

    client_max_body_size 0;

    server {
        listen 127.0.0.1:%%PORT_main%% http2;
        server_name app.test;

        %%OAUTH%%

        proxy_http_version 1.1;

        location /buffered {
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location /streamed {
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_status%%;
        stub_status;
    }
EOT

my $protected = nginx($template, UP => $upstream->port,
    ISSUERS => join(' ', map {
        "oauth_issuer $$_[0] { issuer $$_[1]; timeout 120s; }"
    } [ corp => $issuer->url ], [ cold => $cold->url ]),
    OAUTH => 'oauth corp cold; oauth_resource https://app.test;');
my $plain = nginx($template, UP => $upstream->port, module => 0,
                  ISSUERS => '', OAUTH => '');

my $token = $issuer->token;
my $folder = tempdir('oauth-http2-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $large = join '', map { sprintf "%07d\n", $_ } 1 .. $megabytes << 17;
my @places = qw(/buffered /streamed);

write_file("$folder/large", $large);
write_file("$folder/small", substr $large, 0, 1 << 20);


# A curl that is running, as a pipe from which to read its output.

sub curl {
    my (@arguments) = @_;

    open my $pipe, '-|', 'curl', '-sS', '--http2-prior-knowledge', '-N',
        '--noproxy', '*', '--max-time', seconds(30), @arguments
        or die "cannot run curl: $!\n";

    return $pipe;
}


sub all_of {
    my ($pipe) = @_;

    local $/;

    return scalar(<$pipe>) =~ s/^date: [^\r]*\r\n//gmr;
}


sub url { return 'http://127.0.0.1:' . $_[0]->port('main') . $_[1] }

sub bearer { return ('-H', "Authorization: Bearer $_[0]") }


# Sends the same request through both, and returns what each was answered.

sub same {
    my ($title, $path, @arguments) = @_;

    my ($got, $expected) = map {
        all_of(curl('-i', @arguments, url($_, $path),
                    $_ == $protected ? bearer($token) : ()));
    } $protected, $plain;

    is($got, $expected, "$title: the same");
    like($got, qr/\AHTTP\/2 200 /, "$title: 200");

    return $got;
}


# the app's answer to each of these tells what the app was sent

for my $place (@places) {
    same("GET $place", "$place?x=1", '-H', 'Range: bytes=1-2', '-H', 'x-a: b');
    same("HEAD $place", $place, '-I');

    my $got = same("$megabytes MB to $place", $place, '-T', "$folder/large");
    my ($sum) = $got =~ /"sha256":"(\w+)"/;

    is($sum, sha256_hex($large), 'as they were');

    # without a length

    my ($one, $other) = map {
        my $name = url($_, $place);
        my $line = $_ == $protected ? "-H 'Authorization: Bearer $token'" : '';
        `curl -sSi --http2-prior-knowledge --noproxy '*' $line -T - $name \\
            <$folder/large` =~ s/^date: [^\r]*\r\n//mr;
    } $protected, $plain;

    is($one, $other, "no length to $place: the same");
    like($one, qr/"sha256":"$sum"/, 'as it was');
}

# event streams

my $events = curl(url($protected, '/streamed?events=second'), bearer($token));

is(scalar(<$events>), "data: first\n", 'the first event');
$upstream->raise_flag('second');
is(all_of($events), "\ndata: second\n\n", 'then the second');

# nginx answers a refused upload before or during its body; later requests on
# the same connection are then answered, too

my $before = $upstream->count;
my $client = OAuth::Test::Http2Client->new(port => $protected->port('main'));
my @head = ([ ':method', 'POST' ], [ ':scheme', 'http' ],
            [ ':authority', 'app.test' ]);

for my $place (@places) {
    for my $frames (0, 1, 3) {
        my $stream = $client->begin([ @head, [ ':path', $place ] ]);

        $client->send_data($stream, 'x' x 16_384) for 1 .. $frames;
        is_refused($client->answer($stream), 401, '',
                   "$place: refused after $frames frames");
        $client->send_data($stream, 'late', 1);
    }

    is($client->get($place, token => $token)->status, 200,
       'what is late for it is nothing to the next');
}

is($upstream->count, $before + @places, 'and nothing of it arrives');

# clients that close their connection

for my $place (@places) {
    my $leaving = OAuth::Test::Http2Client->new(
        port => $protected->port('main'));
    my $stream = $leaving->begin([ @head, [ ':path', $place ],
                                   [ authorization => "Bearer $token" ] ]);
    $leaving->send_data($stream, 'first');
    $leaving->close;
}

is($client->get('/streamed', token => $token)->status, 200,
   'nginx goes on when clients leave');

# with requests that wait for keys

$client->close;
ok(wait_until(sub { $protected->pending('status') == 0 }), 'nobody asks');

my $waiter = $cold->token;
my @uploads = map { curl('-T', "$folder/small", bearer($waiter),
                         url($protected, $_)) } @places;
my @leaving = map { OAuth::Test::Http2Client->new(
                        port => $protected->port('main')) } @places;

for my $i (0, 1) {
    my $stream = $leaving[$i]->begin([ @head, [ ':path', $places[$i] ],
                                       [ authorization => "Bearer $waiter" ] ]);
    $leaving[$i]->send_data($stream, 'first');
}

ok(wait_until(sub { $protected->pending('status') == 4 }), 'bodies wait');
$_->close for @leaving;
ok(wait_until(sub { $protected->pending('status') == 2 }),
   'who leaves is gone');

$before = $upstream->count;
$cold->raise_flag('go');

for my $upload (@uploads) {
    is(decode_json(all_of($upload))->{sha256},
       sha256_hex(substr $large, 0, 1 << 20), 'a body that has waited');
}

is($upstream->count, $before + 2, 'and nothing else has arrived');

finish();
