package OAuth::Test::Limits;

# What the tests of docs/identity.md, "Limits", share: an nginx with a block of
# the page, whose rates are so slow that every request counts; the issuer and
# the app of all of them; and bursts of requests, of which only the statuses are
# told.

use strict;
use warnings;

use Exporter qw(import);

use OAuth::Test qw(finish_all issuer nginx upstream);
use OAuth::Test::Document qw(conf);

# What the page allows a client at once: one request and the burst.

use constant { APP => 'https://wiki.example.com', CLIENT => 21,
               CONNECTIONS => 10 };

our @EXPORT_OK = qw(
    APP CLIENT CONNECTIONS app as connections held hold http introspecting left
    new_address new_client opaque_rules page pending rates said send_all
    start_all token
);

my ($as, $app);
my $clients = 0;
my $addresses = 0;


sub as { return $as //= issuer(aud => APP) }

sub app { return $app //= upstream() }


# An nginx with the block of a section.  The address of a client is what it says
# in X-Address.

sub page {
    my ($section, %options) = @_;

    my $issuer = delete $options{issuer} // as();
    my $more = delete $options{of_issuer} // '';
    my $rates = delete $options{rates};
    my $block = conf('docs/identity.md', section => $section, info => 'http');

    $block =~ s{rate=\d+r/s}{rate=1r/m}g;
    $block =~ s{:10m}{:32k}g if delete $options{small};
    $block =~ s{^        limit_conn .*\n}{}m if $rates;
    $block =~ s{^    server_name [^;]*;\K}
               {\n    access_log %%DIR%%/access.log seen;}mg;
    $block =~ s{listen 127[^;]*;\K}{ listen 127.0.0.1:%%PORT_h2%% http2;
                set_real_ip_from 127.0.0.1; real_ip_header X-Address;};
    $block =~ s{^ +oauth_resource.*\n}{}mg;
    $block =~ s{^        oauth  +\w+;\K}
               { oauth_resource @{[ APP ]}; oauth_dpop optional;}mg;
    $block =~ s{^oauth_issuer asked .*?^\}}
               {oauth_issuer asked { issuer %%AS%%; @{[ opaque_rules() ]} }}ms;
    $block =~ s{/run/nginx-agents/}{%%DIR%%/}g;

    return nginx(<<"EOT", AS => $issuer->url, UP => app()->port, %options);
    oauth_issuer corp { issuer %%AS%%; $more }
    log_format seen '\$uri \$status "\$oauth_result"';
$block
    server {
        listen 127.0.0.1:%%PORT_status%%;
        location = /status { stub_status; }
    }
EOT
}


# The first block of the page: the rates alone, which are counted in bursts of
# requests; or with the limit for connections.

sub rates { return page('Limits', rates => 1, @_) }

sub connections { return page('Limits', @_) }

sub http {
    my ($nginx, $name) = @_;

    return $nginx->http($name, host => 'wiki.example.com');
}

sub new_client { return 'client-' . ++$clients }

sub new_address { return '192.0.2.' . ++$addresses }

sub pending { return $_[0]->pending('status') }

sub token { return as()->token(scope => 'wiki:read', @_) }


# Starts so many requests at once.

sub start_all {
    my ($nginx, $count, @fields) = @_;

    return map { http($nginx)->start('GET', '/', @fields) } 1 .. $count;
}


# How many got which status: "200 x 21, 429 x 9".

sub said {
    my %count;

    $count{$_}++ for map { $_->status } @_;

    return join ', ', map { "$_ x $count{$_}" } sort keys %count;
}


sub send_all { return said(finish_all(start_all(@_))) }


# How many requests of this client nginx still lets in.

sub left {
    my ($nginx, $count, @claims) = @_;

    return send_all($nginx, $count, token => token(@claims),
                    'X-Address' => new_address());
}


# Requests whose responses take their time.

sub hold {
    my ($nginx, $count, $flag, $token) = @_;

    return map { http($nginx)->start('GET', "/?wait=$flag", token => $token) }
               1 .. $count;
}


# How many of those have reached the app.

sub held {
    my ($flag) = @_;

    return scalar grep { $_->{line} =~ /wait=\Q$flag\E / } app()->requests;
}


# An issuer that nginx asks about opaque tokens, and what its block needs.

sub introspecting {
    my $asked = issuer(aud => APP);

    $asked->metadata(introspection_endpoint => $asked->url . '/introspect');

    return $asked;
}


sub opaque_rules {
    return 'introspect opaque; client_auth none; introspection_cache 60s;';
}

1;
