package OAuth::Test::Disk;

# A disk under the store of revocations that is slow, or whose power can be cut:
# see t/revocation/disk.c, which is preloaded into nginx.

use strict;
use warnings;

use Fcntl qw(SEEK_SET);

use OAuth::Test::Build qw(build_path);

use constant HEADER => 8 * 4;

my @files = qw(data.mdb identity);


# options: folder, of the store; delay, in ms, of each sync; cut, whether the
# power can be cut; lies, whether it says that data are written when they are
# not

sub new {
    my ($class, %options) = @_;

    return bless { dropped => 0, %options }, $class;
}


# The environment of nginx

sub env {
    my ($self) = @_;

    my %env = (LD_PRELOAD => build_path('disk.so'),
               DISK_DELAY => $self->{delay} // 0);

    if ($self->{cut}) {
        $env{DISK_FOLDER} = $self->{folder};
        $env{DISK_JOURNAL} = $self->journal('');
        $env{DISK_LIES} = 1 if $self->{lies};

        for my $file (@files) {
            $self->write_at($self->journal($file), '+>', 0, pack 'Q', 8);
            chmod 0666, $self->journal($file);
        }
    }

    return \%env;
}


sub journal { return "$_[0]{folder}.$_[1]" }


# Takes back what was not synced, all of it, or each write with this chance.
# All processes must have ended.

sub cut {
    my ($self, $chance) = @_;

    for my $file (@files) {
        my @entries = entries($self->journal($file));
        my $path = "$self->{folder}/$file";

        next unless @entries;

        for my $entry (reverse @entries) {
            $self->write_at($path, '+<', @$entry{qw(offset old)});
            truncate $path, $entry->{size} or die "truncate: $!\n";
        }

        for my $entry (@entries) {
            if ($entry->{synced} || rand() >= $chance) {
                $self->write_at($path, '+<', @$entry{qw(offset new)});
            } else {
                $self->{dropped}++;
            }
        }

        $self->write_at($self->journal($file), '+>', 0, pack 'Q', 8);
    }

    return;
}


# How many writes were taken back

sub dropped { return $_[0]{dropped} }


sub write_at {
    my ($self, $path, $mode, $offset, $bytes) = @_;

    open my $out, "$mode:raw", $path or die "cannot open $path: $!\n";
    sysseek $out, $offset, SEEK_SET;
    syswrite $out, $bytes;
    close $out or die "cannot write $path: $!\n";

    return;
}


sub entries {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "cannot open $path: $!\n";
    local $/;

    my $bytes = <$in>;
    my ($end, @entries) = unpack 'Q', $bytes;

    for (my $at = 8; $at < $end;) {
        my %entry;

        @entry{qw(offset len size synced)} = unpack 'Q4', substr $bytes, $at;
        $at += HEADER;

        for (qw(old new)) {
            $entry{$_} = substr $bytes, $at, $entry{len};
            $at += $entry{len};
        }

        push @entries, \%entry;
    }

    return @entries;
}

1;
