#!/usr/bin/perl
#
# How long keys count as fresh.  Cache-Control and Age of the answer decide,
# between a minute and a day, and key_refresh if the answer has neither.  The
# test sets the clocks forward while nginx runs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP qw(encode_json);

use OAuth::Test;
use OAuth::Test::Clock;

my $missing = OAuth::Test::Clock->is_missing;
plan(skip_all => $missing) if $missing;

# The lifetime in seconds, and the header fields that lead to it.  Without such
# fields it is key_refresh, which is 3000 s, and 30 s for the control.

my %answers = (
    control => [ 30 ],
    none => [ 3000 ],
    minute => [ 60, 'Cache-Control: max-age=60' ],
    less => [ 60, 'Cache-Control: max-age=1' ],
    zero => [ 60, 'Cache-Control: max-age=0' ],
    no_store => [ 60, 'Cache-Control: no-store' ],
    no_cache => [ 60, 'cache-control: NO-CACHE' ],
    five => [ 300, 'Cache-Control: max-age=300' ],
    case => [ 300, 'Cache-Control: Public,MAX-AGE=300 , must-revalidate' ],
    quoted => [ 300, 'Cache-Control: max-age="300"' ],
    tabs => [ 300, "Cache-Control: public,\tmax-age=300\t" ],
    least => [ 300, 'Cache-Control: max-age=300, max-age=9000' ],
    last => [ 300, 'Cache-Control: max-age=9000, max-age=300' ],
    two_fields => [ 300, 'Cache-Control: max-age=9000',
                         'Cache-Control: max-age=300' ],
    age => [ 300, 'Cache-Control: max-age=9000', 'Age: 8700' ],
    too_old => [ 60, 'Cache-Control: max-age=9000', 'Age: 9999999999999' ],
    bad_age => [ 300, 'Cache-Control: max-age=300', 'Age: -200' ],
    no_age => [ 300, 'Cache-Control: max-age=300', 'Age: ' ],
    empty => [ 3000, 'Cache-Control: max-age=' ],
    quotes => [ 3000, 'Cache-Control: max-age=""' ],
    one_quote => [ 3000, 'Cache-Control: max-age="' ],
    negative => [ 3000, 'Cache-Control: max-age=-1' ],
    word => [ 3000, 'Cache-Control: max-age=60s' ],
    shared => [ 3000, 'Cache-Control: s-maxage=60, public,' ],
    longer => [ 3000, 'Cache-Control: no-storehouse' ],
    other => [ 3000, 'Cache-Control: x-max-age=60' ],
    age_alone => [ 3000, 'Age: 100' ],
    day => [ 86_400, 'Cache-Control: max-age=86400' ],
    century => [ 86_400, 'Cache-Control: max-age=' . '9' x 40 ],
    stale => [ 300, 'Cache-Control: max-age=9000' ],
);

my $key = key('ES256');
my $issuer = issuer(keys => [ $key ]);
my $clock = OAuth::Test::Clock->new(monotonic => 1);
my %conf = (control => 'key_refresh 30s;', stale => 'key_stale 300s;');
my $issuers = '';

for my $name (sort keys %answers) {
    my (undef, @fields) = @{ $answers{$name} };

    $issuer->answer("/$name", status => 200, type => 'application/json',
                    body => encode_json({ keys => [ $key->jwk ] }),
                    headers => [ map { [ split /: /, $_, 2 ] } @fields ]);
    $issuers .= "oauth_issuer $name { issuer https://$name.test;"
        . ' jwks_uri ' . $issuer->url . "/$name; "
        . ($conf{$name} // 'key_refresh 3000s; key_stale 3d;') . " }\n";
}

my $nginx = nginx(<<"CONF", workers => 2, $clock->options);
    $issuers
    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth @{[ sort keys %answers ]};
        oauth_resource https://app.test;
    }
CONF


# The names of the key sets that were fetched a second time.

sub refreshed {
    return [ sort grep { $issuer->count("/$_") > 1 } keys %answers ];
}


# A fetch is due after 80 to 90 % of a lifetime.  By the time that the control
# has been fetched, or soon after, all that were due have been fetched.  If any
# others had been due, they would have been fetched as well.

sub at {
    my ($seconds, $longest) = @_;

    my $before = $issuer->count('/control');
    my @expected = sort grep { $answers{$_}[0] <= $longest } keys %answers;

    $clock->set($seconds);
    ok(wait_until(sub { $issuer->count('/control') > $before }),
       "after $seconds s: the control is fetched");
    wait_until(sub { @{ refreshed() } >= @expected });

    return is_deeply(refreshed(), \@expected,
                     "and what lives for $longest s or less");
}


is(scalar $nginx->wait_for_log(qr/keys fetched: 1 usable/,
                               scalar keys %answers),
   scalar keys %answers, 'each is fetched');
is_deeply(refreshed(), [], 'once');

at(40, 30);
at(60, 60);
at(225, 60);
at(280, 300);
at(2350, 300);
at(2710, 3000);
at(69_000, 3000);
at(77_800, 86_400);

finish();
