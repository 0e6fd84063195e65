package OAuth::Bench::Tokens;

# Files of tokens of about a kilobyte, one token in each line: what the
# authorization server of a company would issue for a person who works there.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(CLIENT ISSUER RESOURCE mint subject spoil write_tokens);

use constant {
    ISSUER   => 'https://login.example.com',
    RESOURCE => 'https://app.test',
    CLIENT   => 'agent-7d1f0e52b98c',
    HOURS    => 6,
};

my $json = JSON::PP->new->canonical->utf8;
my @groups = map { "/corp/departments/$_" }
    qw(engineering/platform/gateways security/reviewers support/on-call);


sub subject {
    my ($number) = @_;

    return sprintf '6f1c9d52-7a34-4e0b-8d21-%012d', $number;
}


# The number of the token becomes its subject; kid replaces that of the key.

sub mint {
    my ($key, $number, $kid) = @_;

    my $now = time;

    my $header = { typ => 'at+jwt', alg => $key->alg,
                   kid => $kid // $key->kid };
    my $claims = {
        iss => ISSUER, aud => RESOURCE, sub => subject($number),
        client_id => CLIENT, scope => 'read write profile email',
        jti => sprintf('c0a80101-%04x-4b6e-9f00-%012x', $$ & 0xffff, $number),
        iat => $now, exp => $now + HOURS * 3600,
        email => "person.$number\@example.com",
        name => "Person Number $number of Example", groups => \@groups,
    };

    my $input = join '.', map { encode_base64url($json->encode($_)) }
        $header, $claims;

    return "$input." . $key->sign($input);
}


# The same token, with another character in the middle of its signature.

sub spoil {
    my ($token) = @_;

    my $at = (rindex($token, '.') + length $token) >> 1;
    substr $token, $at, 1, substr($token, $at, 1) eq 'A' ? 'B' : 'A';

    return $token;
}


sub write_tokens {
    my ($file, @tokens) = @_;

    open my $out, '>', $file or die "cannot write $file: $!\n";
    print $out map { "$_\n" } @tokens;
    close $out or die "cannot write $file: $!\n";

    return $file;
}

1;
