package OAuth::Test::Mode;

# How nginx is run: the variable OAUTH_MODE is "asan" or "coverage" when it was
# built for that, "valgrind" when the tests are to start it under valgrind, or
# it is not there.  A test gives up later where nginx is slower.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(mode seconds);

my %slower = (asan => 3, coverage => 2, valgrind => 10);


sub mode { return $ENV{OAUTH_MODE} // '' }


# How long to wait here for what takes no more than so many seconds.

sub seconds {
    my ($seconds) = @_;

    return $seconds * ($slower{ mode() } // 1);
}

1;
