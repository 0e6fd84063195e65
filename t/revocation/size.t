#!/usr/bin/perl
#
# A store of a million entries: how long it takes to write, to look into, to
# start with and to remove from, and what it holds of disk and memory.  Callgrind
# counts what a known token costs: as much as without a store, as long as the
# store does not change; and one look-up for each kind when it does.
#
#   OAUTH_SIZE_ENTRIES   1000000
#   OAUTH_SIZE_ENDED     entries that are removed, 100000

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use JSON::PP qw(encode_json);
use Time::HiRes qw(time);

use OAuth::Test;
use OAuth::Test::Callgrind;
use OAuth::Test::Process qw(memory reap spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);
use OAuth::Test::Valgrind qw(has_valgrind);

use constant {
    ENTRIES  => $ENV{OAUTH_SIZE_ENTRIES} // 1_000_000,
    ENDED    => $ENV{OAUTH_SIZE_ENDED} // 100_000,
    BATCH    => 1000,
    CLIENTS  => 2,
    LOOKUPS  => 20_000,
    REQUESTS => 50,
    SLACK    => 1.05,                   # of the instructions without a store
    LIFETIME => 3600,
    AS       => 'https://as.test',
};

use constant SIZE => int(ENTRIES / 500_000 + 2) . 'g';

plan(skip_all => 'valgrind is not installed') unless has_valgrind();

my $key = key('ES256');
our $store;

# The kinds of the other entries, each of which costs a look-up

my @kinds = ({ client_id => 'x' }, { subject => 'x', client_id => 'x' },
             { session => 'x' }, { resource => 'https://x.test' },
             { key_id => 'x' }, { token_id => 'x' },
             { before => time - LIFETIME });

$kinds[-1]{before} = int $kinds[-1]{before};

my $nginx = load();
known();
removal();
finish();


sub size_nginx {
    my (%options) = @_;

    my $made = OAuth::Test::Nginx->new(conf => <<'EOT', AS => AS,
    %%LINE%%
    oauth_issuer as {
        issuer %%AS%%; jwks_file %%DIR%%/keys; max_token_lifetime 3600s;
    }

    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        oauth_header X-User sub;
        location / { root %%DIR%%/html; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%%;
        location = /admin { %%ADMIN%% }
        location = /json { oauth_status; }
    }
EOT
        log => 'error', ADMIN => defined $store || $options{first}
                                 ? 'oauth_revoke admin;' : 'return 404;',
        LINE => defined $store ? "oauth_revocation_store $store size=" . SIZE . ";" : '',
        %options);

    $store = $made->{STORE} = $made->make_folder('store') if $options{first};
    $made->{LINE} = "oauth_revocation_store $store size=" . SIZE . ";"
        if $options{first};
    $made->write_file('html/page', 'page');
    $made->write_file('keys', encode_json({ keys => [ $key->jwk ] }));

    return $made->start;
}


sub revoker {
    my ($port) = @_;

    return OAuth::Test::Revoker->new(port => $port, issuer => AS);
}


sub entries {
    my ($kind) = @_;

    my $status = $nginx->http('local')->get('/json')->json->{revocation};

    return $status->{entries}{$kind} // 0;
}


# Adds entries, with several clients, and returns the seconds.

sub add {
    my ($prefix, $count, %members) = @_;

    my $began = time;
    my @clients = map {
        my $client = $_;
        spawn(sub {
            my $revoker = revoker($nginx->port('local'));
            my $bad = 0;

            for (my $n = $client * BATCH; $n < $count; $n += CLIENTS * BATCH) {
                my $last = $n + BATCH < $count ? $n + BATCH : $count;
                $bad++ if $revoker->revoke(map {
                    { subject => "$prefix-$_", %members } } $n .. $last - 1)
                    != 204;
            }

            $nginx->write_file("bad-$client", $bad);
        });
    } 0 .. CLIENTS - 1;

    for my $client (0 .. CLIENTS - 1) {
        wait_until(sub { reap($clients[$client]) }, 1800);
        is($nginx->read_file("bad-$client"), 0, "$prefix: all were accepted");
    }

    return time - $began;
}


# --- time and size ---------------------------------------------------------

sub load {
    my $empty = start_time();

    $nginx = size_nginx(workers => 2, first => 1);

    my $seconds = add('user', ENTRIES);

    is(entries('subject'), ENTRIES, ENTRIES . ' entries');
    note(sprintf '%.0f s, %.0f entries a second', $seconds, ENTRIES / $seconds);
    note(sprintf 'data.mdb: %.0f bytes for an entry',
         (-s "$store/data.mdb") / ENTRIES);

    my $began = time;
    my @names = map { 'user-' . int rand ENTRIES } 1 .. LOOKUPS;

    is(scalar(revoker($nginx->port('local'))->missing(@names)), 0,
       LOOKUPS . ' of them are there');
    note(sprintf '%.0f us for a question, with HTTP',
         1e6 * (time - $began) / LOOKUPS);

    note(sprintf 'start: %.0f ms without a store, %.0f ms with this one',
         1000 * $empty, 1000 * start_time());
    note('memory of a worker beside files: ', $_, ' kB')
        for map { anonymous($_) } $nginx->workers;

    return $nginx;
}


# Seconds until a worker has let a token in, or has refused it.

sub start_time {
    my $began = time;
    my $started = size_nginx(workers => 1);
    my $status = $started->http->get('/page', token => token('nobody'))->status;
    my $seconds = time - $began;

    is($status, 200, 'it starts');
    $started->stop;

    return $seconds;
}


sub anonymous {
    my ($pid) = @_;

    return memory($pid, 'RssAnon') // die "the worker is gone\n";
}


sub token {
    my ($subject) = @_;

    return mint(key => $key, claims => { iss => AS, sub => $subject,
        iat => int(time) - 100, exp => int(time) + 900, sid => 's' });
}


# --- instructions ----------------------------------------------------------

sub known {
    my $with = profile('unchanged', $store, 0);
    my $changed = profile('changed', $store, 1);

    revoker($nginx->port('local'))->revoke(@kinds);

    my $kinds = profile('all kinds', $store, 1);
    my $without = profile('without', undef, 0);

    cmp_ok($with->{instructions}, '<=', SLACK * $without->{instructions},
           "a known token: $with->{instructions} instructions with a store of "
           . ENTRIES . ", $without->{instructions} without");
    is($with->{lookups}, 0, 'and no look-up');

    note("$changed->{instructions} instructions if the store has changed, with "
         . "one kind; $kinds->{instructions} with ", 1 + @kinds);

    # The head of the store is one, too.

    is($changed->{lookups}, 1 + 1, 'one look-up for the only kind');
    cmp_ok($kinds->{lookups}, '<=', 1 + 1 + @kinds,
           "one for each kind: $kinds->{lookups}");
    cmp_ok($kinds->{lookups}, '>', 2, 'and not for one kind alone');

    return;
}


# What a request with a known token makes the module do.  With $change, there is
# a revocation before each.

sub profile {
    my ($name, $folder, $change) = @_;

    local $store = $folder;

    my $watched = size_nginx(valgrind => [
        qw(--tool=callgrind --dump-before=ngx_reopen_files),
        '--callgrind-out-file=%%DIR%%/profile.%p',
        '--log-file=%%DIR%%/valgrind.%p' ],
        main => 'user root;',
        env => { GLIBC_TUNABLES => 'glibc.cpu.hwcaps='
                                  . '-AVX2,-AVX_Fast_Unaligned_Load,-ERMS' });

    my $revoker = revoker($nginx->port('local'));
    my $http = $watched->http('main', timeout => 60);
    my $token = token('nobody');
    my ($worker) = $watched->workers;
    my ($wrong, $dumps) = (0, 0);

    my $cut = sub {
        my $file = "profile.$worker." . ++$dumps;

        kill USR1 => $worker;
        wait_until(sub {
            $http->connect->close;
            return OAuth::Test::Callgrind->is_complete(
                $watched->read_file($file));
        }, 30) or die "no $file\n";

        return $watched->read_file($file);
    };

    for my $i (0 .. REQUESTS) {
        $cut->() if $i == 1;
        $revoker->revoke({ subject => "$name-$i" }) if $change;
        $wrong++ if $http->get('/page', token => $token)->status != 200;
    }

    my @calls = OAuth::Test::Callgrind->calls($cut->());

    is($wrong, 0, "$name: 200");
    $watched->stop;

    return { instructions => instructions(@calls),
             lookups => lookups(@calls) };
}


# As t/budget.t counts them: without libraries, but with LMDB.

sub instructions {
    my (@calls) = @_;

    my $sum = 0;

    for my $call (@calls) {
        $sum += $call->{instructions} if $call->{to} eq 'ngx_oauth_module.so';

        next if $call->{from} ne 'ngx_oauth_module.so';

        $sum -= $call->{instructions}
            if $call->{to} =~ /\Alib(?:crypto|jansson)\./
               || $call->{callee} =~ /\A(?:[mc]alloc|realloc|free)\z/
               || $call->{caller} =~ /\Angx_oauth_(?:header|body)_filter\z/
                  && $call->{callee} =~ /\A0x|_filter\z/;
    }

    return sprintf '%.0f', $sum / REQUESTS;
}


sub lookups {
    my (@calls) = @_;

    my $count = 0;

    $count += $_->{count} for grep { $_->{callee} eq 'mdb_get' } @calls;

    return $count / REQUESTS;
}


# --- removal ---------------------------------------------------------------

# Entries that have ended already, next to those that stay.

sub removal {
    my $stay = entries('client_id');

    add('ended', ENDED, client_id => 'agent',
        before => int(time) - 2 * LIFETIME);

    my $kind = 'subject+client_id';
    my ($began, $most) = (0, entries($kind));

    ok(wait_until(sub {
        my $left = entries($kind);
        $began ||= time if $left < $most;
        return $left <= 1;
    }, 600), ENDED . ' entries that have ended are removed');

    my $seconds = time - $began;

    note(sprintf '%d entries in %.0f s, %.0f a second', $most, $seconds,
         $most / ($seconds || 1));
    cmp_ok(entries('subject'), '>=', ENTRIES, 'the others stay');
    is(entries('client_id'), $stay, 'of each kind');

    return;
}
