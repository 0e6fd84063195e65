package OAuth::Bench::Gateways;

# nginx as a gateway: bare, with which all others are compared; with the module;
# and with a refusal of its own.

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

use OAuth::Bench::Cpu qw(load_cpu);
use OAuth::Bench::Nginx;
use OAuth::Bench::Tokens qw(ISSUER RESOURCE claims);
use OAuth::Test::Assertion qw(make_key);
use OAuth::Test::Http;

our @EXPORT_OK = qw(app asserting bare introspecting module nginx_conf proving
                    refusal storing);

# Settings that do not affect an answer.

my %general = map { $_ => 1 }
    qw(server date content-length content-type connection);


# The app behind all of them: it gives a constant answer, and at /seen it says
# what it was sent.  At /introspect it is an authorization server, to which every
# opaque token is the same active one.

sub app {
    my $answer = JSON::PP->new->canonical->encode({
        active => JSON::PP::true, token_type => 'Bearer', claims(7) });

    return OAuth::Bench::Nginx->new(name => 'app', module => 0,
                                    cpu => load_cpu(), ANSWER => $answer,
                                    conf => <<'EOT')->start;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;

    server {
        listen 127.0.0.1:%%PORT_main%%;

        location = /seen {
            return 200 "user=$http_x_user token=$http_authorization";
        }

        location = /introspect {
            default_type application/json;
            return 200 '%%ANSWER%%';
        }

        location / {
            return 200 "hello\n";
        }
    }
EOT
}


# The content of http { } around what a gateway has in its location, its server
# and beside it.

sub nginx_conf {
    my (%parts) = @_;

    $parts{$_} //= '' for qw(http server location);
    $parts{proxy} //= 'proxy_pass http://app;';

    return <<"EOT";
    keepalive_requests 1000000000;
    keepalive_timeout 1h;

    upstream app {
        server 127.0.0.1:%%APP%%;
        keepalive 64;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }

    proxy_http_version 1.1;
    proxy_set_header Connection "";

    $parts{http}

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;

        $parts{server}

        location / {
            $parts{location}
            $parts{proxy}
        }
    }
EOT
}


# Options: location, server, http as in nginx_conf.

sub bare {
    my ($app, %options) = @_;

    return OAuth::Bench::Nginx->new(
        name => 'nginx', module => 0, APP => $app->port,
        conf => nginx_conf(%options))->start;
}


# Options: name, cache (entries), issuer (directives of the issuer), beside,
# prepare (a function that gets the object before it is started), and the same.

sub module {
    my ($app, $key, %options) = @_;

    my $self = OAuth::Bench::Nginx->new(
        name => $options{name} // 'ngx_oauth_module', APP => $app->port, ISSUER => ISSUER,
        RESOURCE => RESOURCE, CACHE => $options{cache} // 4096,
        beside => $options{beside},
        MORE => $options{issuer} // '',
        conf => nginx_conf(
            http => <<'EOT' . ($options{http} // ''),
    oauth_cache %%CACHE%%;
    oauth_issuer corp {
        issuer %%ISSUER%%;
        jwks_file %%DIR%%/jwks.json;
        %%MORE%%
    }
EOT
            server => "oauth_resource %%RESOURCE%%;\n"
                      . ($options{server} // ''),
            location => $options{location} // <<'EOT'));
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
EOT

    $self->write_file('jwks.json',
        JSON::PP->new->canonical->encode({ keys => [ $key->jwk ] }));

    $options{prepare}->($self) if $options{prepare};

    return $self->start;
}


# With opaque tokens, about which it asks the app.

sub introspecting {
    my ($app, $key) = @_;

    return module($app, $key, issuer => <<"EOT");
        introspect opaque;
        introspection_endpoint http://127.0.0.1:${\$app->port}/introspect;
        introspection_cache 1h;
        client_auth none;
EOT
}


# With tokens that need a DPoP proof.

sub proving {
    my ($app, $key) = @_;

    return module($app, $key, http => "oauth_dpop_replay 64m;\n",
                  location => <<'EOT');
            oauth corp;
            oauth_scope read;
            oauth_header X-User sub;
            oauth_dpop required max_age=1h;
EOT
}


# With a store of revocations.  Option: beside, as in OAuth::Bench::Nginx.

sub storing {
    my ($app, $key, %options) = @_;

    return module($app, $key, %options,
        prepare => sub { $_[0]->make_folder('store') },
        http => "oauth_revocation_store %%DIR%%/store;\n",
        server => 'location = /admin { oauth off; oauth_revoke admin; }');
}


# The app gets an assertion.

sub asserting {
    my ($app, $key) = @_;

    return module($app, $key,
        prepare => sub { make_key($_[0]->dir . '/assertion.pem') },
        server => <<'EOT');
        oauth_assertion_key %%DIR%%/assertion.pem;
        oauth_assertion X-Assertion;
EOT
}


# nginx's own "return" with the same header fields and body as an answer.

sub refusal {
    my ($app, $response) = @_;

    my (undef, @lines) = split /\n/, $response->head;
    my $type = $response->header('Content-Type');
    my $fields = '';

    for (@lines) {
        my ($name, $value) = split /: /, $_, 2;
        next if $general{ lc $name };
        $fields .= "add_header $name " . quoted($value) . " always;\n";
    }

    return OAuth::Bench::Nginx->new(
        name => 'return 401', module => 0, APP => $app->port,
        conf => nginx_conf(
            location => "default_type $type;\n$fields",
            proxy => 'return ' . $response->status . ' '
                     . quoted($response->body) . ';'))->start;
}


sub quoted {
    my ($text) = @_;

    die "nginx would take this for a variable: $text\n" if $text =~ /\$/;

    $text =~ s/([\\"])/\\$1/g;

    return "\"$text\"";
}

1;
