package OAuth::Test::Proof;

# DPoP proofs (RFC 9449), which are good unless a test asks for something else,
# and tokens that are bound to a key.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test::Token qw(assemble);

our @EXPORT_OK = qw(ath proof proof_fields public_jwk thumbprint);

my $json = JSON::PP->new->canonical->utf8;
my $count = 0;

my %members = (
    EC => [qw(crv kty x y)], OKP => [qw(crv kty x)], RSA => [qw(e kty n)],
);


# The members of a JWK that a proof has and a thumbprint is made of.

sub public_jwk {
    my ($key) = @_;

    my $jwk = $key->jwk;

    return { map { $_ => $jwk->{$_} } @{ $members{ $jwk->{kty} } } };
}


# RFC 7638

sub thumbprint {
    my ($key) = @_;

    return encode_base64url(sha256($json->encode(public_jwk($key))));
}


sub ath { return encode_base64url(sha256($_[0])) }


# Makes a proof.  Claims and header members that are undefined are left out.
#
# options: key, token, method (GET), url, claims, header, alg (of the
# signature)

sub proof {
    my (%options) = @_;

    my $key = $options{key};

    my $header = OAuth::Test::Token::members($options{header}, {
        typ => 'dpop+jwt', alg => $key->alg, jwk => public_jwk($key),
    });

    my $claims = OAuth::Test::Token::members($options{claims}, {
        jti => sprintf('proof-%d-%d', $$, ++$count),
        htm => $options{method} // 'GET', htu => $options{url}, iat => time,
        ath => ath($options{token}),
    });

    return assemble($header, $claims, sub {
        return $key->sign($_[0], $options{alg} ? (alg => $options{alg}) : ());
    });
}


# The header fields of a request with this token and a proof.

sub proof_fields {
    my (%options) = @_;

    return (Authorization => "DPoP $options{token}", DPoP => proof(%options));
}

1;
