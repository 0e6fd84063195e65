#!/usr/bin/perl
#
# gRPC through the module: calls, streams of messages in both directions, and
# trailers work as they do through an nginx without the module.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Http2;
use OAuth::Test::Http2Client;

my $issuer = issuer();
my $app = OAuth::Test::Http2->new;
my $token = $issuer->token;

my $template = <<'EOT';
    %%ISSUER%%

    server {
        listen 127.0.0.1:%%PORT_main%% http2;
        server_name app.test;

        %%OAUTH%%

        location / {
            grpc_pass grpc://127.0.0.1:%%APP%%;
        }
    }
EOT

my $protected = nginx($template, APP => $app->port,
    ISSUER => 'oauth_issuer corp { issuer ' . $issuer->url . '; }',
    OAUTH => 'oauth corp; oauth_resource https://app.test;');
my $plain = nginx($template, APP => $app->port, module => 0,
                  ISSUER => '', OAUTH => '');

my @call = ([ ':method', 'POST' ], [ ':scheme', 'http' ],
            [ ':authority', 'app.test' ],
            [ 'content-type', 'application/grpc' ], [ 'te', 'trailers' ],
            [ 'grpc-timeout', '5S' ], [ 'x-bin', 'AAEC' ]);


sub client {
    my ($nginx) = @_;

    return OAuth::Test::Http2Client->new(port => $nginx->port('main'));
}


# The fields of a call.  The token is among them if a gateway removes it.

sub call {
    my ($nginx, $path) = @_;

    my @fields = (@call, [ ':path', $path ]);

    splice @fields, 4, 0, [ authorization => "Bearer $token" ]
        if $nginx == $protected;

    return [ sort { ($b->[0] =~ /^:/) <=> ($a->[0] =~ /^:/) } @fields ];
}


sub said {
    my ($response) = @_;

    return join "\n", (map { "$_->[0]: $_->[1]" }
                       grep { $_->[0] ne 'date' } @{ $response->{headers} }),
                      '', $response->body;
}


# a call and its answer

my @got = map {
    my $client = client($_);
    my $response = $client->exchange(call($_, '/app.Notes/Read'),
                                     "\0\0\0\0\5hello");
    $client->close;
    $response;
} $protected, $plain;

is($got[0]->status, 200, 'a call');
is(said($got[0]), said($got[1]), 'is the same for client and app');
is($got[0]->json->{body}, "\0\0\0\0\5hello", 'its message');
is($got[0]->header('grpc-status'), '0', 'its trailer');
is($got[0]->header('grpc-message'), 'fine', 'of two fields');

# messages in both directions, each before the next one

my @talks = map {
    my $client = client($_);
    my $stream = $client->begin(call($_, '/app.Notes/chat'));

    for my $word (qw(one two three)) {
        $client->send_data($stream, $word);
        like($client->body_until($stream, qr/$word\z/), qr/$word\z/,
             "$word comes back");
    }

    $client->send_data($stream, '', 1);

    my $response = $client->answer($stream);

    $client->close;
    $response;
} $protected, $plain;

is($talks[0]->body, 'onetwothree', 'a stream of messages');
is(said($talks[0]), said($talks[1]), 'is the same');
is($talks[0]->header('grpc-status'), '0', 'and has its trailer');

# no token: gRPC turns a 401 into UNAUTHENTICATED

my $client = client($protected);
my @anonymous = grep { $_->[0] ne 'authorization' }
    @{ call($protected, '/app.Notes/Read') };

is_refused($client->exchange(\@anonymous, "\0\0\0\0\5hello"), 401, '',
           'a call without a token');

my $stream = $client->begin(\@anonymous);

is_refused($client->answer($stream), 401, '', 'before there is a message');
is($client->exchange(call($protected, '/app.Notes/Read'), 'x')->status, 200,
   'the connection goes on');

# a client that closes its connection

$stream = $client->begin(call($protected, '/app.Notes/chat'));
$client->send_data($stream, 'word');
is($client->body_until($stream, qr/word/), 'word', 'a stream that is left');
$client->close;

$client = client($protected);
is($client->exchange(call($protected, '/app.Notes/Read'), 'x')->status, 200,
   'nginx goes on');
$client->close;

finish();
