package OAuth::Test::Mode;

# How the tests run nginx.  OAUTH_MODE is "asan" or "coverage" if nginx was
# built for that, "valgrind" if the tests are to start nginx under valgrind, and
# is not set otherwise.  If nginx is slower, the tests wait longer before they
# give up.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(mode seconds);

my %slower = (asan => 3, coverage => 2, valgrind => 10);


sub mode { return $ENV{OAUTH_MODE} // '' }


# Returns how long to wait here for what normally takes no more than this.

sub seconds {
    my ($seconds) = @_;

    return $seconds * ($slower{ mode() } // 1);
}

1;
