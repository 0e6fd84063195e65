#!/usr/bin/perl
#
# Revocation by what an authorization server has signed: signals (RFC 8935) and
# logout tokens (OpenID Connect Back-Channel Logout 1.0).  Each refusal stands
# next to an accepted message that differs in one thing, and revokes nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

my $as = issuer();
my $other = issuer();
my $dead = issuer();
my $upstream = upstream();

my $conf = <<'EOT';
    oauth_revocation_store %%STORE%% size=8m;

    oauth_issuer as { issuer %%AS%%; key_refetch 1s; }
    oauth_issuer other { issuer %%OTHER%%; }
    oauth_issuer dead { issuer %%DEAD%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth as other;
            oauth_resource https://app.test;
            proxy_pass http://127.0.0.1:%%UP%%;
        }

        location = /events {
            oauth_revoke signals logout token;
            oauth_revocation_audience https://app.test/events app;
        }

        location = /named { oauth_revoke logout; }
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name inner.test;

        oauth_revocation_audience https://rx.test;

        location = /inherits { oauth_revoke signals; }
        location = /cancels {
            oauth_revoke signals;
            oauth_revocation_audience off;
        }
    }
EOT

my $nginx = OAuth::Test::Nginx->new(conf => $conf, AS => $as->url,
    OTHER => $other->url, DEAD => $dead->url, UP => $upstream->port, workers => 2);

$dead->answer(jwks => status => 500);

$nginx->{STORE} = $nginx->make_folder('store');
$nginx->start;

my $http = $nginx->http;
my $logout = 'http://schemas.openid.net/event/backchannel-logout';
my $caep = 'https://schemas.openid.net/secevent/caep/event-type';
my $risc = 'https://schemas.openid.net/secevent/risc/event-type';
my $ssf = 'https://schemas.openid.net/secevent/ssf/event-type';
my $number = 0;


sub status {
    my ($token) = @_;

    return $http->get('/', token => $token)->status;
}


sub old { return (iat => time - 1000, exp => time + 600) }


sub signed {
    my ($type, $claims, %options) = @_;

    my $issuer = delete $options{issuer} // $as;

    return $issuer->mint(header => { typ => $type },
        claims => { aud => 'app', exp => undef, scope => undef,
                    client_id => undef, sub => undef, %$claims }, %options);
}


sub send_logout {
    my ($token, $path) = @_;

    return $http->request('POST', $path // '/events',
        'Content-Type' => 'application/x-www-form-urlencoded',
        body => "logout_token=$token");
}


sub send_signal {
    my ($token) = @_;

    return $http->request('POST', '/events',
                          'Content-Type' => 'application/secevent+jwt',
                          body => $token);
}


# A logout token for a new subject and session, and a token of each.

sub logout_token {
    my ($claims, %options) = @_;

    return signed($options{typ} // 'logout+jwt',
                  { events => { $logout => {} }, %$claims }, %options);
}


# logout tokens: by sub, by sid, by both

{
    my ($by_sub, $twin) = map { $as->token(old(), sub => $_) } 'anna', 'berta';

    is(status($_), 200, 'logout by sub: good before') for $by_sub, $twin;

    my $response = send_logout(logout_token({ sub => 'anna' }));

    is($response->status, 200, 'logout by sub: accepted');
    is($response->header('Cache-Control'), 'no-store', 'and not to be kept');
    is(status($by_sub), 401, 'logout by sub: the token is revoked');
    is(status($twin), 200, 'logout by sub: another is good');

    my ($by_sid, $same) = map { $as->token(old(), sub => 'carl', sid => $_) }
                          's1', 's2';

    is(send_logout(logout_token({ sid => 's1' }))->status, 200,
       'logout by sid: accepted');
    is(status($by_sid), 401, 'logout by sid: the token is revoked');
    is(status($same), 200, 'logout by sid: another session is good');

    my ($here, $there) = map { $as->token(old(), sub => 'dora', sid => $_) }
                         's3', 's4';

    is(send_logout(logout_token({ sid => 's3', sub => 'dora' },
                                typ => 'JWT'))->status, 200,
       'logout by both, with another typ: accepted');
    is(status($here), 401, 'logout by both: the session is revoked');
    is(status($there), 200, 'logout by both: another session is good');

    is(send_logout(logout_token({ sub => 'emil',
                                  aud => 'http://app.test:'
                                         . $nginx->port('main') . '/named' }),
                   '/named')->status, 200,
       'the audience is the URL of the location, unless it says otherwise');
}


# refused logout tokens

for my $case (
    [ 'an access token', sub { $as->token(sub => $_[0], aud => 'app') } ],
    [ 'typ at+jwt', sub { logout_token({ sub => $_[0] }, typ => 'at+jwt') } ],
    [ 'typ secevent+jwt',
      sub { logout_token({ sub => $_[0] }, typ => 'secevent+jwt') } ],
    [ 'a nonce', sub { logout_token({ sub => $_[0], nonce => 'n' }) } ],
    [ 'neither sub nor sid', sub { logout_token({}) } ],
    [ 'other events', sub { logout_token({ sub => $_[0],
                                           events => { 'urn:x' => {} } }) } ],
    [ 'no events', sub { logout_token({ sub => $_[0], events => undef }) } ],
    [ 'another audience', sub { logout_token({ sub => $_[0],
                                               aud => 'apps' }) } ],
    [ 'no jti', sub { logout_token({ sub => $_[0], jti => undef }) } ],
    [ 'no iat', sub { logout_token({ sub => $_[0], iat => undef }) } ],
    [ 'iat in the future', sub { logout_token({ sub => $_[0],
                                                iat => time + 600 }) } ],
    [ 'iat long ago', sub { logout_token({ sub => $_[0],
                                           iat => time - 3600 }) } ],
    [ 'it has expired', sub { logout_token({ sub => $_[0],
                                             exp => time - 600 }) } ],
    [ 'the key of another issuer',
      sub { logout_token({ sub => $_[0] }, key => $other->{keys}[0]) } ],
    [ 'a changed signature',
      sub { logout_token({ sub => $_[0] }) =~ s/\.[^.]*\z/.AAAA/r } ],
    [ 'an unknown issuer', sub { logout_token({ sub => $_[0],
                                                iss => 'https://no.test' }) } ],
    [ 'nonsense', sub { 'nonsense' } ],
) {
    my ($name, $make) = @$case;

    my $sub = 'logout-' . ++$number;
    my $token = $as->token(old(), sub => $sub);
    my $response = send_logout($make->($sub));

    is($response->status, 400, "logout token: $name: refused");
    is($response->json->{error} ? 1 : 0, 1, "logout token: $name: an error");
    is(status($token), 200, "logout token: $name: nothing is revoked");

    is(send_logout(logout_token({ sub => $sub }))->status, 200,
       "logout token: $name: a good one is accepted");
    is(status($token), 401, "logout token: $name: and revokes");
}

{
    my $message = logout_token({ sub => 'frida' });

    is(send_logout($message)->status, 200, 'a logout token');
    is(send_logout($message)->status, 400, 'the same again: refused');
}


# signals

sub signal {
    my ($events, $claims, %options) = @_;

    return signed($options{typ} // 'secevent+jwt',
                  { events => $events, %{ $claims || {} } }, %options);
}


sub subject { return { format => 'iss_sub', iss => $as->url, sub => $_[0] } }

for my $event ("$caep/session-revoked", "$caep/credential-change",
               "$risc/account-disabled", "$risc/account-purged",
               "$risc/credential-compromise")
{
    my ($name) = $event =~ m{([^/]+)\z};
    my $sub = 'signal-' . ++$number;
    my ($token, $twin) = map { $as->token(old(), sub => $_) } $sub, "$sub-b";
    my $response = send_signal(signal({ $event => {} },
                                      { sub_id => subject($sub) }));

    is($response->status, 202, "$name: accepted");
    is($response->body, '', "$name: without a body");
    is(status($token), 401, "$name: the token is revoked");
    is(status($twin), 200, "$name: another is good");
}

{
    my $token = $as->token(old(), sub => 'gustav', email => 'g@x.test');
    my $twin = $as->token(old(), sub => 'gustav', email => 'h@x.test');

    is(send_signal(signal({ "$risc/account-disabled" => {} },
                          { sub_id => { format => 'email',
                                        email => 'g@x.test' } }))->status, 202,
       'by e-mail address: accepted');
    is(status($token), 401, 'by e-mail address: revoked');
    is(status($twin), 200, 'by e-mail address: another is good');

    $token = $as->token(old(), sub => 'hanna');
    is(send_signal(signal({ "$caep/session-revoked" => {
           subject => { format => 'opaque', id => 'hanna' } } }))->status, 202,
       'the subject in the event, opaque: accepted');
    is(status($token), 401, 'the subject in the event, opaque: revoked');
}


# signals without effect

{
    my $sub = 'none';
    my $token = $as->token(old(), sub => $sub);

    is(send_signal(signal({ "$ssf/verification" => { state => 'x' } },
                          { sub_id => subject($sub) }))->status, 202,
       'verification: accepted');
    is(send_signal(signal({ 'urn:unknown' => {} },
                          { sub_id => subject($sub) }))->status, 202,
       'an unknown event: accepted');
    is(status($token), 200, 'neither revokes');

    my $message = signal({ "$caep/session-revoked" => {} },
                         { sub_id => subject('replayed') });

    is(send_signal($message)->status, 202, 'a signal');
    $nginx->mark;
    is(send_signal($message)->status, 202, 'the same again: accepted');
    ok(scalar($nginx->wait_for_log(qr/was accepted before/)),
       'the same again: without effect');
}


# refused signals

for my $case (
    [ 'invalid_request', 'an access token',
      sub { $as->token(sub => $_[0], aud => 'app') } ],
    [ 'invalid_request', 'typ JWT',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => subject($_[0]) }, typ => 'JWT') } ],
    [ 'invalid_audience', 'another audience',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => subject($_[0]), aud => 'x' }) } ],
    [ 'invalid_issuer', 'an unknown issuer',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => subject($_[0]), iss => 'https://no.test' }) } ],
    [ 'invalid_key', 'the key of another issuer',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => subject($_[0]) },
                   key => $other->{keys}[0]) } ],
    [ 'invalid_request', 'the subject of another issuer',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => { format => 'iss_sub', iss => $other->url,
                                 sub => $_[0] } }) } ],
    [ 'invalid_request', 'no subject',
      sub { signal({ "$caep/session-revoked" => {} }) } ],
    [ 'invalid_request', 'no jti',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => subject($_[0]), jti => undef }) } ],
    [ 'invalid_request', 'an unknown format',
      sub { signal({ "$caep/session-revoked" => {} },
                   { sub_id => { format => 'did', url => 'x' } }) } ],
) {
    my ($code, $name, $make) = @$case;

    my $sub = 'refused-' . ++$number;
    my $token = $as->token(old(), sub => $sub);
    my $response = send_signal($make->($sub));

    is($response->status, 400, "signal: $name: refused");
    like($response->json->{err} // '',
         $code eq 'invalid_key' ? qr/\A(?:invalid_key|authentication_failed)\z/
                                : qr/\A\Q$code\E\z/,
         "signal: $name: the code");
    like($response->json->{description}, qr/\w/, "signal: $name: a sentence");
    is(status($token), 200, "signal: $name: nothing is revoked");

    is(send_signal(signal({ "$caep/session-revoked" => {} },
                          { sub_id => subject($sub) }))->status, 202,
       "signal: $name: a good one is accepted");
    is(status($token), 401, "signal: $name: and revokes");
}


# the audience: inherited from the server, and cancelled

{
    my $url = 'http://inner.test:' . $nginx->port('main');

    for my $case (
        [ '/inherits', 'https://rx.test', 202 ],
        [ '/inherits', "$url/inherits", 400 ],
        [ '/cancels', 'https://rx.test', 400 ],
        [ '/cancels', "$url/cancels", 202 ],
        [ '/cancels', 'off', 400 ],
    ) {
        my ($path, $audience, $status) = @$case;

        my $message = signal({ "$caep/session-revoked" => {} },
                             { sub_id => subject('lea'), aud => $audience });

        is($http->request('POST', $path, Host => 'inner.test',
                          'Content-Type' => 'application/secevent+jwt',
                          body => $message)->status, $status,
           "audience: $path: " . $audience =~ s/:\d+//r);
    }
}


# a key that nginx has not fetched yet, and a message as an access token

{
    my $key = key('ES256');

    $as->keys($key, @{ $as->{keys} });

    ok(wait_until(sub {
           send_logout(logout_token({ sub => 'ida' }, key => $key))->status
               == 200
       }), 'a new key is fetched');

    my $message = logout_token({ sub => 'jonas', aud => 'https://app.test',
                                 exp => time + 300 }, typ => 'JWT');
    is(status($message), 401, 'a logout token is no access token');
}


# an issuer without keys

{
    my $response = send_logout(logout_token({ sub => 'karl' },
                                            issuer => $dead));

    is($response->status, 503, 'an issuer without keys');
    is($response->header('Retry-After'), 5, 'an issuer without keys: later');
    is(send_logout(logout_token({ sub => 'karl' }))->status, 200,
       'an issuer with keys');
}

finish();
