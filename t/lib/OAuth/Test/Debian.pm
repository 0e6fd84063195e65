package OAuth::Test::Debian;

# Commands in the Debian that "./build.sh test --deb" and "test --image" have
# made in the folder $OAUTH_ROOT.

use strict;
use warnings;

use Exporter qw(import);
use Test::Builder;

our @EXPORT_OK = qw(debian content root works);

my $test = Test::Builder->new;
my $root = $ENV{OAUTH_ROOT} || die "OAUTH_ROOT is not set\n";


sub root { return $root }


# What the command said, its errors included; then $? has its status.

sub debian {
    my ($command) = @_;

    local %ENV = (
        HOME => '/root', LC_ALL => 'C.UTF-8', TERM => 'dumb',
        DEBIAN_FRONTEND => 'noninteractive',
        PATH => join(':', map { ("$_/sbin", "$_/bin") } '/usr/local', '/usr', ''),
    );

    open my $out, '-|', 'chroot', $root, 'sh', '-c',
        "exec 2>&1 </dev/null; $command"
        or die "cannot run chroot: $!\n";
    local $/;
    my $said = <$out>;
    close $out;

    return $said;
}


# Asserts that the command succeeds; shows what it said if it does not.

sub works {
    my ($command, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $said = debian($command);

    return $test->ok($? == 0, $name) || $test->diag($said);
}


# What is in a file of that Debian, or nothing.

sub content {
    my ($file) = @_;

    open my $in, '<', "$root$file" or return '';
    local $/;

    return scalar <$in>;
}

1;
