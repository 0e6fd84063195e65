#!/usr/bin/perl
#
# The house: docs/architecture.md lists the rooms (the folders) and which rooms
# each may use.  Files keep to it by what they include and by what they call,
# the calls of files have no cycle, and every permission is used.  Calls are
# read from the object files of the build.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

# nginx hands out each module's structures by the module's own address.

my %data = map { $_ => 1 } qw(ngx_oauth_module);

my %may = rooms();
my %used;

is_deeply [sort keys %may], [rooms_on_disk()],
    'docs/architecture.md lists the rooms that exist';


for my $file (sources()) {
    my $room = room($file);
    my @bad;

    for my $include (code($file, strings => 1)
                     =~ /^\s*#\s*include\s+"([^"]+)"/mg)
    {
        my $other = room($include);

        push @bad, defined $other ? "$include is in $other/"
                                  : "$include is not of this project"
            if !defined $other || !permits($room, $other);
    }

    push @bad, "the core says ngx_"
        if $room eq 'core' && text($file) =~ /\bngx_/i;

    is join('; ', @bad), '', "$room/$file includes what its room may use";
}


my %calls = calls();

for my $file (sort keys %calls) {
    my $room = room("$file.c");
    my @bad = grep { !permits($room, room("$_.c")) }
              sort keys %{ $calls{$file} };

    is join('; ', map { "$_ for @{ $calls{$file}{$_} }" } @bad), '',
        "$room/$file.c calls what its room may use";
}

is join(' -> ', cycle()), '', 'the calls of files have no cycle';

for my $room (sort keys %may) {
    is join(' ', grep { !$used{$room}{$_} } sort keys %{ $may{$room} }), '',
        "$room/ uses all that it may use";
}

done_testing;


sub permits {
    my ($room, $other) = @_;

    $used{$room}{$other} = 1;

    return $room eq $other || $may{$room}{$other};
}


# The table in the section "The house": | `room/` | ... | rooms, or a dash |.

sub rooms {
    my %rooms;

    for (split /\n/, slurp('docs/architecture.md')) {
        my ($room, $list) = m{^\|\s*`(\w+)/`\s*\|.*\|\s*([^|]*?)\s*\|\s*\z}
            or next;

        $rooms{$room} = { map { $_ => 1 } $list =~ /(\w+)/g };
    }

    return %rooms;
}


sub rooms_on_disk {
    my %rooms = map { room($_) => 1 } sources();

    return sort keys %rooms;
}


# { file => { file that it calls => [names] } }, without the endings.

sub calls {
    my $objs = ($ENV{BUILD} || top() . '/build') . '/objs/addon';
    my @files = map { noun($_) } sources('c');
    my @objects = map { "$objs/" . room("$_.c") . "/$_.o" } @files;
    my (%defines, %needs, %calls);

    is join(' ', grep { !-f } @objects), '', 'every file is built'
        or BAIL_OUT('./build.sh build first');

    for (split /\n/, qx{nm -P -A @{[ map { "'$_'" } @objects ]}}) {
        my ($file, $name, $type) = m{(\w+)\.o: (\S+) (\w)} or next;

        $needs{$file}{$name} = 1 if $type eq 'U' && !$data{$name};
        $defines{$name} = $file if $type =~ /^[TDBRC]\z/;
    }

    for my $file (keys %needs) {
        $calls{$file} ||= {};

        for my $name (sort keys %{ $needs{$file} }) {
            my $other = $defines{$name};

            push @{ $calls{$file}{$other} }, $name
                if defined $other && $other ne $file;
        }
    }

    return %calls;
}


# The files of one cycle, or nothing.

sub cycle {
    my (%state, @path, @found);
    my $visit;

    $visit = sub {
        my ($file) = @_;

        if (($state{$file} || '') eq 'open') {
            @found = (@path, $file);
            shift @found while $found[0] ne $file;
            return 1;
        }

        return 0 if $state{$file};

        $state{$file} = 'open';
        push @path, $file;

        for my $other (sort keys %{ $calls{$file} || {} }) {
            return 1 if $visit->($other);
        }

        pop @path;
        $state{$file} = 'done';
        return 0;
    };

    for my $file (sort keys %calls) {
        last if $visit->($file);
    }

    return @found;
}
