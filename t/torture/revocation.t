#!/usr/bin/perl
#
# Revocation, where every allocation of each request fails once.  Nothing that
# was answered with 2xx is missing from the store, no token that is revoked is
# let in, and no worker is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP qw(encode_json);

use OAuth::Test;
use OAuth::Test::Token qw(mint);
use OAuth::Test::Torture;

my $issuer = 'https://corp.test';
my $key = key('ES256');
my %claims = (iss => $issuer);
my $good = mint(key => $key, claims => \%claims);

my $torture = OAuth::Test::Torture->new(keys => [ $key ], token => $good,
                                        log => 'info', conf => <<'EOT');
    oauth_cache 0;
    oauth_revocation_store %%DIR%%/store size=64m;

    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_header X-User sub;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location = /events {
            oauth_revoke token signals logout admin audit=plain;
            oauth_revocation_audience app;
        }
    }
EOT

my $nginx = $torture->nginx;

$nginx->make_folder('store');
$torture->start;

my $number = 0;
my $subject;


sub post {
    my ($type, $body) = @_;

    return (POST => '/events', 'Content-Type' => $type, body => $body);
}


sub event {
    my ($typ, $events, %more) = @_;

    return mint(key => $key, header => { typ => $typ },
                claims => { %claims, aud => 'app', exp => undef, sub => undef,
                            scope => undef, client_id => undef,
                            events => $events, %more });
}


# Each attempt is about a new subject, so that an entry of it can be looked for.

sub name { return $subject = 'user-' . ++$number }

my $form = 'application/x-www-form-urlencoded';
my $logout = 'http://schemas.openid.net/event/backchannel-logout';
my $session = 'https://schemas.openid.net/secevent/caep/event-type/'
              . 'session-revoked';

# name, request, status, what asks for the entry; undef: there is none

my @script = (
    [ 'a record', sub {
        post('application/json',
             encode_json({ issuer => $issuer, subject => name(),
                           reason => 'torture' })) }, 204,
      sub { "subject=$subject" } ],
    [ 'an array', sub {
        post('application/json', encode_json([
            map { { issuer => $issuer, subject => name() } } 1 .. 8 ])) }, 204,
      sub { "subject=$subject" } ],
    [ 'a bad record', sub {
        post('application/json', encode_json({ issuer => $issuer,
                                               user => name() })) }, 400 ],
    [ 'a question', sub { GET => '/events?issuer=https://corp.test&subject='
                                 . 'nobody' }, 404 ],
    [ 'a token of its holder', sub {
        post($form, 'token=' . mint(key => $key, claims => {
            %claims, jti => name() })) }, 200,
      sub { "token_id=$subject" } ],
    [ 'a token without jti', sub {
        post($form, 'token=' . mint(key => $key, claims => {
            %claims, jti => undef, sub => name() })) }, 200 ],
    [ 'a logout token', sub {
        post($form, 'logout_token=' . event('logout+jwt', { $logout => {} },
                                            sub => name())) }, 200,
      sub { "subject=$subject" } ],
    [ 'a signal', sub {
        post('application/secevent+jwt',
             event('secevent+jwt', { $session => {} },
                   sub_id => { format => 'iss_sub', iss => $issuer,
                               sub => name() })) }, 202,
      sub { "subject=$subject" } ],
    [ 'a forged signal', sub {
        post('application/secevent+jwt',
             event('secevent+jwt', { $session => {} },
                   sub_id => { format => 'iss_sub', iss => $issuer,
                               sub => name() }) =~ s/\.[^.]*\z/.AAAA/r) },
      400 ],
);

my $revoked = mint(key => $key, claims => { %claims, sub => 'mallory' });


sub judge {
    my ($response, $status, $asks) = @_;

    my $got = $response->status;

    if ($got == $status) {

        return unless $asks;

        my $there = $nginx->http->get("/events?issuer=$issuer&"
                                      . $asks->())->status;

        return $there == 200 ? () : "$got, and asked for it: $there";
    }

    return if $got == 500 || $got == 503
              || (!$got && $response->error ne 'timed out');

    return "$got, " . $response->error;
}


sub check {
    my ($name, $attempt, $status, $asks) = @_;

    my $try = sub {
        return $torture->finish($nginx->http->start($attempt->()));
    };

    is($try->()->status, $status, "$name: $status");

    my ($count, @wrong) = $torture->each_allocation(
        attempt => $try, judge => sub { judge($_[0], $status, $asks) });

    is_deeply(\@wrong, [], "$name: each of $count allocations");

    return;
}


check(@$_) for @script;

# A token that is revoked is refused.

is($nginx->http->request(post('application/json', encode_json({
       issuer => $issuer, subject => 'mallory' })))->status, 204,
   'a subject is revoked');
check('a revoked token', sub { GET => '/', token => $revoked }, 401);

is($nginx->log_lines(qr/worker process \d+ exited/), 0, 'one worker');
finish();
