#!/usr/bin/perl
#
# oauth_zone.  If a key set does not fit, the log says so and names the remedy,
# and no other issuer is affected.  A key set above 1 MiB is refused.  Each
# issuer has a share of the zone.  The places of issuers that left the
# configuration are used again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp ();
use JSON::PP ();

use OAuth::Test;
use OAuth::Test::File qw(write_file);

my $json = JSON::PP->new->canonical;
my $key = key('ES256');


# A key set with this many usable keys of 1.1 kB each; the last one is the real
# key.

sub key_set {
    my ($count) = @_;

    return $json->encode({ keys => [
        (map { { %{ $key->jwk }, kid => "filler-$_-" . 'A' x 1000 } }
            2 .. $count),
        $key->jwk ] });
}


my $folder = File::Temp->newdir(TMPDIR => 1);
my %sets = (couple => 2, few => 5, half => 28, many => 60, masses => 1000);
my $issuer = issuer(keys => [ $key ]);


sub serve {
    my ($name, $text) = @_;

    my $file = write_file("$folder/$name.new", $text);
    rename $file, "$folder/$name" or die "cannot rename $file: $!\n";

    $issuer->answer("/$name", status => 200, type => 'application/json',
                    file => "$folder/$name");

    return;
}


serve($_, key_set($sets{$_})) for sort keys %sets;

my $conf = <<'EOT';
    %%ZONE%%

    oauth_issuer few { issuer https://few.test; jwks_uri %%URL%%/few; }
    oauth_issuer many { issuer https://many.test; jwks_uri %%URL%%/many; }
    oauth_issuer masses { issuer https://masses.test; jwks_uri %%URL%%/masses; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth few many masses;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT

my %zones = (
    'the usual size' => { conf => '', many => 200 },
    'a small one' => { conf => 'oauth_zone 64k;', many => 503 },
);

for my $name (sort keys %zones) {
    my $nginx = nginx($conf, URL => $issuer->url, ZONE => $zones{$name}{conf},
                      workers => 2);
    my %expected = (few => 200, many => $zones{$name}{many}, masses => 503);

    for my $set (sort keys %expected) {
        my $answer = $nginx->http->get('/', token => $issuer->token(
            iss => "https://$set.test"));

        is($answer->status, $expected{$set}, "$name: $set");

        next if $expected{$set} == 200;

        my ($line) = $nginx->wait_for_log(
            qr/\[(?:error|info)\].*issuer "$set": cannot fetch/);

        ok($line, "$name: $set: a warning");
        next if $set ne 'many';

        my ($size) = ($line // '') =~ /oauth_zone needs at least (\d+)k/;
        my $where = $zones{$name}{conf}
            ? qr{k in \Q${\$nginx->dir}\E/nginx\.conf:\d+} : qr/k: write "oauth/;

        ok($size, "$name: $set: with the remedy") or next;
        like($line, $where, "$name: $set: and where");

        my $larger = nginx($conf, URL => $issuer->url,
                           ZONE => "oauth_zone ${size}k;");

        is($larger->http->get('/', token => $issuer->token(
            iss => 'https://many.test'))->status, 200, 'which is one');
    }
}


# Only what is used is stored.  Certificates, keys for encryption and white
# space take no room, and if they change, the keys count as unchanged.

my $padded = sub {
    my ($more) = @_;

    my @padding = map { { %{ $key->jwk }, use => 'enc', n => 'A' x 1000,
                          kid => "enc-$_-$more" } } 1 .. 300;

    return $json->encode({ keys => [
        @padding, { %{ $key->jwk }, x5c => [ 'A' x 100_000 ] } ] })
        . ' ' x 500_000;
};

serve('padded', $padded->('a'));

my $small = nginx(with_issuers({ key_refetch => '1s' }, 'padded'),
                  URL => $issuer->url);
is(statuses($small, 'padded'), '200', 'a key set of 900 kB, one key of use');
ok($small->wait_for_log(qr/keys fetched: 1 usable, 300 not used/), 'is read');

serve('padded', $padded->('b'));
ok(wait_until(sub {
    $small->http->get('/', token => $issuer->mint(
        header => { kid => 'other' }, claims => { iss => 'https://padded.test'
        }));
    return $small->log_lines(qr/keys fetched: 1 usable/) == 2;
}, 10), 'another one with the same key is told of');
is(statuses($small, 'padded'), '200', 'and its key is good');


# Two issuers whose keys do not fit together.  The one that is no longer
# configured makes room for the other.

sub with_issuers {
    my ($options, @names) = @_;

    my %options = (zone => '64k', %$options);
    my $set = delete $options{set};
    my $zone = delete $options{zone};
    my $more = join ' ', map { "$_ $options{$_};" } sort keys %options;

    my $issuers = join '', map {
        "oauth_issuer $_ { issuer https://$_.test; jwks_uri %%URL%%/"
            . ($set // $_) . "; $more }\n"
    } @names;

    return <<"CONF";
    oauth_zone $zone;
    $issuers
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth @names;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
CONF
}


sub statuses {
    my ($nginx, @issuers) = @_;

    return join ' ', sort map {
        $nginx->http->get('/', token => $issuer->token(
            iss => "https://$_.test"))->status
    } @issuers;
}


my $both = nginx(with_issuers({ set => 'half' }, 'one', 'two'),
                 URL => $issuer->url);
is(statuses($both, 'one', 'two'), '200 503', 'one of them fits');

my $next = nginx(with_issuers({ set => 'half' }, 'one'), URL => $issuer->url);
is(statuses($next, 'one'), '200', 'it alone');
$next->write_conf(with_issuers({ set => 'half' }, 'two'));
ok($next->reload, 'reload with the other one');
is(statuses($next, 'two'), '200', 'which has its room');


# An issuer that has filled the whole zone gives back what belongs to another
# one: room for the new keys of that issuer, up to its share.

my %kids = (honest => 0);


sub rotate {
    my ($count) = @_;

    my $kid = 'honest-' . ++$kids{honest};

    serve('honest', $json->encode({ keys => [
        (map { { %{ $key->jwk }, kid => "$kid-$_-" . 'A' x 900 } }
            2 .. $count),
        { %{ $key->jwk }, kid => $kid } ] }));

    return $issuer->mint(header => { kid => $kid },
                         claims => { iss => 'https://honest.test' });
}


for my $greedy (40, 25) {
    serve('greedy', key_set($greedy));

    my $good = rotate(1);
    my $shared = nginx(with_issuers({ key_refetch => '1s' }, 'greedy',
                                    'honest'), URL => $issuer->url);

    is($shared->http->get('/', token => $good)->status, 200,
       "beside $greedy keys: the first key");
    is(statuses($shared, 'greedy'), '200', 'those are there, too');

    for my $count (12, 2, 14) {
        my $new = rotate($count);

        ok(wait_until(sub {
            return $shared->http->get('/', token => $new)->status == 200;
        }, 10), "rotation to $count keys");
        is($shared->http->get('/', token => $good)->status, 401,
           'the former key is gone');
        $good = $new;
    }

    is(statuses($shared, 'greedy'), '200', 'the others serve in this worker');
}


# A configuration with too many issuers is refused, with a message that names a
# size.  This size is enough, and it is the smallest one.

my @many = map { "t$_" } 1 .. 600;
my $test = nginx(with_issuers({}, 'few'), URL => $issuer->url);
$test->{allow} = qr{oauth_zone of \w+(?: bytes)? is too small|"oauth_zone" is already};

my ($good, $said) = $test->test_conf(with_issuers({}, @many));

ok(!$good, '600 issuers do not fit into 64k');
my ($size) = $said =~ /oauth_zone of 64k is too small for 600 issuers, .* at least (\d+)k/;
ok($size, 'the size is named') or diag($said);
$size //= 0;

($good) = $test->test_conf(with_issuers({ zone => "${size}k" }, @many));
ok($good, "${size}k suffices");
($good, $said) = $test->test_conf(
    with_issuers({ zone => $size - 64 . 'k' }, @many));
ok(!$good, '64k less do not');
like($said, qr/at least ${size}k/, 'and the same size is named');


# Every message about the zone names the line of oauth_zone, which may be far
# from the end of the configuration.  Without the directive it says what to
# write.

sub said_of {
    my ($conf) = @_;

    my ($good, $said) = $test->test_conf($conf);
    my ($emerg) = grep { /\[emerg\]/ } split /\n/, $said;

    ok(!$good, 'refused');

    return $emerg // '';
}


my $at = sub { qr{ in \Q${\$test->dir}\E/nginx\.conf:${\$test->line_of('oauth_zone ')}\z} };

like(said_of(with_issuers({ zone => '64k' }, @many)), $at->(),
     'too many issuers');
like(said_of(with_issuers({ zone => '16k' }, 'few')), $at->(), 'too small');
like(said_of("limit_req_zone \$uri zone=oauth_zone:64k rate=1r/s;\n"
             . with_issuers({}, 'few')), $at->(), 'a name that is taken');

my $most = with_issuers({ zone => '4m' }, map { "t$_" } 1 .. 2500);

like(said_of($most), $at->(), 'too many for 4m');
like(said_of($most =~ s/oauth_zone 4m;//r),
     qr/oauth_zone of 4096k is too small for 2500 issuers, it needs at least \d+k: write "oauth_zone" with that size in the http block\z/,
     'too many for the usual size');

$test->write_conf(with_issuers({ zone => '128k' }, 'few'));
ok($test->reload, 'another size');

my ($changed) = $test->wait_for_log(qr/the size of zone "oauth_zone" changed/);

like($changed // '', qr/from 64k to 128k, it starts empty in \S+nginx\.conf:\d+$/,
     'is a notice, with the line');


# The places of issuers that left are used again, and the issuers that stay keep
# theirs.  The first issuer is in all configurations, each other one in only
# one.

my $turns = nginx(with_issuers({ set => 'couple', key_refresh => '1h' }, 'stays',
                               map { "n0x$_" } 1 .. 12), URL => $issuer->url);

is(statuses($turns, 'stays', 'n0x12'), '200 200', 'the first configuration');
serve('couple', key_set(2) =~ s/A{1000}/B/gr);

my $fetched = $turns->log_lines(qr/"stays": keys fetched/);

for my $turn (1 .. 8) {
    $turns->write_conf(with_issuers({ set => 'couple', key_refresh => '1h' },
                                    map({ "n${turn}x$_" } 1 .. 12), 'stays'));
    ok($turns->reload, "reload with 12 others, $turn");
    is(statuses($turns, "n${turn}x1", "n${turn}x12", 'stays'), '200 200 200',
       'all have keys');
}

is($turns->log_lines(qr/"stays": keys fetched/), $fetched,
   'those of the one that stays were there all the time');


# A worker of an earlier configuration fetches keys, but its place in the zone
# now belongs to another issuer.  That issuer does not get these keys.

my $old = issuer();
$old->answer(jwks => hold => 'go');

my $replaced = nginx(<<'EOT'
    oauth_zone 64k;
    oauth_issuer old { issuer https://app.test; jwks_uri %%OLD%%; timeout 30s; }
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth old;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
        location = /upload {
            oauth off;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
        location = /status { oauth off; stub_status; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT
    , OLD => $old->jwks_url, URL => $issuer->url);

my $waiting = $replaced->http->start('GET', '/', token => $old->token(
    iss => 'https://app.test'));
ok(wait_until(sub { $replaced->pending == 1 }), 'a request waits for keys');
my ($worker) = $replaced->workers;
my $upload = $replaced->http->connect;

$upload->send("POST /upload HTTP/1.1\r\nHost: app.test\r\n"
              . "Content-Length: 4\r\n\r\n");
ok(wait_until(sub { $replaced->connected == 2 }), 'another keeps it alive');

for my $turn (1, 2) {
    $replaced->write_conf(with_issuers({ set => 'couple' },
                                       map { "n${turn}x$_" } 1 .. 22));
    ok($replaced->reload, "reload with others, $turn");
}

my @others = map { "n2x$_" } 1 .. 22;

is(statuses($replaced, @others), join(' ', (200) x 22),
   'they have their keys');
$old->raise_flag('go');
is($waiting->finish->status, 503, 'in the old worker there are none');
ok($replaced->wait_for_log(qr/ $worker#.*"old": keys were fetched too late/),
   'what it fetches is not stored');
$upload->send('data');
is($upload->finish->status, 200, 'it goes on');
ok(wait_until(sub { !kill 0, $worker }), 'and ends');

is(join(' ', map { $replaced->http->get('/', token => $old->token(
       iss => "https://$_.test"))->status } @others),
   join(' ', (401) x 22), 'its keys are nobody\'s');
is(statuses($replaced, @others), join(' ', (200) x 22),
   'the others have theirs');

finish();
