package OAuth::Test::File;

# Writes a file with these bytes.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(write_file);


# Returns its path.

sub write_file {
    my ($path, $bytes) = @_;

    open my $out, '>', $path or die "cannot write $path: $!\n";
    print $out $bytes;
    close $out or die "cannot write $path: $!\n";

    return $path;
}

1;
