#!/usr/bin/perl
#
# nginx refuses a new configuration at a reload, at different points of its
# start.  The reload then changes nothing: no byte of the zone, nothing for
# workers that start later, and the master loses no memory.

use strict;
use warnings;
no warnings 'portable';               # addresses have 64 bits

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Process qw(memory);

use constant ZONE => 76 * 1024;         # as no other shared memory here

my $issuer = issuer();
my $taken = issuer();

my $good = <<'EOT';
    oauth_zone 76k;
    limit_req_zone $binary_remote_addr zone=one:64k rate=1000r/s;
    oauth_issuer corp { issuer %%AS%%; key_refetch 1s; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test;
        location / { proxy_pass http://127.0.0.1:%%PORT_app%%; }
    }

    server {
        listen 127.0.0.1:%%PORT_app%%;
        return 200 "app\n";
    }
EOT


# The same configuration with other issuers, which fill the zone.

sub others {
    my ($count, $more) = @_;

    my @names = map { "other-$_" } 1 .. $count;
    my $issuers = join '', map {
        "oauth_issuer $_ { issuer https://$_.test; jwks_uri %%AS%%/$_; }\n" } @names;

    return $good =~ s/oauth_issuer.*\n/$issuers/r
        =~ s/oauth corp/oauth @names/r
        =~ s/(listen \S+main%%;)/$1 $more/r;
}


my @refused = (
    [ 'by the parser', others(20, 'nonsense on;'), qr/unknown directive/ ],
    [ 'for an issuer', others(20, '') =~ s/oauth other-1/oauth nobody/r,
      qr/unknown issuer "nobody"/ ],
    [ 'for the number of issuers', others(200, ''),
      qr/oauth_zone of 76k is too small for 200 issuers/ ],
    [ 'for another zone',
      others(20, '') =~ s/binary_remote_addr/server_name/r,
      qr/limit_req "one" uses/ ],
    [ 'for a port', others(20, "listen 127.0.0.1:%%TAKEN%%;"),
      qr/bind\(\) to \S+ failed|still could not bind/ ],
    [ 'for a port, with another zone', others(20,
        "listen 127.0.0.1:%%TAKEN%%;") =~ s/zone 76k/zone 1m/r,
      qr/still could not bind/ ],
);

my $nginx = nginx($good, AS => $issuer->url, TAKEN => $taken->port,
                  workers => 2, log => 'notice');

$nginx->{allow} = qr/exited on signal 9/;
$nginx->{allow} = qr/$nginx->{allow}|$_->[2]/ for @refused;


sub zone {
    my $bytes = '';

    open my $maps, '<', '/proc/' . $nginx->pid . '/maps' or return '';

    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw-s / or next;

        next if hex($to) - hex($from) != ZONE;

        open my $memory, '<:raw', '/proc/' . $nginx->pid . '/mem'
            or return '';
        sysseek $memory, hex $from, 0;
        sysread $memory, $bytes, ZONE;
    }

    return $bytes;
}


sub serves {
    my ($name) = @_;

    is(join(' ', map { $nginx->http->get('/', token => $issuer->token)->status
                     } 1 .. 8), join(' ', (200) x 8), $name);

    return;
}


# The lock is in the zone, too.  It is free most of the time, so try again.

sub zone_is {
    my ($before) = @_;

    return wait_until(sub { zone() eq $before }, 5);
}


serves('before');

SKIP: {
    my $before = zone();

    skip('the memory cannot be read', 2 * @refused)
        if length $before != ZONE;

    for my $case (@refused) {
        my ($name, $conf, $why) = @$case;

        $nginx->mark;
        $nginx->write_conf($conf);
        kill HUP => $nginx->pid;
        ok($nginx->wait_for_log(qr/\[emerg\].*$why/, 1, 20), "refused $name");

        # nginx tries five times to bind a port
        $nginx->wait_for_log(qr/still could not bind/, 1, 20)
            if $name =~ /port/;

        ok(zone_is($before), 'not a byte of the zone has changed');
    }

    $nginx->write_conf($good);
}

my @old = $nginx->workers;
kill KILL => @old;
ok(wait_until(sub {
    my @now = $nginx->workers;
    return @now == 2 && !grep { my $pid = $_; grep { $_ == $pid } @old } @now;
}), 'the workers are killed and replaced');

serves('the new ones have the keys');
is($issuer->count('jwks'), 1, 'which were not fetched again');
is($issuer->count, 2, 'nor was anything else');

my $before = zone();
ok($nginx->reload, 'a good reload after all');
isnt(zone(), $before, 'which the zone shows') if length $before == ZONE;
serves('and all is well');
is($issuer->count('jwks'), 1, 'still with the same keys');


# The memory that a refused configuration has allocated

SKIP: {
    skip('the memory is not nginx\'s alone', 2) if mode() ne '';

    my $scopes = join ' ', map { "scope-$_-" . 'x' x 40 } 1 .. 300;
    my $servers = join '', map { <<"CONF" } 1 .. 20;
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name s$_.test;
        oauth corp;
        oauth_resource https://s$_.test;
        location / {
            oauth_scope $scopes;
            proxy_pass http://127.0.0.1:%%PORT_app%%;
        }
    }
CONF
    my $last = <<'CONF';
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name last.test;
        location /a { oauth corp; oauth_resource https://a.test/x; }
        location /b { oauth corp; oauth_resource https://b.test/x; }
    }
CONF

    $nginx->{allow} = qr/$nginx->{allow}|share the metadata path/;
    $nginx->write_conf($good . $servers . $last);

    my @size;

    for my $round (1, 2) {
        for (1 .. 30) {
            $nginx->mark;
            kill HUP => $nginx->pid;
            $nginx->wait_for_log(qr/share the metadata path/, 1, 20)
                or fail('the reload is refused');
        }

        push @size, resident();
    }

    cmp_ok($size[1] - $size[0], '<', 2048,
           "the master does not grow with 30 of them (@size kB)");
    serves('and serves');
}


sub resident { return memory($nginx->pid, 'VmRSS') // 0 }

finish();
