#!/usr/bin/perl
#
# What the debug log says about a request (ngx_oauth_trace.c): each step with
# its result, waiting for keys, and one line with the verdict.  None of the
# module's lines has a piece of a token, a claim, or a header field of the
# client.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Build qw(nginx_path);

my $version = qx{'@{[nginx_path()]}' -V 2>&1};

plan(skip_all => 'nginx is built without --with-debug')
    unless $version =~ /--with-debug/;

use constant PIECE => 16;

my @steps = qw(uri token known issuer keys verify introspect
               revoked proof policy);
my $private = 'a-very-private-value';
my $sent = 'a-field-of-the-client';
my @fields = ('X-Custom' => "$sent-1", 'DPoP' => "$sent-2",
              'Cookie' => "session=$sent-3", 'User-Agent' => "$sent-4");

my $issuer = issuer();
my $late = issuer();
my $kid = $issuer->{keys}[0]->kid;
my $late_kid = $late->{keys}[0]->kid;
my @tokens;

$late->answer(jwks => hold => 'go');

my $locations = <<'EOT';
        location / {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /scope {
            oauth_scope special;
            error_page 403 /open;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /page {
            oauth_scope special;
            error_page 403 /;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /hidden {
            oauth_scope special;
            error_page 403 = /open;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /other {
            oauth_scope special;
            error_page 403 /least;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /least {
            oauth_require email nobody;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /any {
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /tried {
            try_files /nothing @app;
        }

        location @app {
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /old {
            rewrite ^ /new last;
        }

        location /asks {
            auth_request /asked;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }

        location /open {
            oauth off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my $conf = <<'EOT' . $locations;
    oauth_issuer corp { issuer %%AS%%; key_refetch 1h; }
    oauth_issuer late { issuer %%LATE%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp late;
        oauth_resource https://app.test;
        oauth_header X-User sub;
EOT

# The same, and claims are read: by the key of a limit, by a header field of the
# response, and by the log.

my $conf_read = <<'EOT' . $conf;
    map $oauth_claim_role $tier { default low; admin high; }
    limit_req_zone $tier zone=tier:1m rate=1000r/s;
    log_format said '$oauth_result $oauth_sub $tier';
    limit_req zone=tier burst=1000;
    add_header X-Tier $tier always;
EOT

$conf_read =~ s{(?=oauth corp late;)}
               {access_log %%DIR%%/access.log said;\n        };

my $plain = nginx($conf, AS => $issuer->url, LATE => $late->url,
                  log => 'debug');
my $reading = nginx($conf_read, AS => $issuer->url, LATE => $late->url,
                    log => 'debug');
my %verdicts;


# Makes a token of either issuer, with values that no line may show.

sub token {
    my ($from, %options) = @_;

    my $token = $from->mint(%options, claims => {
        sub => "$private-sub", name => "$private-name", role => 'admin',
        %{ $options{claims} || {} },
    });

    push @tokens, $token;

    return $token;
}


# The module's lines about requests since the mark, as pairs of the connection's
# number and the line.

sub traces {
    my ($nginx) = @_;

    my $event = qr/(?:issuer "\w+": )?the request (?:waits|goes on|was )/;

    return map { /\*(\d+) oauth: (step .*|$event.*)/
                 ? [ $1, $2 ] : () }
        $nginx->log_lines(qr/\[debug\]/);
}


# Sends a request, and returns its response and its lines, which have to end
# with these verdicts.

sub traced {
    my ($nginx, $verdicts, $path, %options) = @_;

    $nginx->mark;

    my $response = $nginx->http->get($path, @fields, %options);

    return ($response, after($nginx, $verdicts));
}


sub after {
    my ($nginx, $verdicts) = @_;

    wait_until(sub {
        return @$verdicts <= grep { $_->[1] =~ /\Athe request was/ }
            traces($nginx);
    });

    my @traces = traces($nginx);
    my $number = $traces[0][0] // 0;

    $verdicts{$nginx}{$number} = $verdicts;

    return map { $_->[1] } grep { $_->[0] == $number } @traces;
}


sub found { return "issuer \"$_[0]\", kid \"$_[1]\"" }

sub passed {
    my ($found, @names) = @_;

    return map { "step $_: passed, $found" } @names;
}


$_->wait_for_log(qr/issuer "corp": keys fetched/) for $plain, $reading;

is($plain->http->get('/open')->status, 200, 'an open location');
is_deeply([ traces($plain) ], [], 'nothing is said about its request');


# a request that is admitted

my $token = token($issuer);
my $nobody = found('', '');
my $known = found('corp', $kid);
my $admitted = "the request was admitted: ok, $known";

my ($response, @lines) = traced($plain, [ $admitted ], '/', token => $token);

is($response->status, 200, 'a good token');
is_deeply(\@lines, [ passed($nobody, qw(uri token known)),
                     passed($known, qw(issuer keys verify introspect
                                        revoked proof policy)),
                     $admitted ],
          'each step in its order, then the verdict');

($response, @lines) = traced($plain, [ $admitted ], '/', token => $token);

is_deeply(\@lines, [ passed($nobody, qw(uri token)),
                     passed($known, qw(known issuer keys verify introspect
                                        revoked proof policy)),
                     $admitted ],
          'the step known finds the token when it comes again');


# requests that are refused

sub refused { return "the request was refused: $_[0], $_[1]" }

my @refusals = (
    [ 'no_token', 'token', $nobody ],
    [ 'malformed_token', 'issuer', $nobody, token => 'abc' ],
    [ 'unknown_issuer', 'issuer', found('', $kid),
      token => token($issuer, claims => { iss => 'https://other.test' }) ],
    [ 'expired', 'verify', $known,
      token => token($issuer, claims => { exp => time - 999 }) ],
    [ 'wrong_audience', 'policy', $known,
      token => token($issuer, claims => { aud => 'https://other.test' }) ],
);

for my $refusal (@refusals) {
    my ($code, $step, $found, @request) = @$refusal;

    my $verdict = refused($code, $found);
    my ($answer, @said) = traced($plain, [ $verdict ], '/', @request);
    my ($last) = grep { $said[$_] =~ /\Astep $step: / } 0 .. $#said;

    is($answer->status, 401, "$code: refused");
    is_deeply([ map { (split / /)[1] =~ s/://r } grep { /\Astep/ } @said ],
              [ before($step), $step ], "$code: no step after $step");
    is($said[$last // 0], "step $step: $code, $found", "$code: by that step");
    is($said[-1], $verdict, "$code: and that is the verdict");
}


sub before {
    my ($step) = @_;

    my ($i) = grep { $steps[$_] eq $step } 0 .. $#steps;

    return @steps[0 .. $i - 1];
}


# a request that waits for keys and goes on

my $waiting = found('late', $late_kid);
my $late_admitted = "the request was admitted: ok, $waiting";

$plain->mark;

my $request = $plain->http->start('GET', '/', @fields,
                                  token => token($late));

ok($plain->wait_for_log(qr/the request waits for the end of a fetch/),
   'a request waits');
is((grep { $_->[1] =~ /goes on|was/ } traces($plain)), 0,
   'it does not go on, and has no verdict');

$reading->mark;

my $read_request = $reading->http->start('GET', '/', @fields,
                                         token => token($late));

ok($reading->wait_for_log(qr/the request waits for the end of a fetch/),
   'so does one whose claims are read before the access phase');

$late->raise_flag('go');

is($request->finish->status, 200, 'there are keys, it is admitted');

@lines = after($plain, [ $late_admitted ]);

is_deeply([ map { s/, .*//r } @lines ],
          [ (map { "step $_: passed" } @steps[0 .. 3]),
            'issuer "late": the request waits for the end of a fetch',
            'step keys: waits',
            'the request goes on', (map { "step $_: passed" } @steps),
            'the request was admitted: ok' ],
          'it waits once, goes on from the first step, and has one verdict');
like($lines[4], qr/, [1-9]\d* ms at most\z/, 'for a bounded time');
is($lines[-1], $late_admitted, 'who has signed it');

is($read_request->finish->status, 200, 'the other one is admitted, too');

@lines = after($reading, [ $late_admitted ]);

is((grep { /the request waits/ } @lines), 1, 'it waits once');
is((grep { /\Athe request goes on/ } @lines), 1, 'and goes on once');
is($lines[-1], $late_admitted, 'with one verdict at the end');


# one verdict, whatever happens on the way

my $with_scope = token($issuer, claims => { scope => 'special' });
my $no_scope = refused('insufficient_scope', $known);
my $let_in = "the request was let in by another module: no_token, $nobody";

my @ways = (
    [ 'a claim is read', '/', 200, [ $admitted ], token => $token ],
    [ 'a claim is read, and refused', '/', 401,
      [ refused('no_token', $nobody) ] ],
    [ 'error_page', '/scope', 403, [ $no_scope ], token => $token ],
    [ 'error_page that is not used', '/scope', 200, [ $admitted ],
      token => $with_scope ],
    [ 'error_page in a location that admits', '/page', 403, [ $no_scope ],
      token => $token ],
    [ 'error_page without the status', '/hidden', 200, [ $no_scope ],
      token => $token ],
    [ 'error_page that is refused for another reason', '/other', 403,
      [ $no_scope ], token => $token ],
    [ 'try_files', '/tried', 200, [ $admitted ], token => $token ],
    [ 'rewrite', '/old', 200, [ $admitted ], token => $token ],
    [ 'satisfy any', '/any', 200, [ $let_in ] ],
    [ 'satisfy any with a token', '/any', 200, [ $admitted ],
      token => $token ],
    [ 'a subrequest has one of its own', '/asks', 200,
      [ $admitted, $admitted ], token => $token ],
);

for my $way (@ways) {
    my ($name, $path, $status, $verdicts, %options) = @$way;

    for my $nginx ($plain, $reading) {
        my ($answer, @said) = traced($nginx, $verdicts, $path, %options);

        is($answer->status, $status, "$name: status");
        is_deeply([ grep { /\Athe request was/ } @said ], $verdicts,
                  "$name: the verdict");
    }
}


# a kid of the client's

my $hostile = qq{a"b\\c\r\n\e[31m } . 'k' x 900;
my $logged = 'a\x22b\x5Cc\x0D\x0A\x1B[31m\x20' . 'k' x 27 . '...';
my $verdict = refused('unknown_key', found('corp', $logged));

my ($answer, @said) = traced($plain, [ $verdict ], '/', token => token($issuer,
    key => key('ES256'), header => { kid => $hostile }));

is($answer->status, 401, 'a key id that nobody knows');
is($said[-1], $verdict, 'it is escaped, and cut at 64 bytes');


# all requests together

for my $nginx ($plain, $reading) {

    ok($nginx->stop, 'nginx ends');

    $nginx->{mark} = 0;

    my %got;

    push @{ $got{ $_->[0] } }, $_->[1]
        for grep { $_->[1] =~ /\Athe request was/ } traces($nginx);

    is_deeply(\%got, $verdicts{$nginx}, 'each request has one verdict');
}

like($reading->read_file('access.log'), qr/^ok $private-sub high$/m,
     'the variables were read');


# secrets

my $all = join '', map { $_->log } $plain, $reading;
my $own = join "\n", map { grep { /oauth: / } split /\n/, $_->log }
    $plain, $reading;

my %pieces;

for my $part (map { split /\./ } @tokens) {
    $pieces{ substr $part, $_, PIECE } = 1 for 0 .. length($part) - PIECE;
}


# Returns the pieces of tokens in a text.

sub pieces_in {
    my ($text) = @_;

    my %found;

    for my $run ($text =~ /[A-Za-z0-9_-]{${\PIECE},}/g) {
        for my $i (0 .. length($run) - PIECE) {
            my $piece = substr $run, $i, PIECE;
            $found{$piece} = 1 if $pieces{$piece};
        }
    }

    return sort keys %found;
}


cmp_ok(scalar(@tokens), '>=', 8, 'many tokens were sent');
my @pieces = pieces_in($all);

ok(scalar(@pieces), 'nginx itself logs pieces of them');
is_deeply([ pieces_in($own) ], [], 'the module logs none');
like($all, qr/\Q$sent-$_\E/, "nginx logs header field $_") for 1 .. 4;
unlike($own, qr/\Q$sent\E/, 'the module logs none');
unlike($own, qr/\Q$private\E/, 'and no claim');
like($own, qr/kid "\Q$kid\E"/, 'it logs the key id');


# levels

my $quiet = nginx($conf, AS => $issuer->url, LATE => $late->url);

is($quiet->http->get('/')->status, 401, 'at the level info');
is_deeply([ $quiet->log_lines(qr/\[debug\]/) ], [], 'there is no such line');

my $chosen = nginx($conf, AS => $issuer->url, LATE => $late->url,
                   connections => '1024; debug_connection 127.0.0.1');

is($chosen->http->get('/')->status, 401, 'with debug_connection');
ok($chosen->wait_for_log(qr/oauth: the request was refused: no_token/),
   'its connections have such lines');

finish();
