package OAuth::Test::Issuer;

# An authorization server for the tests: discovery documents and a key set.  It
# counts its requests, and fails in every way that a test asks for.
#
#   answer(jwks => status => 500)        another status, type, body, headers
#   answer(jwks => mode => 'hang')       for the modes see %modes
#   answer(jwks => file => $path)        a body that is too large for the state
#   answer(jwks => hold => 'flag')       answers once the test raises the flag,
#                                        then raises "flag-answered"
#   normal                               everything works again

use strict;
use warnings;

use parent 'OAuth::Test::Server';

use Compress::Zlib ();
use JSON::PP ();
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep);

use OAuth::Test::Token ();

my $json = JSON::PP->new->canonical->utf8;

my %modes = (
    hang       => \&send_nothing,       # reads the request, then silence
    reset      => \&send_reset,
    close      => sub { },              # closes without an answer
    short      => \&send_short,         # less than Content-Length says
    drip       => \&send_drip,          # a byte in 100 ms, without an end
    huge       => \&send_huge,          # 4 MiB
    endless    => \&send_endless,       # chunks, as long as they are taken
    huge_head  => \&send_huge_head,     # 4 MiB of header lines
    drip_head  => \&send_drip_head,     # as slowly as drip
    chunked    => \&send_chunked,
    bad_chunk  => \&send_bad_chunk,
    gzip       => \&send_gzip,
);


# options: keys, host ("127.0.0.1"), path ("", "/tenant"), aud

sub init {
    my ($self) = @_;

    my $host = $self->{host} // '127.0.0.1';

    $self->{path} //= '';
    $self->{url} = "http://$host:$self->{port}$self->{path}";

    $self->{names} = {
        discovery => "/.well-known/oauth-authorization-server$self->{path}",
        openid => "$self->{path}/.well-known/openid-configuration",
        jwks => '/jwks',
        introspect => '/introspect',
    };

    $self->{state} = { answers => {}, metadata => {}, tokens => {} };
    $self->set_keys(@{ $self->{keys} });

    return;
}


sub url { return $_[0]{url} }

sub jwks_url { return "http://127.0.0.1:$_[0]{port}/jwks" }


# The keys that it publishes.  The first one signs its tokens.

sub keys {
    my ($self, @keys) = @_;

    $self->set_keys(@keys);
    $self->save;

    return $self;
}


sub set_keys {
    my ($self, @keys) = @_;

    $self->{keys} = \@keys;
    $self->{state}{jwks} = { keys => [ map { $_->jwk } @keys ] };

    return;
}


# Members of the discovery documents that differ from the usual ones.

sub metadata {
    my ($self, %members) = @_;

    $self->{state}{metadata} = \%members;

    return $self->save;
}


sub answer {
    my ($self, $name, %answer) = @_;

    $self->{state}{answers}{ $self->{names}{$name} // $name } = \%answer;

    return $self->save;
}


# An opaque token that it has issued, and what it says about it (RFC 7662);
# it says "active": false about every other one, and this one, if there are no
# members.  The members iss, exp and scope are those of a good token, unless the
# test says otherwise; undef: there is no such member.

sub opaque {
    my ($self, $token, $members) = @_;

    my %answer = (active => JSON::PP::true, iss => $self->{url},
                  exp => time + 300, %{ $members || {} });

    delete @answer{ grep { !defined $answer{$_} } CORE::keys %answer };

    $self->{state}{tokens}{$token}
        = $members ? \%answer : { active => JSON::PP::false };
    $self->save;

    return $token;
}


# The Authorization header that it wants from those who ask.

sub wants {
    my ($self, $authorization) = @_;

    $self->{state}{wants} = $authorization;

    return $self->save;
}


# The forms with which it was asked, and the header Authorization of each.

sub questions {
    my ($self) = @_;

    my @questions;

    for my $request (grep { $_->{path} eq '/introspect' } $self->seen) {

        my %form = map { s/\+/ /gr =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
                   map { my ($name, $value) = split /=/, $_, 2;
                         ($name, $value // '') }
                   split /&/, $request->{body} // '';

        push @questions, { %form,
                           authorization => authorization($request) };
    }

    return @questions;
}


sub authorization {
    my ($request) = @_;

    my ($field) = grep { lc $_->[0] eq 'authorization' }
                  @{ $request->{headers} };

    return $field ? $field->[1] : '';
}


# Accepts connections, and does not read from them.

sub silent {
    my ($self) = @_;

    $self->{state}{silent} = 1;

    return $self->save;
}


sub normal {
    my ($self) = @_;

    $self->{state}{answers} = {};
    $self->{state}{metadata} = {};
    delete $self->{state}{silent};

    return $self->save;
}


# How many requests came: to a path, or at all.

sub count {
    my ($self, $name) = @_;

    my $path = defined $name ? $self->{names}{$name} // $name : undef;

    return scalar grep { !defined $path || $_->{path} eq $path } $self->seen;
}


# A good access token, except for the claims that the test changes.

sub token {
    my ($self, %claims) = @_;

    return $self->mint(claims => \%claims);
}


# The same with every option of OAuth::Test::Token::mint.

sub mint {
    my ($self, %options) = @_;

    my %claims = (iss => $self->{url},
                  defined $self->{aud} ? (aud => $self->{aud}) : ());

    $options{claims} = { %claims, %{ $options{claims} || {} } }
        unless defined $options{claims} && !ref $options{claims};

    return OAuth::Test::Token::mint(key => $self->{keys}[0], %options);
}


sub serve {
    my ($self, $client) = @_;

    my $buffer = '';

    if ($self->load->{silent}) {
        $self->record({ path => '(silent)' });
        return $self->hang($client);
    }

    while (my $request = $self->read_request($client, \$buffer)) {

        my ($path) = $request->{line} =~ /\A\S+ ([^ ?]*)/;
        $self->record({ path => $path, line => $request->{line},
                        headers => $request->{headers},
                        body => $request->{body} });

        my $state = $self->load;
        my $answer = $state->{answers}{$path} || {};

        if (defined $answer->{hold}) {
            $self->wait_for_flag($answer->{hold}, 120);
        }

        my $content = $self->content($state, $path, $answer, $request);
        my $mode = $answer->{mode};

        return $modes{$mode}->($self, $client, $content) if $mode;

        $self->write_all($client, head($content) . $content->{body});
        $self->raise_flag("$answer->{hold}-answered") if defined $answer->{hold};
    }

    return;
}


sub content {
    my ($self, $state, $path, $answer, $request) = @_;

    return $self->introspection($state, $answer, $request)
        if $path eq '/introspect';

    my $document = $path eq '/jwks' ? $state->{jwks}
        : (grep { $_ eq $path } @{ $self->{names} }{qw(discovery openid)})
            ? $self->document($state)
        : undef;

    my %content = (status => 200, type => 'application/json', headers => [],
                   body => $document ? $json->encode($document) : '');

    %content = (%content, status => 404, type => 'text/plain',
                body => "nothing here\n") unless $document;

    $content{body} = read_body($answer->{file}) if defined $answer->{file};

    return { %content, %$answer };
}


sub introspection {
    my ($self, $state, $answer, $request) = @_;

    my ($token) = ($request->{body} // '') =~ /(?:\A|&)token=([^&]*)/;
    my $sent = authorization($request);
    my $known = $state->{tokens}{ ($token // '')
                                  =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger };

    my %content = (status => 200, type => 'application/json', headers => [],
                   body => $json->encode($known
                                         || { active => JSON::PP::false }));

    %content = (%content, status => 401, body => '{"error":"invalid_client"}')
        if defined $state->{wants} && $sent ne $state->{wants};

    return { %content, %$answer };
}


sub read_body {
    my ($path) = @_;

    open my $in, '<', $path or die "gone: no $path\n";
    local $/;

    return scalar <$in>;
}


sub document {
    my ($self, $state) = @_;

    return {
        issuer => $self->{url}, jwks_uri => $self->jwks_url,
        authorization_endpoint => "$self->{url}/authorize",
        token_endpoint => "$self->{url}/token",
        response_types_supported => ['code'],
        code_challenge_methods_supported => ['S256'],
        registration_endpoint => "$self->{url}/register",
        %{ $state->{metadata} },
    };
}


sub head {
    my ($content, @more) = @_;

    my @fields = @more ? @more
        : [ 'Content-Length', length $content->{body} ];

    return join "\r\n", "HTTP/1.1 $content->{status} Status",
        (map { "$_->[0]: $_->[1]" } [ 'Content-Type', $content->{type} ],
            @{ $content->{headers} }, @fields), '', '';
}


sub send_nothing {
    my ($self, $client) = @_;

    return $self->hang($client);
}


sub send_reset {
    my ($self, $client) = @_;

    setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;

    return;
}


sub send_short {
    my ($self, $client, $content) = @_;

    my $half = length($content->{body}) / 2;

    $self->write_all($client,
                     head($content) . substr $content->{body}, 0, $half);

    return;
}


sub send_drip {
    my ($self, $client, $content) = @_;

    $self->write_all($client, head($content, [ 'Content-Length', 100_000 ]));

    for (1 .. 600) {
        $self->write_all($client, ' ');
        sleep 0.1;
    }

    return;
}


sub send_huge {
    my ($self, $client, $content) = @_;

    my $size = 4 * 1024 * 1024;

    $self->write_all($client, head($content, [ 'Content-Length', $size ]));
    $self->write_all($client, ' ' x 65_536) for 1 .. $size / 65_536;

    return;
}


# Records how many bytes went out before the other side closed.

sub send_endless {
    my ($self, $client, $content) = @_;

    my $chunk = sprintf "%x\r\n%s\r\n", 65_536, ' ' x 65_536;
    my $sent = 0;

    eval {
        $self->write_all($client,
                         head($content, [ 'Transfer-Encoding', 'chunked' ]));

        while ($sent < 1 << 30) {
            $self->write_all($client, $chunk);
            $sent += 65_536;
        }
    };

    $self->record({ path => '(endless)', sent => $sent });

    return;
}


sub send_huge_head {
    my ($self, $client, $content) = @_;

    $self->write_all($client, "HTTP/1.1 200 OK\r\n");
    $self->write_all($client, "X-Padding: @{[ 'x' x 8000 ]}\r\n")
        for 1 .. 500;
    $self->write_all($client, "\r\n$content->{body}");

    return;
}


sub send_drip_head {
    my ($self, $client) = @_;

    $self->write_all($client, "HTTP/1.1 200 OK\r\n");

    for (1 .. 600) {
        $self->write_all($client, "X-Padding: x\r\n");
        sleep 0.1;
    }

    return;
}


sub send_chunked {
    my ($self, $client, $content) = @_;

    $self->write_all($client,
                     head($content, [ 'Transfer-Encoding', 'chunked' ]));

    for my $part (unpack '(a7)*', $content->{body}) {
        $self->write_all($client, sprintf "%x\r\n%s\r\n", length $part, $part);
    }

    $self->write_all($client, "0\r\n\r\n");

    return;
}


sub send_bad_chunk {
    my ($self, $client, $content) = @_;

    $self->write_all($client,
                     head($content, [ 'Transfer-Encoding', 'chunked' ])
                     . "zz\r\n$content->{body}\r\n0\r\n\r\n");

    return;
}


sub send_gzip {
    my ($self, $client, $content) = @_;

    my $body = Compress::Zlib::memGzip($content->{body});

    $self->write_all($client,
                     head($content, [ 'Content-Encoding', 'gzip' ],
                          [ 'Content-Length', length $body ]) . $body);

    return;
}

1;
