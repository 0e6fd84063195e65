#!/usr/bin/perl
#
# Tokens of other kinds than a plain JWT: opaque ones, which an authorization
# server is asked about, and those that are bound to a key or to a certificate.
# Every allocation of each request fails once.  No token that had to be refused
# is let in then, no worker is lost, and if nginx has no answer about a token,
# the log says why.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use OAuth::Test;
use OAuth::Test::Certificate qw(certificate);
use OAuth::Test::Proof qw(proof_fields thumbprint);
use OAuth::Test::Token qw(mint remember_token);
use OAuth::Test::Torture;

my $key = key('ES256');
my %claims = (iss => 'https://corp.test');
my $good = mint(key => $key, claims => \%claims);

my $torture = OAuth::Test::Torture->new(keys => [ $key ], token => $good,
                                        log => 'info', conf => <<'EOT');
    oauth_cache 0;

    oauth_issuer corp { issuer https://corp.test; jwks_file %%DIR%%/jwks; }

    oauth_issuer active {
        issuer https://active.test; jwks_file %%DIR%%/jwks;
        introspect opaque; introspection_cache 0;
        introspection_endpoint %%ISSUER%%/about/active;
        client_id nginx; client_secret_file %%DIR%%/secret;
    }

    oauth_issuer signs {
        issuer https://active.test; jwks_file %%DIR%%/jwks;
        introspect opaque; introspection_cache 0;
        introspection_endpoint %%ISSUER%%/about/active;
        client_id nginx; client_key_file %%DIR%%/key;
    }

    oauth_issuer kept {
        issuer https://active.test; jwks_file %%DIR%%/jwks;
        introspect opaque; introspection_cache 600s;
        introspection_endpoint %%ISSUER%%/about/active;
        client_auth none;
    }

    oauth_issuer ended {
        issuer https://ended.test; jwks_file %%DIR%%/jwks;
        introspect opaque; introspection_cache 0;
        introspection_endpoint %%ISSUER%%/about/ended;
        client_id nginx; client_secret_file %%DIR%%/secret; client_auth post;
    }

    oauth_issuer fails {
        issuer https://fails.test; jwks_file %%DIR%%/jwks;
        introspect opaque; introspection_cache 0;
        introspection_endpoint %%ISSUER%%/about/fails;
        client_auth none;
    }

    oauth_issuer always {
        issuer https://corp.test; jwks_file %%DIR%%/jwks;
        introspect always; introspection_cache 0;
        introspection_endpoint %%ISSUER%%/about/always;
        client_auth none;
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        oauth corp;
        oauth_resource https://app.test;
        oauth_header X-User sub;

        location / { proxy_pass http://127.0.0.1:%%APP%%; }
        location /active { oauth active; proxy_pass http://127.0.0.1:%%APP%%; }
        location /signs { oauth signs; proxy_pass http://127.0.0.1:%%APP%%; }
        location /kept { oauth kept; proxy_pass http://127.0.0.1:%%APP%%; }
        location /ended { oauth ended; proxy_pass http://127.0.0.1:%%APP%%; }
        location /fails { oauth fails; proxy_pass http://127.0.0.1:%%APP%%; }
        location /two { oauth ended active; proxy_pass http://127.0.0.1:%%APP%%; }
        location /always { oauth always; proxy_pass http://127.0.0.1:%%APP%%; }

        location /scope {
            oauth active;
            oauth_scope write;
            error_page 403 = /active;
            proxy_pass http://127.0.0.1:%%APP%%;
        }

        location /dpop { oauth_dpop required; proxy_pass http://127.0.0.1:%%APP%%; }
        location /nonce { oauth_dpop optional nonce; proxy_pass http://127.0.0.1:%%APP%%; }

        location /mtls {
            oauth_mtls on certificate=$http_x_certificate;
            proxy_pass http://127.0.0.1:%%APP%%;
        }
    }
EOT

my $nginx = $torture->nginx;

$nginx->write_file('secret', 's3cret');
$nginx->write_file('key', slurp(certificate()->{key}));
chmod 0600, map { $nginx->dir . "/$_" } qw(secret key);

$torture->start;

# tokens that are bound

my ($proves, $stranger) = map { key('ES256') } 1, 2;
my ($certificate, $other) = map { certificate() } 1, 2;

my $bound = mint(key => $key, claims => {
    %claims, cnf => { jkt => thumbprint($proves) } });
my $tied = mint(key => $key, claims => {
    %claims, cnf => { 'x5t#S256' => $certificate->{thumbprint} } });


sub proven {
    my ($path, %options) = @_;

    return (GET => $path, proof_fields(
        key => $proves, token => $bound, url => "https://app.test$path",
        %options));
}


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or die "cannot read $path: $!\n";
    local $/;

    return scalar <$in>;
}


sub with_certificate {
    my ($from) = @_;

    my $escaped = slurp($from->{certificate})
                  =~ s{([^A-Za-z0-9._~-])}{sprintf '%%%02X', ord $1}ger;

    return (GET => '/mtls', token => $tied, 'X-Certificate' => $escaped);
}


my $opaque = remember_token('opaque-token-of-someone-who-is-alice');

# name, request (computed for each attempt, since a proof is good once), status

my @script = (
    [ 'active', sub { GET => '/active', token => $opaque }, 200 ],
    [ 'with an assertion', sub { GET => '/signs', token => $opaque }, 200 ],
    [ 'inactive', sub { GET => '/ended', token => $opaque }, 401 ],
    [ 'no answer', sub { GET => '/fails', token => $opaque }, 503 ],
    [ 'the second issuer', sub { GET => '/two', token => $opaque }, 200 ],
    [ 'an answer that is kept', sub { GET => '/kept', token => $opaque },
      200 ],
    [ 'redirected', sub { GET => '/scope', token => $opaque }, 200 ],
    [ 'a JWT, asked about', sub { GET => '/always', token => $good }, 200 ],
    [ 'a proof', sub { proven('/dpop') }, 200 ],
    [ 'a proof, RS256', sub {
        proven('/dpop', key => key_rsa(), token => bound_rsa()) }, 200 ],
    [ 'a proof of another key', sub { proven('/dpop', key => $stranger) },
      401 ],
    [ 'no proof', sub { GET => '/dpop', Authorization => "DPoP $bound" },
      401 ],
    [ 'no nonce', sub { proven('/nonce') }, 401 ],
    [ 'a certificate', sub { with_certificate($certificate) }, 200 ],
    [ 'another certificate', sub { with_certificate($other) }, 401 ],
    [ 'no certificate', sub { GET => '/mtls', token => $tied }, 401 ],
);


# An RSA key takes long to make, so there is one.

my ($rsa, $bound_rsa);

sub key_rsa { return $rsa //= key('RS256') }

sub bound_rsa {
    return $bound_rsa //= mint(key => $key, claims => {
        %claims, cnf => { jkt => thumbprint(key_rsa()) } });
}


sub judge {
    my ($response, $status) = @_;

    my $got = $response->status;

    return 'the log does not say why there was no answer'
        if $nginx->log_lines(qr/refused: introspection_unavailable/)
           && !$nginx->log_lines(
                  qr/nginx has no answer from issuer "\w+" about a token: /);

    return if $got == $status || $got == 500 || $got == 502 || $got == 503
              || (!$got && $response->error ne 'timed out');

    return "$got, " . $response->error;
}


sub check {
    my ($name, $status, $attempt, %more) = @_;

    my $id = $name =~ s/\W+/-/gr;
    my $try = sub {
        $nginx->mark;

        return $torture->finish($nginx->http->start($attempt->(),
                                                    'X-Case', $id));
    };

    $more{prepare}->() if $more{prepare};
    is($try->()->status, $status, "$name: $status");

    my ($count, @wrong) = $torture->each_allocation(
        attempt => $try, judge => sub { judge($_[0], $status) }, %more);

    my %seen = map { ("@$_" => 1) } $torture->seen;
    my $alice = 'alice|-|-|-|-|-';
    my %expected = map { ("$_ $alice" => 1) }
        'control', $status == 200 ? $id : ();

    is_deeply(\@wrong, [], "$name: each of $count allocations");
    is_deeply(\%seen, \%expected, "$name: what the app sees");

    return;
}


for (@script) {
    my ($name, $attempt, $status) = @$_;

    check($name, $status, $attempt);
}

# A proof that was used is not accepted again.

my @used;

check('a used proof', 401, sub { @used }, prepare => sub {
    @used = proven('/dpop');

    my $response = $torture->finish($nginx->http->start(
        @used, 'X-Case', 'control'));
    die 'the first use: ', $response->status, "\n"
        unless $response->status == 200;
});

is($nginx->log_lines(qr/worker process \d+ exited/), 0, 'one worker');
note($torture->summary);

finish();
