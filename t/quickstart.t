#!/usr/bin/perl
#
# Runs the examples of docs/quickstart.md that come after the first 200, exactly
# as they stand there: the commands for a token, the limit for each client, the
# ways to roll out, the list of those who are cut off, and the regex locations.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw(encode_base64);

use OAuth::Test;
use OAuth::Test::Document qw(conf);
use Source qw(doc_blocks);

use constant { QUICKSTART => 'docs/quickstart.md',
               APP => 'https://wiki.example.com' };

my $as = issuer(aud => APP);
my $upstream = upstream();

check_token();
check_limit();
check_second_address();
check_look_first();
check_cut_off();
check_regex();

finish();


# An nginx with the block of a section.  Its resources are those that the page
# means, although the test has no TLS.

sub start {
    my ($section, %options) = @_;

    my $info = delete $options{info} // 'http';
    my $block = conf(QUICKSTART, section => $section, info => $info, at => 0);
    my $name = $block =~ /^server_name/m ? '' : 'server_name wiki.example.com;';

    $block = "server {\nlisten 127.0.0.1:%%PORT_main%%;\n$name\n$block"
             . ($options{also} // '') . "}\n"
        if $info =~ /\Aserver\b/;

    $block =~ s{(server_name\s+(\S+);)}{$1 oauth_resource https://$2;}g;
    $block = ($options{before} // '') . $block;
    $block =~ s{/var/log/nginx/}{%%DIR%%/}g;
    $block =~ s{/usr/share/wiki}{%%DIR%%/html}g;

    return nginx("oauth_issuer corp { issuer %%AS%%; }\n$block",
                 AS => $as->url, UP => $upstream->port, %options);
}


sub wiki { return $_[0]->http(undef, host => 'wiki.example.com') }

sub reader { return $as->token(scope => 'wiki:read', @_) }


# The commands of section 4, with an authorization server that knows the client.

sub check_token {
    my $nginx = start('3. Protect a location', info => 'server');
    my $token = reader();
    my $commands = join "\n",
        map { $_->{body} } grep { $_->{section} eq '4. Check' }
            doc_blocks(QUICKSTART, 'sh');

    $as->metadata(token_endpoint => $as->url . '/token');
    $as->answer('/token' => body => JSON::PP->new->pretty->encode(
        { access_token => $token, token_type => 'Bearer' }));

    $commands =~ s/^nginx -t .*\n//m or die "no nginx -t\n";
    $commands =~ s{^APP=(\S+)$}
                  {"APP=http://wiki.example.com:" . $nginx->port('main')}me
        or die "no APP\n";
    $commands =~ s{^ISSUER=\K.*$}{$as->url}me or die "no ISSUER\n";
    $commands = "curl() { command curl --noproxy '*' -m 20 --connect-to "
                . "'wiki.example.com::127.0.0.1:' \"\$\@\"; }\n$commands";

    $nginx->write_file('commands', $commands);

    my $dir = $nginx->dir;
    my $said = qx{sh -eu '$dir/commands' 2>'$dir/complaints'};

    is($?, 0, 'the commands run') or diag($nginx->read_file('complaints'));
    is(join(' ', $said =~ m{HTTP/1\.1 (\d+)}g), '401 200',
       'the first is refused, the last is not') or diag($said);
    like($said, qr/^WWW-Authenticate: Bearer resource_metadata="/m,
         'with a challenge');
    like($said, qr/"resource": ?"\Q@{[ APP ]}\E"/, 'the metadata');

    my ($asked) = grep { $_->{path} eq '/token' } $as->seen;
    my ($basic) = map { $_->[1] }
        grep { lc $_->[0] eq 'authorization' } @{ $asked->{headers} };

    like($asked->{line}, qr/^POST /, 'the token endpoint was asked');
    is($basic, 'Basic ' . encode_base64('my-client:my-secret', ''),
       'by the client');
    like($asked->{body}, qr/\Agrant_type=client_credentials&scope=wiki:read&resource=http%3A%2F%2Fwiki\.example\.com%3A\d+\z/,
         'for the resource');

    $as->normal;

    return;
}


# The line of the audit log about the last request.

sub last_record {
    my ($nginx) = @_;

    my $before = $nginx->{audited} // 0;
    my @lines;

    wait_until(sub {
        @lines = split /\n/, $nginx->read_file('audit.json');
        return @lines > $before;
    });

    is(scalar @lines, $before + 1, 'one line in the audit log');
    $nginx->{audited} = @lines;

    return eval { JSON::PP->new->utf8->decode($lines[-1]) } || {};
}


sub check_limit {
    my $nginx = start('6. Limit each client');
    my $http = wiki($nginx);
    my %token = map { $_ => reader(client_id => $_) } qw(one two);

    # The statuses of many requests at once, with the number of challenges.

    my $statuses = sub {
        my (@fields) = @_;

        my %seen;

        $seen{$_->status . '/' . $_->challenge->{lines}}++ for
            finish_all(map { $http->start('GET', '/', @fields) } 1 .. 60);

        return \%seen;
    };

    is($http->get('/', token => $token{one})->status, 200, 'the keys are there');

    my $seen = $statuses->(token => $token{one});

    is_deeply([ sort keys %$seen ], [ '200/0', '429/0' ],
              'too many of a client: 429 without a challenge');
    cmp_ok($seen->{'200/0'}, '>=', 20, 'after its burst');

    is($http->get('/', token => $token{two})->status, 200,
       'another client from this address is not limited');
    is_refused($http->get('/'), 401, '', 'nor is somebody without a token');

    $seen = $statuses->();
    is_deeply([ sort keys %$seen ], [ '401/1', '429/0' ],
              'too many without a token: 429 without a challenge');
    is($http->get('/.well-known/oauth-protected-resource')->status, 200,
       'the metadata are not limited');
    is($http->get('/', token => $token{two})->status, 200,
       'a token still counts by its client');

    return;
}


sub check_second_address {
    my $nginx = start('7. Roll it out next to a login');
    my $people = wiki($nginx);
    my $agents = $nginx->http(undef, host => 'agents.wiki.example.com');
    my $token = reader(aud => 'https://agents.wiki.example.com');
    my @session = (Cookie => 'session=1', Authorization => 'Bearer of-the-app');

    my $response = $people->get('/', @session, 'X-User' => 'mallory',
                                X_User => 'mallory');

    is($response->status, 200, 'people: as before');
    is_deeply([ $response->echoed('Authorization') ], [ $session[3] ],
              'with the login of the app');
    is_deeply([ $response->echoed('Cookie') ], [ $session[1] ], 'all of it');
    is_deeply([ $response->echoed('X-User') ], [], 'nobody makes up a user');

    is_refused($agents->get('/', @session[0, 1]), 401, '', 'agents: no token');

    $response = $agents->get('/', token => $token, 'X-User' => 'mallory');
    is($response->status, 200, 'agents: a token');
    is_deeply([ $response->echoed('X-User') ], [ 'alice' ], 'with its user');
    is($people->get('/.well-known/oauth-protected-resource')->status, 200,
       'the app answers for its own metadata');

    return;
}


sub check_look_first {
    my $slow = issuer(aud => APP);

    $slow->answer(jwks => status => 500);

    my ($audit) = conf('docs/audit.md', section => 'Format', at => 0)
                  =~ /\A(.*?)^server \{/ms;
    my $nginx = start('7. Roll it out next to a login', info => 'server warns',
        before => "oauth_issuer slow { issuer %%SLOW%%; }\n$audit\n",
        also => 'access_log %%DIR%%/audit.json audit; location /slow { '
                . 'oauth corp slow; oauth_dry_run on; '
                . 'proxy_pass http://127.0.0.1:%%UP%%; }',
        SLOW => $slow->url);
    my $http = wiki($nginx);

    for ([ 'a good token', 'ok', token => reader() ],
         [ 'no token', 'no_token' ],
         [ 'a token without the scope', 'insufficient_scope',
           token => reader(scope => 'x') ],
         [ 'an expired token', 'expired', token => reader(exp => time - 999) ],
         [ 'a token of the app', 'malformed_token',
           Authorization => 'Bearer of-the-app' ])
    {
        my ($name, $reason, @fields) = @$_;

        my $response = $http->get('/', @fields, 'X-User' => 'mallory');
        my ($sent) = grep { defined } $fields[0] && $fields[0] eq 'token'
            ? "Bearer $fields[1]" : $fields[1];

        is($response->status, 200, "look first: $name is let in");
        is($response->challenge->{lines}, 0, "$name: no challenge");
        is_deeply([ $response->echoed('Authorization') ], [ $sent // () ],
                  "$name: Authorization is as it was");
        is_deeply([ $response->echoed('X-User') ],
                  [ $reason eq 'ok' ? 'alice' : () ], "$name: who it is");

        my $record = last_record($nginx);

        is($record->{reason}, $reason, "$name: the log says why");
        is("$record->{outcome} $record->{status}",
           $reason eq 'ok' ? 'admitted 200' : 'refused 200',
           "$name: and that it was let in");
    }

    is($http->get('/slow', token => $slow->token(scope => 'wiki:read'))
       ->status, 200, 'no keys: let in');
    is(last_record($nginx)->{reason}, 'keys_unavailable', 'the log says why');

    return;
}


sub check_cut_off {
    my $nginx = start('8. Cut somebody off');
    my $http = wiki($nginx);

    for ([ 'nobody', 200, client_id => 'laptop' ],
         [ 'a client', 403, client_id => 'lost-laptop' ],
         [ 'in upper case', 403, client_id => 'LOST-laptop' ],
         [ 'by azp', 403, client_id => undef, azp => 'lost-laptop' ],
         [ 'a longer name', 200, client_id => 'lost-laptop-2' ],
         [ 'no client', 403, client_id => undef ],
         [ 'a person', 403, client_id => 'laptop',
           sub => 'mallory@example.com' ],
         [ 'another person', 200, client_id => 'laptop',
           sub => 'alice@example.com' ])
    {
        my ($name, $status, @claims) = @$_;
        my $token = reader(@claims);

        for my $how ('', ', a token that is known') {
            my $response = $http->get('/', token => $token);

            is($response->status, $status, "cut off: $name$how");

            is_refused($response, 403, undef, "$name$how: no challenge")
                if $status == 403;
        }
    }

    is_refused($http->get('/', token => reader(client_id => 'lost-laptop',
                                               exp => time - 999)),
               401, 'invalid_token', 'a bad token is refused as such');
    cmp_ok(scalar $nginx->wait_for_log(qr/requirement_not_met: .* "iss"/), '>',
           0, 'the reason');

    return;
}


sub check_regex {
    my $nginx = start('9. Regex locations', info => 'server');
    my $http = wiki($nginx);
    my $admin = reader(scope => 'wiki:read wiki:admin');

    mkdir $nginx->dir . '/html/static';
    $nginx->write_file('html/static/a.css', "a file\n");

    for ([ '/page', 401, 200, 200 ],
         [ '/a.pdf', 401, 200, 200 ],
         [ '/admin', 401, 403, 200 ],
         [ '/admin/', 401, 403, 200 ],
         [ '/admin/a.pdf', 401, 403, 200 ],
         [ '/admin/static/a.css', 401, 403, 200 ],
         [ '//admin/', 401, 403, 200 ],
         [ '/page/../admin/', 401, 403, 200 ],
         [ '/administrator', 401, 200, 200 ],
         [ '/static/a.css', 200, 200, 200 ],
         [ '/static/a.php', 401, 200, 200 ],
         [ '/a.css', 401, 200, 200 ])
    {
        my ($path, @wanted) = @$_;

        is($http->get($path)->status, $wanted[0], "regex: $path");
        is($http->get($path, token => reader())->status, $wanted[1],
           "$path with wiki:read");
        is($http->get($path, token => $admin)->status, $wanted[2],
           "$path with wiki:admin");
    }

    is($http->get('/static/a.css')->body, "a file\n", 'the open file');

    for my $path ('/page', '/a.pdf', '/admin/') {
        is_deeply([ $http->get($path, token => $admin, 'X-User' => 'mallory')
                    ->echoed('X-User') ], [ 'alice' ], "$path: the user");
    }

    return;
}
