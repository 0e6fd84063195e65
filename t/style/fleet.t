#!/usr/bin/perl
#
# docker/fleet, which no test can start without containers: its files parse, the
# user of the bus may do what docs/fleet.md says and nothing else, and the ports
# and services are those of the docs.  With Node.js here, setup.mjs runs, and
# what it writes is compared; without it, those lines are skipped.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my $folder = 'docker/fleet';
my $doc = slurp('docs/fleet.md');
my $compose = slurp("$folder/compose.yaml");
my $nginx = slurp("$folder/nginx.conf");
my $has_node = grep { -x "$_/node" } split /:/, $ENV{PATH};


# The rights of the user: the words of its line behind the password.

sub rights {
    my ($text) = @_;

    return join ' ', $text =~ /^user nginx on [>#]\S+ (.*)$/m
                     ? split ' ', $1 : 'none';
}


sub sorted { return join ' ', sort { $a cmp $b } @_ }


# the user of the bus

my $wanted = rights($doc);
my $setup = slurp("$folder/setup.mjs") =~ s/\$\{.*?\}/x/gr =~ s/\\\n//gr;

like $wanted, qr/ -\@all \+xadd /, 'the docs have a user';
is rights($setup), $wanted, 'setup.mjs: the same rights';

for my $file ('docs', 'setup.mjs') {
    like $file eq 'docs' ? $doc : $setup, qr/^(?:.*`)?user default off$/m,
        "$file: nobody without a password";
    like $file eq 'docs' ? $doc : $setup, qr/^maxmemory-policy noeviction$/m,
        "$file: nothing is evicted";
}

SKIP: {
    skip 'there is no Node.js', 3 unless $has_node;

    my $dir = File::Temp->newdir('oauth-fleet-XXXXXX', TMPDIR => 1);

    is system('node', top() . "/$folder/setup.mjs", "$dir"), 0,
        'setup.mjs runs';

    my ($acl, $conf) = map { read_all("$dir/$_") } qw(users.acl bus.conf);

    is rights($acl), $wanted, 'it writes these rights';
    is_deeply [ $conf =~ /^(bind|port) (\S+)$/mg ],
        [ bind => '127.0.0.1', port => port_of_bus() ],
        'the bus listens where nginx.conf looks for it';
}


sub read_all {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;

    return scalar(<$in>) // '';
}


sub port_of_bus {
    return $nginx =~ m{redis://nginx\@127\.0\.0\.1:(\d+)\s} ? $1 : 'none';
}


# the files parse

is system('sh', '-n', top() . "/$folder/node.sh"), 0, 'node.sh parses';

for my $file (qw(setup.mjs demo.mjs)) {
    SKIP: {
        skip 'there is no Node.js', 1 unless $has_node;

        is system('node', '--check', top() . "/$folder/$file"), 0,
            "$file parses";
    }
}

# the services: who is named is there, and what is run exists

my ($services) = $compose =~ /^services:\n(.*?)^\S/ms;
my @services = $services =~ /^  (\w+):/mg;
my %is_service = map { $_ => 1 } @services;

is sorted(@services), 'bus demo setup web1 web2 web3', 'the services';
is sorted(grep { !$is_service{$_} } $services =~ /^      (\w+): \{ condition/mg,
          map { split /, */ } $services =~ /depends_on: \[(.*)\]/g),
    '', 'who waits, waits for a service';
is sorted(grep { !-e top() . "/$_" } $services =~ m{($folder/\S+)}g), '',
    'what they run exists';
is sorted(grep { !$is_service{$_} }
          $doc =~ m{compose -f $folder/compose\.yaml (?:restart|logs) (\w+)}g),
    '', 'the docs name services';
like $doc, qr{compose\.yaml restart bus$}m, 'and do name one';

# the ports: of the nodes, and of the bus

my @nodes = $services =~ m{node\.sh /fleet (\d)$}mg;
my ($listen) = $nginx =~ /listen 127\.0\.0\.1:(\d+)\@n\@;/;
my %ports = map { ("$listen$_" => 1) } @nodes;
my ($said) = $doc =~ /^## Three nodes in containers\n(.*?)^## /ms;
my ($first, $last, $bus) = $compose =~ /(\d+) to (\d+) and (\d+)/;

is sorted(keys %ports), '8081 8082 8083', 'the ports of the nodes';
is sorted(unique($said =~ m{http://127\.0\.0\.1:(\d+)}g)), sorted(keys %ports),
    'the docs ask at each of them';
is "$first $last $bus", join(' ', (sort keys %ports)[0, -1], port_of_bus()),
    'the comment of compose.yaml';
my $asked = '[' . join(', ', @nodes) . '].map((n) => `http://127.0.0.1:' . $listen
            . '${n}`);';

like slurp("$folder/demo.mjs"), qr/^const nodes = \Q$asked\E$/m,
    'demo.mjs asks at each of them';
like $setup, qr/^port ${\port_of_bus()}$/m, 'the port of the bus';


sub unique {
    my %seen = map { $_ => 1 } @_;

    return keys %seen;
}

done_testing;
