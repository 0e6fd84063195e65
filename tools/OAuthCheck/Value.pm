package OAuthCheck::Value;

# JSON from strangers: nothing is taken for granted about its types.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

our @EXPORT_OK = qw(is_true object string strings);

use constant DEPTH_MOST => 32;


# The object that these bytes are, or nothing.

sub object {
    my ($bytes) = @_;

    my $value = eval {
        local $SIG{__WARN__} = sub { };
        JSON::PP->new->utf8->max_depth(DEPTH_MOST)->decode($bytes);
    };

    return ref $value eq 'HASH' ? $value : undef;
}


# A member that is a string or a number, or nothing.

sub string {
    my ($object, $name) = @_;

    my $value = $object ? $object->{$name} : undef;

    return ref $value ? undef : $value;
}


sub is_true {
    my ($value) = @_;

    return JSON::PP::is_bool($value) && $value;
}


# The strings in a member that is a list.

sub strings {
    my ($object, $name) = @_;

    my $value = $object ? $object->{$name} : undef;

    return ref $value eq 'ARRAY' ? grep { defined && !ref } @$value : ();
}

1;
