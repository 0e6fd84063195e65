#!/usr/bin/perl
#
# oauth_status with more resources than have numbers of their own: who has them,
# and that a reload gives nobody's numbers to another.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

use constant COUNTED => 512;            # NGX_OAUTH_COUNTERS_RESOURCES

my $as = issuer();


# A server whose own resource and locations are these resources, in this order.

sub conf {
    my (@names) = @_;

    my $locations = join '', map { <<"EOT" } @names;
        location /$_ { oauth_resource https://app.test/$_; empty_gif; }
EOT

    return <<"EOT";
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
$locations
        location / { return 404; }
        location = /status { oauth off; oauth_status; }
    }

    server {
        listen 127.0.0.1:%%PORT_other%%;
        server_name app.test;
        oauth corp;
        location /$names[-1] {
            oauth_resource https://app.test/$names[-1];
            empty_gif;
        }
        location / { oauth off; return 404; }
    }
EOT
}


my @names = map { "r$_" } 2 .. COUNTED;
my $nginx = OAuth::Test::Nginx->new(conf => conf(@names), AS => $as->url);

$nginx->start;

my $http = $nginx->http;


# The refused requests of each resource, by its URL; undef: they are not
# counted apart.

sub refused {
    return { map { ($_->{resource} => $_->{requests}
                                      && $_->{requests}{refused}) }
                 @{ $http->get('/status')->json->{resources} } };
}


sub is_counted {
    my ($name, $n) = @_;

    return wait_until(sub {
        return (refused()->{"https://app.test/$name"} // -1) == $n;
    }, 5);
}


$http->get('/r2') for 1 .. 2;
$http->get('/r300') for 1 .. 3;
$nginx->http('other')->get("/$names[-1]");

ok(is_counted('r2', 2), 'the first one');
ok(is_counted('r300', 3), 'one of the others');
ok(is_counted($names[-1], 1), 'the last one, from another server');
is(scalar(grep { !defined } values %{ refused() }), 0, 'all have numbers');
is(scalar(grep { $_->{resource} eq "https://app.test/$names[-1]" }
              @{ $http->get('/status')->json->{resources} }), 1,
   'a resource of two servers is shown once');

# New resources come first in the configuration; they do not take the numbers
# of those that stay.

$nginx->write_conf(conf('new1', 'new2', @names));
ok($nginx->reload, 'reload with two more resources');
ok(is_counted('r2', 2), 'the first one keeps its number');
ok(is_counted('r300', 3), 'and so do the others');
is(scalar(grep { !defined } values %{ refused() }), 2,
   'for the new ones there is no room');

# Of those that go, the new ones get the room.

$nginx->write_conf(conf('new1', 'new2', grep { $_ ne 'r2' && $_ ne 'r3' }
                                            @names));
ok($nginx->reload, 'reload without two of them');
ok(is_counted('new1', 0), 'there is room now');
ok(is_counted('r300', 3), 'the others keep their numbers');

finish();
