package OAuth::Test::Token;

# Access tokens, which are good unless a test asks for something else.  All
# tokens that were made are remembered, because no log may contain a part of
# one.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(mint assemble remember_token tokens_in);

use constant PIECE => 24;

my $json = JSON::PP->new->canonical->utf8;
my $count = 0;
my %remembered;


# Makes a token with the defaults of RFC 9068.  Claims and header members that
# are undefined are left out.  A string in place of a hash is used as it is.
#
# options: key, claims, header, alg (of the signature), salt, der

sub mint {
    my (%options) = @_;

    my $key = $options{key};
    my $now = time;

    my $header = members($options{header}, {
        typ => 'at+jwt', alg => $key->alg, kid => $key->kid,
    });

    my $claims = members($options{claims}, {
        aud => 'https://app.test', sub => 'alice', client_id => 'agent',
        scope => 'read', iat => $now, exp => $now + 600,
        jti => sprintf('token-%d-%d', $$, ++$count),
    });

    return assemble($header, $claims, sub {
        my ($input) = @_;
        return $key->sign($input,
            map { defined $options{$_} ? ($_ => $options{$_}) : () }
                qw(alg salt der));
    });
}


sub members {
    my ($given, $defaults) = @_;

    return $given if defined $given && !ref $given;

    my %members = (%$defaults, %{ $given || {} });
    delete @members{ grep { !defined $members{$_} } keys %members };

    return $json->encode(\%members);
}


# Header and payload are bytes; sign returns the last part in base64url.

sub assemble {
    my ($header, $payload, $sign) = @_;

    my $input = join '.', map { encode_base64url($_) } $header, $payload;

    return remember_token($input . '.' . $sign->($input));
}


sub remember_token {
    my ($token) = @_;

    $remembered{$token} = 1;

    return $token;
}


# Returns the pieces of remembered tokens that the text contains.

sub tokens_in {
    my ($text) = @_;

    my %pieces;

    for my $run ($text =~ /[A-Za-z0-9_-]{${\PIECE},}/g) {
        $pieces{ substr $run, $_, PIECE } = 1 for 0 .. length($run) - PIECE;
    }

    return unless %pieces;

    my %found;

    for my $part (map { split /\./ } keys %remembered) {
        for my $i (0 .. length($part) - PIECE) {
            my $piece = substr $part, $i, PIECE;
            $found{$piece} = 1 if $pieces{$piece};
        }
    }

    return sort keys %found;
}

1;
