#!/usr/bin/perl
#
# Callgrind counts what the module does for one request.  The counts are the
# same on a busy machine as on an idle one, and none may exceed its limit in
# budget.txt.  A known token must need no parsing and no key, also where the app
# gets an assertion; a new token must need one signature, and jansson for
# nothing.

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
use OAuth::Test::Token qw(mint remember_token);
use OAuth::Test::Valgrind qw(has_valgrind);

use constant {
    REQUESTS => 50,
    SLACK    => 1.05,
    KNOWN    => 0.25,           # of what a new token costs beside libraries
    ASSERTED => 0.03,           # of what nginx does for a known token
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
my $nginx = start();
my %http = map { $_ => $nginx->http($_, timeout => 30) } qw(main asserted);
my $profiles = 0;
my %worker;                     # the worker's instructions, for each request
my $known = token('RS256');
my $forged = remember_token($known =~ s/.*\.\K(.)/$1 eq 'A' ? 'B' : 'A'/er);

# The name of a request begins with that of its server, if that is not "main".

my @requests = (
    [ 'known token',   200, sub { $known } ],
    [ 'known token, assertion', 200, sub { $known }, 'asserted' ],
    [ 'new token, RS256', 200, sub { token('RS256') } ],
    [ 'new token, ES256', 200, sub { token('ES256') } ],
    [ 'no token',      401, sub { undef } ],
    [ 'bad signature', 401, sub { $forged } ],
    [ 'refused claim', 401, sub { token('RS256', exp => time - 3600) } ],
);

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
    my $watched = OAuth::Test::Nginx->new(
        conf => <<'EOT', log => 'error', valgrind => [
    oauth_issuer corp {
        issuer https://as.test;
        jwks_file %%DIR%%/keys;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_header X-Email email;
            oauth_header X-Groups groups;
        }
    }

    server {
        listen 127.0.0.1:%%PORT_asserted%%;
        server_name app.test;
        oauth_assertion_key key.pem;

        location / {
            oauth corp;
            oauth_resource https://app.test;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_header X-Email email;
            oauth_header X-Groups groups;
            oauth_assertion X-Assertion ttl=1h;
        }
    }
EOT
            qw(--tool=callgrind --dump-before=ngx_reopen_files),
            '--callgrind-out-file=%%DIR%%/profile.%p',
            '--log-file=%%DIR%%/valgrind.%p',
        ],
        main => 'user root;',       # may write logs and profiles
        env => { GLIBC_TUNABLES => 'glibc.cpu.hwcaps='
                                  . '-AVX2,-AVX_Fast_Unaligned_Load,-ERMS' });

    make_key($watched->dir . '/key.pem');
    $watched->write_file('html/page', 'page');
    $watched->write_file('keys', encode_json({
        keys => [ map { $_->jwk } @keys{qw(RS256 ES256)} ]
    }));

    return $watched->start;
}


# A token of about 1 KB.

sub token {
    my ($alg, @more) = @_;

    return mint(key => $keys{$alg}, claims => {
        iss => 'https://as.test', email => 'alice@example.com',
        groups => [ map { "wiki-editors-$_" } 10 .. 22 ], @more,
    });
}


# Returns the calls that this many requests make.  One request goes before them
# and is not counted.

sub profile {
    my ($name, $status, $token, $server) = @_;

    my @tokens = map { $token->() } 0 .. REQUESTS;
    my $wrong = 0;

    for my $i (0 .. REQUESTS) {
        cut() if $i == 1;

        my @fields = defined $tokens[$i] ? (token => $tokens[$i]) : ();
        my $http = $http{ $server // 'main' };
        $wrong++ unless $http->get('/page', @fields)->status == $status;
    }

    is($wrong, 0, "$name: $status");

    my $profile = cut();

    $worker{$name} = OAuth::Test::Callgrind->total($profile) / REQUESTS;

    return OAuth::Test::Callgrind->calls($profile);
}


# A worker that reopens its logs begins a new profile.  If the signal comes just
# before the worker waits for events, the worker notices it only at the next
# event: a new connection is one.

sub cut {
    my ($worker) = $nginx->workers;
    my $name = "profile.$worker." . ++$profiles;

    kill USR1 => $worker;

    wait_until(sub {
        $http{main}->connect->close;
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
    is($counts{$_}[1], 0, "$_: no key, no JSON, no memory but the pool's")
        for 'known token', 'known token, assertion', 'no token';

    for my $name (map { $_->[0] } grep { $_->[0] =~ /new|bad|claim/ }
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

    return;
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
