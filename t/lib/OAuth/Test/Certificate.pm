package OAuth::Test::Certificate;

# Certificates for the servers of the tests, made with the command openssl.

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use IPC::Open3 qw(open3);

use OAuth::Test::Clock;

our @EXPORT_OK = qw(certificate);

my $folder;
my $count = 0;


# Returns the paths of the certificate and its key.
#
# The certificate is valid for three days.  options: name (subjectAltName,
# "DNS:localhost"), expired (1: made four days ago), authority (1: it may sign
# others), ca (what this function returned for an authority; without it the
# certificate signs itself)

sub certificate {
    my (%options) = @_;

    $folder ||= File::Temp->newdir('oauth-cert-XXXXXX', TMPDIR => 1);

    # OpenSSL 3.5 refuses a negative number of days.

    local %ENV = (%ENV, $options{expired}
                        ? OAuth::Test::Clock::shifted(-4 * 86400) : ());

    my $base = "$folder/" . ++$count;
    my %made = (certificate => "$base.pem", key => "$base.key");
    my $name = $options{name} // 'DNS:localhost';

    openssl(qw(req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes
               -subj), "/CN=test $count", '-addext', "subjectAltName=$name",
            ($options{authority}
             ? ('-addext', 'basicConstraints=critical,CA:TRUE') : ()),
            '-keyout', $made{key}, '-out', "$base.csr");

    my @signer = $options{ca}
        ? ('-CA', $options{ca}{certificate}, '-CAkey', $options{ca}{key})
        : ('-key', $made{key});

    openssl(qw(x509 -req -copy_extensions copy -in), "$base.csr",
            '-days', 3, @signer,
            '-out', $made{certificate});

    return \%made;
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
