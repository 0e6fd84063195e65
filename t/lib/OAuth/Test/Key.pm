package OAuth::Test::Key;

# A key for signatures.  Its private part is in the co-process jwt_tool, which
# runs as long as the test; see jwt_tool.c.

use strict;
use warnings;

use Carp qw(croak);
use IPC::Open2 qw(open2);
use JSON::PP ();

use OAuth::Test::Build qw(build_path);

my $json = JSON::PP->new->canonical->ascii;
my ($tool_in, $tool_out, $tool_owner);

my %types = (
    RS256 => 'RSA', RS384 => 'RSA', RS512 => 'RSA',
    PS256 => 'RSA', PS384 => 'RSA', PS512 => 'RSA',
    ES256 => 'P-256', ES384 => 'P-384', ES512 => 'P-521',
    EdDSA => 'ED25519', Ed25519 => 'ED25519', Ed448 => 'ED448',
);

my $count = 0;


# Makes a new key that signs with this algorithm.  Its JWK gets the members of
# jwk; an undefined member is left out.

sub new {
    my ($class, $alg, %options) = @_;

    my $type = $types{$alg} or croak "no algorithm $alg";
    my $answer = ask({ op => 'generate', type => $type,
                       bits => $options{bits} // 2048 });

    my $self = bless { %$answer, alg => $alg }, $class;

    $self->set_jwk(kid => lc($alg) . '-' . ++$count, alg => $alg, use => 'sig',
                   %{ $options{jwk} || {} });

    return $self;
}


# Another JWK for the same key pair.

sub copy {
    my ($self, $alg, %members) = @_;

    my $copy = bless { %$self, alg => $alg, jwk => { %{ $self->{jwk} } } },
        ref $self;

    return $copy->set_jwk(alg => $alg, %members);
}


sub set_jwk {
    my ($self, %members) = @_;

    my $jwk = $self->{jwk};
    %$jwk = (%$jwk, %members);

    delete @$jwk{ grep { !defined $jwk->{$_} } keys %$jwk };

    return $self;
}


sub alg { return $_[0]{alg} }
sub jwk { return $_[0]{jwk} }
sub kid { return $_[0]{jwk}{kid} }
sub pem { return $_[0]{pem} }


# The signature in base64url.  Options: salt (PSS), der (ECDSA as DER).

sub sign {
    my ($self, $input, %options) = @_;

    my $answer = ask({ op => 'sign', key => 0 + $self->{key},
                       alg => $options{alg} // $self->{alg}, input => $input,
                       %options });

    return $answer->{signature};
}


# Whether the public key of a JWK verifies a signature (RS256 or ES256).

sub verifies {
    my ($jwk, $input, $signature) = @_;

    return ask({ op => 'verify', jwk => $jwk, input => $input,
                 signature => $signature })->{good};
}


sub ask {
    my ($question) = @_;

    if (!$tool_owner || $tool_owner != $$) {
        my $tool = build_path('jwt_tool');
        -x $tool or croak "no $tool: make -C t/lib";
        open2($tool_out, $tool_in, $tool);
        $tool_owner = $$;
    }

    print $tool_in $json->encode($question) . "\n";
    $tool_in->flush;

    my $line = <$tool_out> // croak 'jwt_tool is gone';
    my $answer = $json->decode($line);

    croak "jwt_tool: $answer->{error}" if $answer->{error};

    return $answer;
}

1;
