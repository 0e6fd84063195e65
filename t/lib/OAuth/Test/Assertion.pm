package OAuth::Test::Assertion;

# What an app does with the assertions that nginx gives to it: it verifies them
# with the published keys, which it fetches again when it meets an unknown key,
# and only then.  This is also where private keys for nginx are made.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(decode_base64url);

use OAuth::Test::Key;
use OAuth::Test::Token qw(remember_token);

our @EXPORT_OK = qw(make_key parts);

use constant PATH => '/.well-known/oauth-assertion-keys';

my $json = JSON::PP->new->utf8;


# A new private key in a file of that mode; returns the path.  Options are those
# of openssl genpkey; without any it is a key on P-256.

sub make_key {
    my ($path, $mode, @options) = @_;

    @options = qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)
        unless @options;

    system('openssl', 'genpkey', '-quiet', '-out', $path, @options) == 0
        or die "cannot make a key\n";
    chmod $mode // 0600, $path;

    return $path;
}


# Header and claims, which nobody has verified, the signing input, and the
# signature.

sub parts {
    my ($text) = @_;

    my @parts = split /\./, remember_token($text), -1;
    die "no JWS: $text\n" unless @parts == 3;

    return (map({ $json->decode(decode_base64url($_)) } @parts[0, 1]),
            "$parts[0].$parts[1]", $parts[2]);
}


# An app whose keys come from this client's server.

sub new {
    my ($class, $http) = @_;

    return bless { http => $http, keys => {}, fetches => 0 }, $class;
}


sub fetches { return $_[0]{fetches} }


# The claims, or undef.  $self->{why} says what was wrong.

sub claims {
    my ($self, $text) = @_;

    my ($header, $claims, $input, $signature) = parts($text);
    my $jwk = $self->{keys}{ $header->{kid} } // $self->fetch($header->{kid});

    $self->{why} = $header->{typ} ne 'oauth-assertion+jwt' ? 'typ'
        : !$jwk ? "unknown key $header->{kid}"
        : $jwk->{alg} ne $header->{alg} ? 'alg'
        : !OAuth::Test::Key::verifies($jwk, $input, $signature) ? 'signature'
        : $claims->{exp} <= time ? 'expired'
        : '';

    return $self->{why} eq '' ? $claims : undef;
}


sub why { return $_[0]{why} }


sub fetch {
    my ($self, $kid) = @_;

    my $set = $self->{http}->get(PATH)->json;

    $self->{fetches}++;
    $self->{keys} = { map { $_->{kid} => $_ } @{ $set->{keys} } };

    return $self->{keys}{$kid};
}

1;
