#!/usr/bin/perl
#
# Callgrind counts what the module does for one request.  The counts are the
# same on a busy machine as on an idle one, and none may exceed its limit in
# budget.txt.  A known token must need no parsing and no key, also where the app
# gets an assertion, where there is a store of revocations, and if the token is
# opaque; with a DPoP proof it must need one signature, of the proof, and no new
# key; a new token must need one signature, and jansson for nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP qw(encode_json);
use POSIX qw(uname);

use OAuth::Test;
use OAuth::Test::Assertion qw(make_key);
use OAuth::Test::Build qw(module_path);
use OAuth::Test::Callgrind;
use OAuth::Test::Proof qw(proof_fields thumbprint);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint remember_token);
use OAuth::Test::Valgrind qw(has_valgrind);

use constant {
    REQUESTS => 50,
    SLACK    => 1.05,
    KNOWN    => 0.25,           # of what a new token costs beside libraries
    ASSERTED => 0.03,           # of what nginx does for a known token
    REVOKING => 1.05,           # times a known token without a store
    OPAQUE   => 1.05,           # times a known token that is a JWT
    PROVED   => 1.2,            # times what nginx does for a known token and
                                # for one signature
    ENTRIES  => 500,            # of the store
    BUDGET   => "$FindBin::Bin/budget.txt",
};

my $module = slurp(module_path());

plan(skip_all => 'valgrind is not installed')
    unless has_valgrind();
plan(skip_all => 'nginx is built for valgrind, its pools cost more')
    if ($ENV{OAUTH_MODE} // '') eq 'valgrind';
plan(skip_all => 'the module is instrumented by the compiler')
    if $module =~ /__(?:asan|ubsan|tsan|gcov)_/;

my %keys = map { $_ => key($_) } qw(RS256 ES256);
my $as = issuer();
my %nginx = (main => start(conf()), more => start(more()),
             revoking => start(revoking()));
my %profiles = map { $_ => 0 } keys %nginx;
my %worker;                     # the worker's instructions, for each request
my $known = token('RS256');
my $bound = token('RS256', cnf => { jkt => thumbprint($keys{ES256}) });
my $opaque = $as->opaque('opaque-' x (length($known) / 7), {
    sub => 'alice', scope => 'read', aud => 'https://app.test',
    email => 'alice@example.com', groups => groups(), exp => time + 3000,
});
my $forged = remember_token($known =~ s/.*\.\K(.)/$1 eq 'A' ? 'B' : 'A'/er);

# Name, status, what returns the header fields; which nginx, and which server of
# it, if they are not "main".

my @requests = (
    [ 'known token',   200, sub { token => $known } ],
    [ 'known token, assertion', 200, sub { token => $known },
      'main', 'asserted' ],
    [ 'known token, revocation store', 200, sub { token => $known },
      'revoking' ],
    [ 'known token, opaque', 200, sub { token => $opaque }, 'more' ],
    [ 'known token, DPoP proof', 200, \&proved, 'more', 'bound' ],
    [ 'new token, RS256', 200, sub { token => token('RS256') } ],
    [ 'new token, ES256', 200, sub { token => token('ES256') } ],
    [ 'no token',      401, sub { () } ],
    [ 'bad signature', 401, sub { token => $forged } ],
    [ 'refused claim', 401, sub { token => token('RS256',
                                                 exp => time - 3600) } ],
);

revoke();
wait_for_issuer();

my %calls = map { $_->[0] => [ profile(@$_) ] } @requests;
my %counts = map { $_ => [ instructions(@{ $calls{$_} }),
                           library_calls($_, qr/.*/, qr/.*/) ] } keys %calls;

works();
ratios();

if (@ARGV && $ARGV[0] eq '--record') {
    record();
} else {
    within();
}

finish();


# --- the worker under callgrind --------------------------------------------

# Without these tunables the C library chooses a memcpy for the CPU at hand, and
# the counts would differ from machine to machine.

sub start {
    my ($conf) = @_;

    my $watched = OAuth::Test::Nginx->new(
        conf => $conf, log => 'error', AS => $as->url, valgrind => [
            qw(--tool=callgrind --dump-before=ngx_reopen_files),
            '--callgrind-out-file=%%DIR%%/profile.%p',
            '--log-file=%%DIR%%/valgrind.%p',
        ],
        main => 'user root;',       # may write logs and profiles
        env => { GLIBC_TUNABLES => 'glibc.cpu.hwcaps='
                                  . '-AVX2,-AVX_Fast_Unaligned_Load,-ERMS' });

    $watched->make_folder('store');
    make_key($watched->dir . '/key.pem');
    $watched->write_file('html/page', 'page');
    $watched->write_file('keys', encode_json({
        keys => [ map { $_->jwk } @keys{qw(RS256 ES256)} ]
    }));

    return $watched->start;
}


sub conf {
    return corp() . server('main', 'oauth corp')
        . server('asserted', 'oauth corp', 'oauth_assertion_key key.pem',
                 'oauth_assertion X-Assertion ttl=1h');
}


# What the first nginx does not have: an issuer of opaque tokens, and DPoP.

sub more {
    return corp() . <<'EOT' . server('main', 'oauth opaque')
    oauth_issuer opaque {
        issuer %%AS%%;
        introspect opaque;
        introspection_endpoint %%AS%%/introspect;
        introspection_cache 10m;
        client_auth none;
    }
EOT
        . server('bound', 'oauth corp', 'oauth_dpop required');
}


sub corp {
    return <<'EOT';
    oauth_issuer corp {
        issuer https://as.test;
        jwks_file %%DIR%%/keys;
    }
EOT
}


# A server, and the directives by which it differs from the others.

sub server {
    my ($name, @directives) = @_;

    my $directives = join "\n        ", map { "$_;" } @directives;

    return <<"EOT";
    server {
        listen 127.0.0.1:%%PORT_$name%%;
        server_name app.test;
        $directives

        location / {
            oauth_resource https://app.test;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_header X-Email email;
            oauth_header X-Groups groups;
        }
    }
EOT
}


# The first nginx with a store.

sub revoking {
    return 'oauth_revocation_store %%DIR%%/store size=32m;' . conf() . <<'EOT';
    server {
        listen 127.0.0.1:%%PORT_admin%%;
        server_name admin.test;
        location = /admin { oauth_revoke admin; }
    }
EOT
}


sub revoke {
    my $revoker = OAuth::Test::Revoker->new(
        port => $nginx{revoking}->port('admin'), issuer => 'https://as.test');

    is($revoker->revoke(map { { subject => "user-$_" } } 1 .. ENTRIES), 204,
       ENTRIES . ' entries in the store');

    return;
}


sub wait_for_issuer {
    my $http = $nginx{more}->http('main', timeout => 30);

    ok(wait_until(sub { $http->get('/page', token => $opaque)->status == 200 },
                  30), 'the issuer has said what the opaque token is');

    return;
}


# A token of about 1 KB.

sub token {
    my ($alg, @more) = @_;

    return mint(key => $keys{$alg}, claims => {
        iss => 'https://as.test', email => 'alice@example.com',
        groups => groups(), @more,
    });
}


sub groups { return [ map { "wiki-editors-$_" } 10 .. 22 ] }


# The bound token, and a proof that nobody has used.

sub proved {
    return proof_fields(key => $keys{ES256}, token => $bound,
                        url => 'https://app.test/page');
}


# Returns the calls that this many requests make.  One request goes before them
# and is not counted.

sub profile {
    my ($name, $status, $fields, $nginx, $server) = @_;

    $nginx //= 'main';

    my @fields = map { [ $fields->() ] } 0 .. REQUESTS;
    my $http = $nginx{$nginx}->http($server // 'main', timeout => 30);
    my $wrong = 0;

    for my $i (0 .. REQUESTS) {
        cut($nginx) if $i == 1;

        $wrong++ unless $http->get('/page', @{ $fields[$i] })->status
                        == $status;
    }

    is($wrong, 0, "$name: $status");

    my $profile = cut($nginx);

    $worker{$name} = OAuth::Test::Callgrind->total($profile) / REQUESTS;

    return OAuth::Test::Callgrind->calls($profile);
}


# A worker that reopens its logs begins a new profile.  If the signal comes just
# before the worker waits for events, the worker notices it only at the next
# event: a new connection is one.

sub cut {
    my ($which) = @_;

    my $nginx = $nginx{$which};
    my ($worker) = $nginx->workers;
    my $name = "profile.$worker." . ++$profiles{$which};

    kill USR1 => $worker;

    wait_until(sub {
        $nginx->http->connect->close;
        return OAuth::Test::Callgrind->is_complete($nginx->read_file($name));
    }, 20) or die "no $name\n";

    return $nginx->read_file($name);
}


# --- what is counted -------------------------------------------------------

# The instructions of one request: everything that nginx calls the module for.
# Two things are not counted: what the module hands on to the next filter, and
# what it calls in libraries, because that depends on the CPU, on a random seed
# and on the state of the heap.

sub instructions {
    my (@made) = @_;

    my $sum = 0;

    for my $call (@made) {
        $sum += $call->{instructions} if enters($call);
        $sum -= $call->{instructions} if passes_on($call) || asks($call);
    }

    return sprintf '%.0f', $sum / REQUESTS;
}


sub enters {
    my ($call) = @_;

    return $call->{to} eq 'ngx_oauth_module.so';
}


# A stripped nginx has no names for its static functions.

sub passes_on {
    my ($call) = @_;

    return $call->{from} eq 'ngx_oauth_module.so'
           && $call->{caller} =~ /\Angx_oauth_(?:header|body)_filter\z/
           && $call->{callee} =~ /\A0x|_filter\z/;
}


# Whether the call is one to OpenSSL or jansson, or asks for memory.

sub asks {
    my ($call) = @_;

    return $call->{from} eq 'ngx_oauth_module.so'
           && ($call->{to} =~ /\Alib(?:crypto|jansson)\./
               || $call->{to} =~ /\Alibc\./
                  && $call->{callee} =~ /\A(?:[mc]alloc|realloc|free)\z/);
}


# How often the module calls such functions of a library in one request.

sub library_calls {
    my ($request, $library, $function) = @_;

    my $sum = 0;

    for (grep { asks($_) } @{ $calls{$request} }) {
        $sum += $_->{count} if $_->{to} =~ /\A$library\./
                               && $_->{callee} =~ /\A$function\z/;
    }

    return $sum / REQUESTS;
}


# --- what must hold --------------------------------------------------------

sub works {
    my $proof = qr/\Aknown.*proof\z/;

    is($counts{$_}[1], 0, "$_: no key, no JSON, no memory but the pool's")
        for grep { /\A(?:known|no) token/ && !/$proof/ }
            map { $_->[0] } @requests;

    for my $name (map { $_->[0] } grep { $_->[0] =~ /new|bad|claim|$proof/ }
                  @requests) {
        my %made = map { $_->[0] => library_calls($name, @$_[1, 2]) } (
            [ signatures => 'libcrypto', 'EVP_PKEY_verify' ],
            [ digests => 'libcrypto', 'EVP_DigestFinal_ex' ],
            [ objects => 'libcrypto', '.*(?:_new|_fetch|_dup|_copy).*' ],
            [ documents => 'libjansson', '.*' ],
        );

        is_deeply(\%made, { signatures => 1, digests => 1, objects => 0,
                            documents => 0 },
                  "$name: one digest, one signature, no jansson");
    }

    return;
}


sub ratios {
    for my $name (grep { /new/ } sort keys %counts) {
        cmp_ok($counts{'known token'}[0], '<', KNOWN * $counts{$name}[0],
               "a known token needs little of: $name");
    }

    my $more = $counts{'known token, assertion'}[0] - $counts{'known token'}[0];

    cmp_ok($more, '<', ASSERTED * $worker{'known token'},
           "an assertion that is known: $more instructions of "
           . sprintf('%.0f', $worker{'known token'}));

    is_at_most('known token, revocation store', REVOKING);
    is_at_most('known token, opaque', OPAQUE);

    my $proved = $worker{'known token, DPoP proof'};
    my $least = $worker{'known token'} + signature('known token, DPoP proof');

    cmp_ok($proved, '<', PROVED * $least, sprintf
           'a known token with a proof: %.0f; without one, and a signature: '
           . '%.0f', $proved, $least);

    return;
}


sub is_at_most {
    my ($name, $times) = @_;

    cmp_ok($counts{$name}[0], '<', $times * $counts{'known token'}[0],
           "$name: $counts{$name}[0], at most $times times a known token");

    return;
}


# The instructions of OpenSSL for the signature of one request.

sub signature {
    my ($name) = @_;

    my $sum = 0;

    for (grep { asks($_) } @{ $calls{$name} }) {
        $sum += $_->{instructions} if $_->{callee} eq 'EVP_PKEY_verify';
    }

    return $sum / REQUESTS;
}


sub within {
    my $place = place();
    my %budget = map { /\A\Q$place\E (.*) (\d+) (\d+)\z/
                       ? ($1 => [ $2, $3 ]) : () } split /\n/, slurp(BUDGET);
    my @what = ('instructions', 'library calls');

    SKIP: {
        skip("budget.txt has no lines for $place", @what * @requests)
            unless %budget;

        for my $name (map { $_->[0] } @requests) {
            for my $i (0 .. $#what) {
                my $most = $budget{$name}[$i];

                cmp_ok($counts{$name}[$i], '<=', SLACK * $most,
                       "$name: $counts{$name}[$i] $what[$i], $most recorded");
            }
        }
    }

    return;
}


sub record {
    my $place = place();
    my $text = join '', grep { !/\A\Q$place\E / } slurp(BUDGET) =~ /.*\n/g;

    $text .= "$place $_->[0] @{ $counts{ $_->[0] } }\n" for @requests;

    open my $out, '>', BUDGET or die "cannot write budget.txt: $!\n";
    print $out $text;
    close $out or die "cannot write budget.txt: $!\n";

    return;
}


# Numbers of instructions can be compared only for the same machine and
# compiler.

sub place {
    my ($clang) = $module =~ /clang version (\d+)/;
    my ($gcc) = $module =~ /GCC: \([^)]*\) (\d+)/;

    return join ' ', (uname())[4],
        defined $clang ? "clang-$clang" : 'gcc-' . ($gcc // 'unknown');
}


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "cannot read $path: $!\n";
    local $/;

    return scalar <$in>;
}
