package OAuth::Test;

# Every test file begins and ends with this.  "use OAuth::Test" brings
# Test::More and the functions below.  "finish" stops every nginx and asserts
# that none has left an alert, a report of a sanitizer, or text of a token.

use strict;
use warnings;

use Test::More;
use parent 'Exporter';

use OAuth::Test::Http qw(finish_all);
use OAuth::Test::Issuer;
use OAuth::Test::Key;
use OAuth::Test::Nginx;
use OAuth::Test::Process qw(wait_until);
use OAuth::Test::Upstream;

our $TODO;
our @EXPORT = (@Test::More::EXPORT, qw(
    finish finish_all is_refused issuer key nginx upstream wait_until
));

# A terminal that is closed sends HUP, at which nginx only loads its
# configuration again and Redis does nothing: they end with the test.  Under
# nohup it is ignored.

for my $signal (qw(HUP INT TERM)) {
    $SIG{$signal} = sub { exit 1 } if ($SIG{$signal} // '') ne 'IGNORE';
}


# A running nginx with this content of http { }.

sub nginx {
    my ($conf, %options) = @_;

    return OAuth::Test::Nginx->new(conf => $conf, %options)->start;
}


# A running issuer with these keys, or with one key for ES256 if there are none.

sub issuer {
    my (%options) = @_;

    $options{keys} ||= [ key('ES256') ];

    return OAuth::Test::Issuer->new(%options);
}


sub key { return OAuth::Test::Key->new(@_) }

sub upstream { return OAuth::Test::Upstream->new(@_) }


# Asserts a refusal with this status and, in its challenge, this error: "" means
# a challenge without an error, and undef means no challenge at all.

sub is_refused {
    my ($response, $status, $error, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $challenge = $response->challenge;
    my $got = join ' ', $response->status, $response->error, 'challenges',
        $challenge->{lines}, $challenge->{fields}{error} // '';
    my $expected = join ' ', $status, '', 'challenges',
        defined $error ? (1, $error) : (0, '');

    return is($got, $expected, $name);
}


sub finish {

    for my $nginx (OAuth::Test::Nginx->all) {
        ok($nginx->stop, 'nginx ends when asked to');
        is_deeply([ $nginx->complaints ], [],
                  'no alert, no sanitizer report, no token text');
    }

    done_testing();

    return;
}

1;
