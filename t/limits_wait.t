#!/usr/bin/perl
#
# The limits of docs/identity.md for requests that wait: for the keys of the
# issuer, for a new key, or for the answer about an opaque token.  Each counts
# when the wait is over, and once.  And how many questions random credentials
# can cause.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Limits qw(
    APP CLIENT http introspecting new_address opaque_rules page pending rates
    said send_all start_all
);


# How many requests of an address the page lets through to the server that asks.

use constant QUESTIONS => 41;

check_cold();
check_new_key();
check_opaque();
check_outage();
check_questions();

finish();


# The keys are being fetched.

sub check_cold {
    my $late = issuer(aud => APP);

    $late->answer(jwks => hold => 'go');

    my $nginx = rates(issuer => $late, workers => 2);
    my @one = (client_id => 'one', sub => 'ann', scope => 'wiki:read');
    my $one = $late->token(@one);
    my @few = (client_id => 'few', sub => 'bob', scope => 'wiki:read');
    my $few = $late->token(@few);
    my @waiting = ((map { start_all($nginx, 1, token => $one) } 1 .. 30),
                   (map { start_all($nginx, 1, token => $few) } 1 .. CLIENT));

    ok(wait_until(sub { pending($nginx) == @waiting }), 'cold: all wait');
    is(send_all($nginx, 1), '401 x 1', 'cold: without a token nobody waits');
    is(pending($nginx), scalar @waiting, 'cold: nobody has an answer');
    $late->raise_flag('go');

    my @answers = finish_all(@waiting);

    is(said(@answers[0 .. 29]), '200 x 21, 429 x 9',
       'cold: each counts, and none twice');
    is(said(@answers[30 .. $#answers]), '200 x 21', 'cold: another client');
    is(send_all($nginx, 1, token => $late->token(@few)), '429 x 1',
       'cold: which is at its limit now');
    is(send_all($nginx, 1, token => $late->token(@one)), '429 x 1',
       'cold: and so is the first, with another token');

    return;
}


# The token is by a key that nginx does not have yet.

sub check_new_key {
    my $turning = issuer(aud => APP);
    my $nginx = rates(issuer => $turning, of_issuer => 'key_refetch 1s;');
    my @claims = (client_id => 'one', sub => 'ann', scope => 'wiki:read');

    is(send_all($nginx, 1, token => $turning->token(@claims)), '200 x 1',
       'new key: the old one works');

    my $fetched = $turning->count('jwks');

    $turning->answer(jwks => hold => 'turned');
    $turning->keys(key('ES256'));

    my $token = $turning->token(@claims, client_id => 'two', sub => 'bob');

    # Requests that come before key_refetch has passed are refused.

    my $asked = wait_until(sub {
        my ($first) = start_all($nginx, 1, token => $token,
                                'X-Address' => new_address());

        wait_until(sub { $turning->count('jwks') > $fetched }, 0.5)
            and return $first;
        $first->close;
        return;
    }, 10);

    ok($asked, 'new key: one waits for it');

    my @waiting = ($asked, start_all($nginx, 29, token => $token));

    ok(wait_until(sub { pending($nginx) == 30 }), 'new key: all wait');
    $turning->raise_flag('turned');
    is(said(finish_all(@waiting)), '200 x 21, 429 x 9',
       'new key: each counts, and none twice');

    return;
}


# An opaque token, about which nginx asks.

sub check_opaque {
    my $asked = introspecting();
    my $nginx = rates(issuer => $asked, of_issuer => opaque_rules());

    for ([ 'good', { client_id => 'one', sub => 'ann', scope => 'wiki:read' },
           '200 x 21, 429 x 9', '429 x 1' ],
         [ 'ended', undef, '401 x 21, 429 x 9', '429 x 1' ])
    {
        my ($token, $members, $all, $next) = @$_;

        $members->{aud} = APP if $members;
        $asked->opaque($token, $members);
        $asked->answer(introspect => hold => "go-$token");

        my @waiting = start_all($nginx, 30, token => $token);

        ok(wait_until(sub { pending($nginx) == 30 }), "$token: all wait");
        $asked->raise_flag("go-$token");
        is(said(finish_all(@waiting)), $all,
           "$token: each counts, and none twice");
        is(send_all($nginx, 1, token => $token), $next, "$token: and the next");
        is(scalar(grep { $_->{token} eq $token } $asked->questions), 1,
           "$token: after one question");
    }

    return;
}


# Nobody can say whether a token is good.

sub check_outage {
    my $down = introspecting();
    my $nginx = rates(issuer => $down, of_issuer => opaque_rules());
    my %good = (aud => APP, client_id => 'one', sub => 'ann',
                scope => 'wiki:read');

    $down->opaque('good', \%good);
    $down->answer(introspect => status => 500);
    is(send_all($nginx, 30, token => 'good'), '429 x 9, 503 x 21',
       'outage: the address counts');
    $down->normal;
    $down->metadata(introspection_endpoint => $down->url . '/introspect');

    my $back;

    wait_until(sub {
        $back = said(http($nginx)->get('/', token => 'good', 'X-Address' =>
                                       new_address()));
        return $back ne '503 x 1';
    }, 10);

    is($back, '200 x 1', 'outage: it is over');
    is(send_all($nginx, CLIENT, token => 'good'), '200 x 20, 429 x 1',
       'outage: the client had not used up anything');

    return;
}


# Random credentials, and an issuer that nginx asks about each of them.

sub check_questions {
    my $section = 'With introspection, and with an audit log';
    my $asked = introspecting();
    my $nginx = page($section, issuer => $asked);
    my $random = sub {
        my ($address, $count) = @_;

        return map { http($nginx)->start('GET', '/', token =>
                     "random-$address-$_", 'X-Address' => $address) }
                   1 .. $count;
    };

    $asked->opaque('good', { aud => APP, client_id => 'one', sub => 'ann',
                             scope => 'wiki:read' });
    is(send_all($nginx, CLIENT + 1, token => 'good', 'X-Address' =>
                new_address()), '200 x 21, 429 x 1', 'the limit of a client');

    my $before = () = $asked->questions;

    is(said(finish_all($random->(new_address(), 60))), '401 x 41, 429 x 19',
       'random credentials');
    is(() = $asked->questions, $before + QUESTIONS,
       'no question above the limit');
    is(http($nginx)->get('/.well-known/oauth-protected-resource')
       ->json->{resource}, APP, 'the metadata');

    # Control: the inner server alone.  Its limit comes after the question.

    my $alone = rates(issuer => $asked, of_issuer => opaque_rules());

    $before = () = $asked->questions;
    $nginx = $alone;
    is(said(finish_all($random->(new_address(), 60))), '401 x 21, 429 x 39',
       'control: one server');
    is(() = $asked->questions, $before + 60, 'a question about each of them');

    return;
}
