#!/usr/bin/perl
#
# A token that somebody has sent to have it revoked is not left in the memory of
# the worker: not in the body of the request, as nginx has read it, and not in
# what the module has decoded.  While its body arrives, it is there.

use strict;
use warnings;
no warnings 'portable';      # addresses have 64 bits

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

use constant PIECE => 24;

my $as = issuer();

my $nginx = OAuth::Test::Nginx->new(AS => $as->url, workers => 1,
                                    conf => <<'EOT');
    oauth_revocation_store %%STORE%% size=8m;

    oauth_issuer as { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location = /revoke { oauth_revoke token; }
        location = /bad { oauth_revoke signals token; }
    }
EOT

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->start;

my $http = $nginx->http;
my ($worker) = $nginx->workers;

sub memory;

if (!defined memory()) {
    plan(skip_all => 'the memory of a worker cannot be read here');
}


# All that the worker may write to.

sub memory {
    my $memory = '';

    open my $maps, '<', "/proc/$worker/maps" or return undef;
    open my $in, '<:raw', "/proc/$worker/mem" or return undef;

    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw-p / or next;
        my $bytes;

        sysseek $in, hex $from, 0 or next;
        sysread $in, $bytes, hex($to) - hex $from or next;
        $memory .= $bytes;
    }

    return length $memory ? $memory : undef;
}


# How many copies there are of a piece of the token, of any.

sub copies {
    my ($token) = @_;

    my $memory = memory();
    my $copies = 0;

    for (my $at = 0; $at + PIECE < length $token; $at += PIECE) {
        my $piece = substr $token, $at, PIECE;
        my $n = () = $memory =~ /\Q$piece\E/g;

        $copies = $n if $n > $copies;
    }

    return $copies;
}


# The signature, which nothing but the token has in it.

sub signature { return $_[0] =~ s/.*\.//r }


for my $case (
    [ 'a short form', '/revoke', 200, sub { "token=$_[0]" } ],
    [ 'an encoded form', '/revoke', 200,
      sub { 'token=' . $_[0] =~ s/([._-])/sprintf '%%%02x', ord $1/ger } ],
    [ 'a long form', '/revoke', 200,
      sub { "token=$_[0]&x=" . 'x' x 4000 . "&y=$_[0]" } ],
    [ 'a form without a token', '/revoke', 400, sub { "t=$_[0]" } ],
) {
    my ($name, $path, $status, $form) = @$case;

    my $token = $as->token(sub => $name);
    my $body = $form->($token);

    my $bytes = $http->bytes('POST', $path,
        'Content-Type' => 'application/x-www-form-urlencoded',
        body => $body);
    my $last = chop $bytes;

    my $connection = $http->connect->send($bytes, 'POST');

    ok(wait_until(sub { copies(signature($token)) }),
       "$name: it is in memory while the body arrives");

    $connection->send($last, 'POST');
    is($connection->finish->status, $status, "$name: the answer");

    ok(wait_until(sub { copies(signature($token)) == 0 }),
       "$name: it is not in memory any more");
}

finish();
