#!/usr/bin/perl
#
# The audit line of docs/audit.md, exactly as it stands there: each line is JSON
# with all members, whatever a token or a client says, and the page describes
# exactly these members.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Document qw(conf);
use Source qw(slurp);

use constant { PAGE => 'docs/audit.md', APP => 'https://wiki.example.com' };

my $as = issuer(aud => APP);
my $upstream = upstream();

$as->metadata(introspection_endpoint => $as->url . '/introspect');

my $block = conf(PAGE, section => 'Format', info => 'http', at => 0);

$block =~ s{(server_name\s+(\S+);)}{$1 oauth_resource https://$2;};
$block =~ s{/var/log/nginx/}{%%DIR%%/};

# Places that the page only speaks about.

$block =~ s<^(\s+)location / \{><
        location /open { oauth off; return 204; }
        location /variable {
            oauth corp;
            oauth_resource https://wiki.example.com/variable;
            oauth_scope "wiki:\$oauth_claim_team";
            oauth_scope extra|other;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /page {
            oauth corp;
            oauth_scope wiki:read;
            oauth_scope wiki:write method=POST;
            error_page 403 = /error;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location = /error { oauth off; return 403 "no\\n"; }
        location /any {
            oauth corp;
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
        location /dry {
            oauth corp;
            oauth_scope wiki:write;
            oauth_dry_run on;
            proxy_pass http://127.0.0.1:%%UP%%;
        }
$1location / {>m or die "no location\n";

my $nginx = nginx("oauth_issuer corp { issuer %%AS%%; introspect opaque; "
                  . "client_auth none; }\n$block",
                  AS => $as->url, UP => $upstream->port);

my $http = $nginx->http(undef, host => 'wiki.example.com');
my $json = JSON::PP->new->utf8;
my $lines = 0;

my @members = qw(time outcome reason status issuer subject client actors
                 token_id token_kind scopes_held scopes_required resource
                 method path tool address request_id trace_id);


# The line of the request that was sent last.

sub line {
    $lines++;

    wait_until(sub { (() = $nginx->read_file('audit.json') =~ /\n/g)
                     >= $lines }, 10) or die "no line\n";

    my @all = split /\n/, $nginx->read_file('audit.json');

    is(scalar @all, $lines, 'one line for one request');

    return $json->decode($all[-1]);
}


sub has {
    my ($name, $expected) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $line = line();

    is_deeply([ sort keys %$line ], [ sort @members ], "$name: all members");
    is(join(' ', grep { ref $line->{$_} } keys %$line), '',
       "$name: which are strings");
    is_deeply({ map { $_ => $line->{$_} } keys %$expected }, $expected,
              $name);

    return $line;
}


sub reader {
    return $as->token(scope => 'wiki:read', client_id => 'robot',
                      jti => 'j-1', @_);
}


my %nobody = (issuer => '', subject => '', client => '', actors => '',
              token_id => '', token_kind => '', scopes_held => '');

my $trace = '4bf92f3577b34da6a3ce929d0e0e4736';

# admitted

$http->get('/docs?token=secret', token => reader(
               act => { sub => 'agent-7', act => { sub => 'portal' } }),
           'Mcp-Name' => 'search', traceparent => "00-$trace-00f067aa0ba902b7-01");

my $line = has('admitted', {
    outcome => 'admitted', reason => 'ok', status => '200',
    issuer => $as->url, subject => 'alice', client => 'robot',
    actors => 'agent-7,portal', token_id => 'j-1', token_kind => 'jwt',
    scopes_held => 'wiki:read', scopes_required => 'wiki:read',
    resource => APP, method => 'GET', path => '/docs', tool => 'search',
    address => '127.0.0.1', trace_id => $trace,
});

like($line->{time}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\z/,
     'the time');
like($line->{request_id}, qr/\A[0-9a-f]{32}\z/, 'the id of the request');
is((map { $_->[1] } grep { lc $_->[0] eq 'x-request-id' }
    @{ ($upstream->requests)[-1]{headers} })[0], $line->{request_id},
   'which the app gets');

my $id = $line->{request_id};

$http->get('/docs', token => $as->opaque('opaque-1', {
    sub => 'bob', aud => APP, scope => 'wiki:read', act => { sub => 'a' } }));

$line = has('an opaque token', {
    outcome => 'admitted', subject => 'bob', actors => 'a',
    token_kind => 'opaque', token_id => '', client => '', tool => '',
    trace_id => '' });
isnt($line->{request_id}, $id, 'another id');

# refused

$http->get('/docs', 'Mcp-Name' => 'delete');
has('without a token', {
    %nobody, outcome => 'refused', reason => 'no_token', status => '401',
    scopes_required => 'wiki:read', resource => APP, tool => 'delete' });

$http->get('/docs', token => reader(exp => time - 999, sub => 'eve'));
has('a token that is not verified', {
    %nobody, outcome => 'refused', reason => 'expired', status => '401' });

$http->request('POST', '/docs', body => 'x', token => reader());
has('a scope is missing', {
    outcome => 'refused', reason => 'insufficient_scope', status => '403',
    subject => 'alice', client => 'robot', token_id => 'j-1',
    scopes_held => 'wiki:read', scopes_required => 'wiki:read wiki:write',
    method => 'POST' });

$http->request('POST', '/page', body => 'x', token => reader());
has('a scope is missing, and there is an error page', {
    outcome => 'refused', reason => 'insufficient_scope', status => '403',
    subject => 'alice', scopes_required => 'wiki:read wiki:write',
    resource => APP, path => '/page' });

$http->get('/docs', token => reader(), Authorization => 'Basic x');
has('nginx itself ends a request with two Authorization', {
    %nobody, outcome => 'unchecked', reason => '', status => '400' });

$nginx->{nginx_logs_tokens} = 1;

# scopes with variables, another resource

$http->get('/variable', token => reader(
    aud => APP . '/variable', team => 'blue', scope => 'wiki:blue other'));
has('a scope with a variable', {
    outcome => 'admitted', scopes_held => 'wiki:blue other',
    scopes_required => 'wiki:blue extra', resource => APP . '/variable' });

$http->get('/variable', token => reader(
    aud => APP . '/variable', team => 'red', scope => 'wiki:blue other'));
has('a scope with a variable is missing', {
    outcome => 'refused', reason => 'insufficient_scope',
    scopes_required => 'wiki:red extra' });

# not checked, and overruled

$http->get('/open', token => reader());
has('an open location', {
    %nobody, outcome => 'unchecked', reason => '', status => '204',
    resource => '', scopes_required => '' });

$http->get('/any');
has('satisfy any', {
    %nobody, outcome => 'refused', reason => 'no_token', status => '200' });

# a dry run

$http->get('/dry', token => reader());
has('a dry run', {
    outcome => 'refused', reason => 'insufficient_scope', status => '200',
    subject => 'alice', scopes_held => 'wiki:read',
    scopes_required => 'wiki:write' });

$http->get('/dry', token => reader(scope => 'wiki:write'));
has('a dry run with a good token', {
    outcome => 'admitted', reason => 'ok', status => '200' });

# what a token says is safe in JSON

for ([ 'quotes', 'a"b\\c","reason":"ok' ], [ 'UTF-8', "M\x{fc}ller \x{1f600}" ],
     [ 'a slash and a tag', '</script>' ])
{
    my ($name, $text) = @$_;

    $http->get('/docs', token => reader(
        sub => $text, client_id => $text, jti => $text,
        act => { sub => $text, act => { sub => 'x,y%' } }));
    has($name, { reason => 'ok', subject => $text, client => $text,
                 token_id => $text,
                 actors => ($text =~ s/,/%2C/gr) . ',x%2Cy%25' });
}

$http->get('/docs', token => reader(sub => "a\nb", client_id => "a\"\r\nb",
                                    act => { sub => "a\x{85}" }));
has('line ends', { reason => 'ok', subject => '', client => '', actors => '',
                   token_id => 'j-1' });

$http->get('/docs', token => reader(client_id => 'https://a.test/c.json?x=1'));
has('a client that is a URL', { client => 'https://a.test/c.json?x=1' });

# and so is what a client sends

for ([ 'quotes', 'a"b\\', 'a"b\\' ], [ 'UTF-8', "M\xc3\xbc", '' ],
     [ 'bytes that are not UTF-8', "\xff\xfe", '' ],
     [ 'a long name', 'a' x 257, '' ], [ 'almost', 'a' x 256, 'a' x 256 ],
     [ 'Base64', '=?base64?TcO8?=', '=?base64?TcO8?=' ])
{
    my ($name, $tool, $expected) = @$_;

    $http->get('/docs', token => reader(), 'Mcp-Name' => $tool);
    has("tool: $name", { reason => 'ok', tool => $expected });
}

for ([ 'of another version', "cc-$trace-00f067aa0ba902b7-01-what", $trace ],
     [ 'zeros', '00-' . '0' x 32 . '-00f067aa0ba902b7-01', '' ],
     [ 'upper case', "00-\U$trace\E-00f067aa0ba902b7-01", '' ],
     [ 'too short', '00-4bf92f-00f067aa0ba902b7-01', '' ],
     [ 'something else', 'x"y', '' ])
{
    my ($name, $sent, $expected) = @$_;

    $http->get('/docs', token => reader(), traceparent => $sent);
    has("trace: $name", { reason => 'ok', trace_id => $expected });
}

$http->get('/do"cs/%22%0a?"q"', token => reader());
has('a path with quotes', { path => '/do"cs/%22%0a' });

$http->get("/d\xc3\xbc\xff/x", token => reader());
has('a path that is not ASCII is cut', { path => '/d' });

# the page

my ($section) = slurp(PAGE) =~ /^## Members\n(.*)/ms;
my @described = map { /`(\w+)`/g } $section =~ /^\| (`[^|]*) \|/mg;

is_deeply([ sort @described ], [ sort @members ],
          'the page describes all members, and no others');

finish();
