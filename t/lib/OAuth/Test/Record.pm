package OAuth::Test::Record;

# Makes and reads the records of a fleet, with the co-process record_tool, which
# has the keys of a key file; see record_tool.c.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use File::Temp ();
use IPC::Open2 qw(open2);
use MIME::Base64 qw(decode_base64 encode_base64);

use OAuth::Test::Build qw(build_path);
use OAuth::Test::File;

our @EXPORT_OK = qw(new_key);

use constant NODE => 'f0' x 16;


# A line of a key file: 32 random bytes.

sub new_key {
    open my $in, '<:raw', '/dev/urandom' or die "no random bytes: $!\n";
    read $in, my $bytes, 32;

    return encode_base64($bytes, '') . "\n";
}


# keys: the text of a key file.  options: node, the id of who writes, in hex

sub new {
    my ($class, $keys, %options) = @_;

    my $self = bless { node => NODE, %options }, $class;
    my $tool = build_path('record_tool');

    -x $tool or croak "no $tool: make -C t/lib";
    $self->{folder} = File::Temp->newdir('oauth-record-XXXXXX', TMPDIR => 1);
    OAuth::Test::File::write_file("$self->{folder}/key", $keys);
    chmod 0600, "$self->{folder}/key";

    $self->{pid} = open2($self->{out}, $self->{in}, $tool,
                         "$self->{folder}/key");

    return $self;
}


# Records about the subjects PREFIXn.  options: issuer, prefix, first (1), count
# (1), cut and end and time

sub revocations {
    my ($self, %options) = @_;

    my $now = time;
    my %all = (first => 1, count => 1, cut => $now + 5, end => 0,
               time => $now, %options);

    return $self->ask($all{count}, 'revocation', $self->{node},
                      @all{qw(issuer prefix first count cut end time)});
}


sub want {
    my ($self, $since) = @_;

    return $self->ask(1, 'want', $self->{node}, $since // 0);
}


# options: number (1), clock (now), longest (3600), compared ("0-0"), name

sub heartbeat {
    my ($self, %options) = @_;

    my %all = (number => 1, clock => time, longest => 3600, compared => '0-0',
               name => 'stranger', %options);

    return $self->ask(1, 'heartbeat', $self->{node},
                      @all{qw(number clock longest compared name)});
}


# What is in the record, as words; the first is "bad" if no key has made it.

sub read {
    my ($self, $bytes) = @_;

    return split ' ', $self->line('read', encode_base64($bytes, ''));
}


sub key {
    my ($self, $issuer, $subject) = @_;

    return $self->line('key', $issuer, $subject);
}


sub ask {
    my ($self, $count, @words) = @_;

    my @records = (decode_base64($self->line(@words)));
    my $out = $self->{out};

    push @records, decode_base64(scalar <$out>) while @records < $count;

    return $count == 1 ? $records[0] : @records;
}


sub line {
    my ($self, @words) = @_;

    my ($in, $out) = @$self{qw(in out)};

    print $in "@words\n";
    $in->flush;

    my $line = <$out> // croak 'record_tool is gone';

    chomp $line;
    croak "record_tool does not understand: @words" if $line eq 'error';

    return $line;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);

    close $self->{in} if $self->{in};
    waitpid $self->{pid}, 0 if $self->{pid};

    return;
}

1;
