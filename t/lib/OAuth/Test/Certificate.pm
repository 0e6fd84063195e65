package OAuth::Test::Certificate;

# Certificates for the servers of the tests, made with the command openssl.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use File::Temp ();
use IPC::Open3 qw(open3);
use MIME::Base64 qw(decode_base64 encode_base64url);

use OAuth::Test::Clock;

our @EXPORT_OK = qw(certificate);

my $folder;
my $count = 0;


# Returns the paths of the certificate and its key, and as "thumbprint" what an
# access token that is bound to the certificate has in "x5t#S256".
#
# The certificate is valid for three days.  options: name (subjectAltName,
# "DNS:localhost"), expired (1: made four days ago), authority (1: it may sign
# others), ca (what this function returned for an authority; without it the
# certificate signs itself), as (what this function returned for a certificate:
# the new one has the same key)

sub certificate {
    my (%options) = @_;

    $folder ||= File::Temp->newdir('oauth-cert-XXXXXX', TMPDIR => 1);

    # OpenSSL 3.5 refuses a negative number of days.

    local %ENV = (%ENV, $options{expired}
                        ? OAuth::Test::Clock::shifted(-4 * 86400) : ());

    my $base = "$folder/" . ++$count;
    my $key = $options{as} ? $options{as}{key} : "$base.key";
    my %made = (certificate => "$base.pem", key => $key);
    my $name = $options{name} // 'DNS:localhost';

    my @new = qw(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout);

    openssl(qw(req -new), ($options{as} ? '-key' : @new), $key,
            '-subj', "/CN=test $count", '-addext', "subjectAltName=$name",
            ($options{authority}
             ? ('-addext', 'basicConstraints=critical,CA:TRUE') : ()),
            '-out', "$base.csr");

    my @signer = $options{ca}
        ? ('-CA', $options{ca}{certificate}, '-CAkey', $options{ca}{key})
        : ('-key', $made{key});

    openssl(qw(x509 -req -copy_extensions copy -in), "$base.csr",
            '-days', 3, @signer,
            '-out', $made{certificate});

    $made{thumbprint} = thumbprint($made{certificate});

    return \%made;
}


# SHA-256 of the DER encoding (RFC 8705 section 3.1).

sub thumbprint {
    my ($path) = @_;

    open my $in, '<', $path or die "cannot read $path: $!\n";
    local $/;

    my ($base64) = <$in> =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/s
        or die "no certificate in $path\n";

    return encode_base64url(sha256(decode_base64($base64)));
}


sub openssl {
    my (@arguments) = @_;

    my $pid = open3(my $in, my $out, undef, 'openssl', @arguments);
    close $in;

    my $said = join '', <$out>;

    waitpid $pid, 0;
    die "openssl @arguments: $said" if $?;

    return;
}

1;
