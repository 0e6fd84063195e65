package OAuth::Bench::Tokens;

# Files of tokens of about a kilobyte: what the authorization server of a
# company would issue for a person who works there.  Each line has the header
# fields that carry one token, with tabs between them, as load.lua reads them.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

use OAuth::Test::Proof qw(ath public_jwk);

our @EXPORT_OK = qw(CLIENT ISSUER RESOURCE bearer claims mint proofs subject
                    spoil write_lines write_tokens);

use constant {
    ISSUER   => 'https://login.example.com',
    RESOURCE => 'https://app.test',
    CLIENT   => 'agent-7d1f0e52b98c',
    HOURS    => 6,
};

my $json = JSON::PP->new->canonical->utf8;
my $made = 0;
my @groups = map { "/corp/departments/$_" }
    qw(engineering/platform/gateways security/reviewers support/on-call);


sub subject {
    my ($number) = @_;

    return sprintf '6f1c9d52-7a34-4e0b-8d21-%012d', $number;
}


# What a token says; its number becomes its subject.

sub claims {
    my ($number) = @_;

    my $now = time;

    return (
        iss => ISSUER, aud => RESOURCE, sub => subject($number),
        client_id => CLIENT, scope => 'read write profile email',
        jti => sprintf('c0a80101-%04x-4b6e-9f00-%012x', $$ & 0xffff, $number),
        iat => $now, exp => $now + HOURS * 3600,
        email => "person.$number\@example.com",
        name => "Person Number $number of Example", groups => \@groups,
    );
}


# Options: kid, which replaces that of the key; cnf.

sub mint {
    my ($key, $number, %options) = @_;

    return signed($key, { typ => 'at+jwt', alg => $key->alg,
                          kid => $options{kid} // $key->kid },
        { claims($number), $options{cnf} ? (cnf => $options{cnf}) : () });
}


sub signed {
    my ($key, $header, $claims) = @_;

    my $input = join '.', map { encode_base64url($json->encode($_)) }
        $header, $claims;

    return "$input." . $key->sign($input);
}


# So many lines with the same token and a DPoP proof of its own (RFC 9449).

sub proofs {
    my ($key, $token, $url, $count) = @_;

    my $header = { typ => 'dpop+jwt', alg => $key->alg,
                   jwk => public_jwk($key) };
    my %claims = (htm => 'GET', htu => $url, iat => time, ath => ath($token));

    return map {
        "Authorization: DPoP $token\tDPoP: "
        . signed($key, $header, { %claims, jti => 'proof-' . ++$made })
    } 1 .. $count;
}


sub bearer { return "Authorization: Bearer $_[0]" }


# The same token, with another character in the middle of its signature.

sub spoil {
    my ($token) = @_;

    my $at = (rindex($token, '.') + length $token) >> 1;
    substr $token, $at, 1, substr($token, $at, 1) eq 'A' ? 'B' : 'A';

    return $token;
}


sub write_tokens {
    my ($file, @tokens) = @_;

    return write_lines($file, map { bearer($_) } @tokens);
}


sub write_lines {
    my ($file, @lines) = @_;

    open my $out, '>', $file or die "cannot write $file: $!\n";
    print $out map { "$_\n" } @lines;
    close $out or die "cannot write $file: $!\n";

    return $file;
}

1;
