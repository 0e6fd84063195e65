#!/usr/bin/perl
#
# Runs the configuration of docs/agents/mcp.md, a scope for each MCP tool,
# exactly as it stands there.  The test checks which calls are let in.  It also
# checks that no tool runs for a token without the tool's scope, whatever a
# client sends and however the server reads repeated headers, provided that the
# server compares the headers with the body.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();

use OAuth::Test;
use OAuth::Test::Document qw(conf);
use OAuth::Test::Http2Client;

my $json = JSON::PP->new->canonical->utf8;
my $as = issuer();
my $upstream = upstream();
my $recipe = conf('docs/agents/mcp.md');
my $dashless = conf('docs/agents/mcp.md', info => 'location');

$dashless =~ s/^proxy_pass.*\n//m;

# The configuration of the page; the same with underscores in headers; and for
# HTTP/2.

my ($maps, $server) = $recipe =~ /\A(.*?)^(server \{.*\})\s*\z/ms;
my $underscores = $server =~ s/PORT_main/PORT_under/r
    =~ s/server \{/server {\n    underscores_in_headers on;/r
    =~ s/(?=^ *proxy_http_version)/$dashless/mr;
my $http2 = $server =~ s/PORT_main%%/PORT_two%% http2/r;

my $nginx = nginx(<<"EOT", AS => $as->url, UP => $upstream->port);
    oauth_issuer corp { issuer %%AS%%; }

$maps
$server
$underscores
$http2
EOT

my @http = ((map { $nginx->http($_, host => 'wiki.example.com') }
                 qw(main under)),
            OAuth::Test::Http2Client->new(port => $nginx->port('two')));
my $http = $http[0];
my $all = 'notes:read notes:write notes:admin';
my $version = '2026-07-28';

# The scopes that a tool needs, as the page says.

my %needs = (search => 'notes:read', show => 'notes:read', "\x{fc}ber" =>
    'notes:read', create => 'notes:read notes:write', edit =>
    'notes:read notes:write', wipe => $all, SEARCH => $all);


sub token {
    my ($scope) = @_;

    return $as->token(aud => 'https://wiki.example.com/mcp', scope => $scope);
}


my %token = map { $_ => token($_) }
    'notes:read', 'notes:read notes:write', $all, 'other';


# The headers of a call, and its body.

sub call {
    my ($tool, %other) = @_;

    my %call = (version => $version, method => 'tools/call', name => $tool,
                %other);

    return map { defined $call{ $_->[1] } ? ($_->[0] => $call{ $_->[1] }) : () }
        [ 'MCP-Protocol-Version', 'version' ], [ 'Mcp-Method', 'method' ],
        [ 'Mcp-Name', 'name' ];
}


sub body {
    my ($tool, $method) = @_;

    return $json->encode({ jsonrpc => '2.0', id => 1,
        method => $method // 'tools/call', params => { name => $tool } });
}


# Returns "yes", or the scopes that the refusal names for this call.

sub verdict {
    my ($scope, $method, @headers) = @_;

    my $response = $http->request($method, '/mcp', token => $token{$scope},
                                  @headers);

    return 'yes' if $response->status == 200;

    my ($line) = $response->status == 403
        ? $response->challenge->{fields}{scope} : $response->status;

    return $line;
}


# which calls are let in, and with which scopes

for my $tool (qw(search show create edit)) {
    for my $scope (sort keys %token) {
        my %has = map { $_ => 1 } split ' ', $scope;
        my $enough = !grep { !$has{$_} } split ' ', $needs{$tool};

        is(verdict($scope, 'POST', call($tool), body => body($tool)),
           $enough ? 'yes' : $needs{$tool}, "$tool with $scope");
    }
}

# Each row changes the name or value of one header in a good call of "search".

for (
    [ 'a tool that is not listed', name => 'wipe' ],
    [ 'upper case', name => 'SEARCH' ],
    [ 'one letter in upper case', name => 'Search' ],
    [ 'longer', name => 'search2' ],
    [ 'shorter', name => 'searc' ],
    [ 'with a suffix', name => 'search:x' ],
    [ 'empty', name => '' ],
    [ 'absent', name => undef ],
    [ 'a tab', name => "search\tx" ],
    [ 'a tab before', name => "\tsearch" ],
    [ 'two names', name => 'search, wipe' ],
    [ 'encoded without need', name => '=?base64?c2VhcmNo?=' ],
    [ 'encoded, unlisted', name => '=?base64?d2lwZQ==?=' ],
    [ 'encoded, the marker in upper case', name => '=?BASE64?w7xiZXI=?=' ],
    [ 'encoded, no padding', name => '=?base64?w7xiZXI?=' ],
    [ 'encoded, in lower case', name => '=?base64?w7xizxi=?=' ],
    [ 'raw UTF-8', name => "\xc3\xbcber" ],
    [ 'method in upper case', method => 'TOOLS/CALL' ],
    [ 'another method', method => 'prompts/get' ],
    [ 'a longer method', method => 'xtools/call' ],
    [ 'no method', method => undef ],
    [ 'the name in the method', method => 'tools/call:search' ],
    [ 'a method without names', method => 'tools/list' ],
    [ 'a method that is not listed', method => 'initialize' ],
    [ 'no version', version => undef ],
    [ 'an empty version', version => '' ],
    [ 'an older version', version => '2025-11-25' ],
    [ 'the day before', version => '2026-07-27' ],
    [ 'a draft', version => 'DRAFT-2026-v1' ],
    [ 'a version and more', version => '2026-07-28-rc' ],
    [ 'more and a version', version => 'v2026-07-28' ],
    [ 'a version below', version => '1999-12-31' ],
    [ 'two versions', version => '2026-07-28, 2025-11-25' ],
    [ 'two digits', version => '26-07-28' ],
    [ 'five digits', version => '12026-07-28' ],
    [ 'a version with a tab', version => "2026-07-28\t" ],
) {
    my ($name, $member, $value) = @$_;
    my @headers = call('search', $member => $value);

    is(verdict('notes:read', 'POST', @headers, body => body('search')), $all,
       "all scopes: $name");
    is(verdict($all, 'POST', @headers, body => body('search')), 'yes',
       "with all scopes: $name");
}

for (
    [ 'later in that month', version => '2026-07-31' ],
    [ 'later in that year', version => '2026-08-01' ],
    [ 'in its last month', version => '2026-12-09' ],
    [ 'the next year', version => '2027-01-01' ],
    [ 'another decade', version => '2030-06-18' ],
    [ 'the last one', version => '2099-12-31' ],
    [ 'a tool with a name in UTF-8', name => '=?base64?w7xiZXI=?=' ],
    [ 'spaces around', name => ' search  ' ],
    [ 'the list of tools', method => 'tools/list', name => undef ],
    [ 'the list of prompts', method => 'prompts/list', name => undef ],
    [ 'discovery', method => 'server/discover', name => undef ],
) {
    my ($name, $member, $value, @more) = @$_;

    is(verdict('notes:read', 'POST', call('search', $member => $value, @more),
               body => body('search')), 'yes', "reading is enough: $name");
    is(verdict('other', 'POST', call('search', $member => $value, @more),
               body => body('search')), 'notes:read', "and is needed: $name");
}

# What the value of a parameter needs.

for (
    [ 'shared', 'notes:read', 'Mcp-Param-Vault' => 'shared' ],
    [ 'spaces around', 'notes:read', 'Mcp-Param-Vault' => '  shared ' ],
    [ 'the name in lower case', 'notes:read', 'mcp-param-vault' => 'shared' ],
    [ 'another value', $all, 'Mcp-Param-Vault' => 'private' ],
    [ 'upper case', $all, 'Mcp-Param-Vault' => 'SHARED' ],
    [ 'longer', $all, 'Mcp-Param-Vault' => 'shared2' ],
    [ 'a tab', $all, 'Mcp-Param-Vault' => "shared\t" ],
    [ 'empty', $all, 'Mcp-Param-Vault' => '' ],
    [ 'absent', $all ],
    [ 'two values', $all, 'Mcp-Param-Vault' => 'shared, private' ],
    [ 'encoded', $all, 'Mcp-Param-Vault' => '=?base64?c2hhcmVk?=' ],
    [ 'of another name', $all, 'Mcp-Param-Vaults' => 'shared' ],
    [ 'with an underscore', $all, Mcp_Param_Vault => 'shared' ],
) {
    my ($name, $needs, @param) = @$_;
    my @request = ('POST', call('find'), @param, body => body('find'));

    is(verdict('notes:read', @request), $needs eq $all ? $all : 'yes',
       "parameter, $name");
    is(verdict('other', @request), $needs, "parameter, $name: what it needs");
    is(verdict($all, @request), 'yes', "parameter, $name: all scopes");
}

for my $name ('Mcp-Param-Vault', 'MCP-PARAM-VAULT') {
    my @seen = $http->request('POST', '/mcp', token => $token{$all},
        call('find'), 'Mcp-Param-Vault' => 'shared', $name => 'private',
        body => body('find'))->echoed('Mcp-Param-Vault');

    is(scalar @seen, 1, "a parameter that comes twice is sent once: $name");
}

# parts of older versions: GET for a stream, DELETE for the end of a session

for my $method (qw(GET DELETE PUT HEAD)) {
    my @headers = $method eq 'HEAD' ? () : call('search');

    is(verdict('notes:read', $method, @headers), $all, "$method: all scopes");
    is(verdict($all, $method, @headers), 'yes', "$method with all scopes");
}

# the challenge names all scopes, so one consent is enough; the metadata do, too

is($http->request('POST', '/mcp', call('search'), body => body('search'))
   ->challenge->{fields}{scope}, $all, 'no token: all scopes');
is_deeply($http->get('/.well-known/oauth-protected-resource/mcp')
          ->json->{scopes_supported}, [ split ' ', $all ], 'metadata');

# A model of a server that compares headers and body, and runs the tool that the
# body names if they agree.  Of several headers with one name it may use the
# first, the last, or all of them joined.  A server of the CGI kind also takes a
# "_" for a "-".

my %readings = (
    first => sub { $_[0] }, last => sub { $_[-1] },
    joined => sub { join ', ', @_ },
);


sub runs {
    my ($request, $reading, $cgi) = @_;

    my $body = eval { $json->decode($request->{body} // '') };
    my %seen;

    for (@{ $request->{headers} }) {
        my ($name, $value) = @$_;

        $name =~ tr/_/-/ if $cgi;
        push @{ $seen{ lc $name } }, $value;
    }

    my ($at, $method, $name) = map { $seen{$_}
                                     ? $readings{$reading}->(@{ $seen{$_} })
                                     : '' }
        qw(mcp-protocol-version mcp-method mcp-name);

    # A server may also speak an older version, without such headers and with
    # batches.

    my @calls = grep { defined && ($at lt $version || $_->{method} eq $method
                                   && ($_->{params}{name} // '') eq $name) }
        ref $body eq 'ARRAY' ? $at lt $version ? @$body : () : $body;

    return map { $_->{params}{name} // $_->{method} } @calls;
}


my @wipe = (body => body('wipe'));
my @log = (body => body(undef, 'logging/setLevel'));
my $batch = '[' . body('search') . ',' . body('wipe') . ']';

my @attacks = (
    [ 'a good call', call('search'), body => body('search') ],
    [ 'header and body differ', call('search'), @wipe ],
    [ 'name twice', call('search'), 'Mcp-Name' => 'wipe', @wipe ],
    [ 'name twice, turned', call('wipe'), 'Mcp-Name' => 'search', @wipe ],
    [ 'name twice, by case', call('search'), 'MCP-NAME' => 'wipe', @wipe ],
    [ 'name empty, then given', call(''), 'Mcp-Name' => 'wipe', @wipe ],
    [ 'name joined', call('search, wipe'), @wipe ],
    [ 'method twice', call('search', method => 'tools/list', name => undef),
      'Mcp-Method' => 'tools/call', 'Mcp-Name' => 'wipe', @wipe ],
    [ 'method twice, without names', call('', method => 'tools/list', name =>
      undef), 'Mcp-Method' => 'logging/setLevel', @log ],
    [ 'method with an underscore, without names', call('', method =>
      'tools/list', name => undef), Mcp_Method => 'logging/setLevel', @log ],
    [ 'list, and a name', call('wipe', method => 'tools/list'), @wipe ],
    [ 'version twice', call('search'), 'MCP-Protocol-Version' =>
      '2025-11-25', @wipe ],
    [ 'version twice, turned', call('search', version => '2025-11-25'),
      'MCP-Protocol-Version' => $version, @wipe ],
    [ 'version, then empty', call('search'), 'MCP-Protocol-Version' => '',
      @wipe ],
    [ 'older version', call('search', version => '2025-11-25'), @wipe ],
    [ 'no version', call('search', version => undef), @wipe ],
    [ 'batch', call('search'), body => $batch ],
    [ 'batch of an older version', call('search', version => '2025-03-26'),
      body => $batch ],
    [ 'name with an underscore', call('search'), Mcp_Name => 'wipe', @wipe ],
    [ 'name with an underscore first', Mcp_Name => 'search', call('wipe'),
      @wipe ],
    [ 'nothing but underscores', Mcp_Name => 'search', Mcp_Method =>
      'tools/call', MCP_Protocol_Version => $version, @wipe ],
    [ 'version with an underscore', call('search'), MCP_Protocol_Version =>
      '2025-11-25', @wipe ],
    [ 'method with an underscore', call('search', method => 'tools/list',
      name => undef), Mcp_Method => 'tools/call', Mcp_Name => 'wipe', @wipe ],
    [ 'encoded name', call('=?base64?d2lwZQ==?='), @wipe ],
);

my $served = 0;

for my $i (0 .. 2) {
    my $kind = ('', ', underscores_in_headers on', ', HTTP/2')[$i];

    for (@attacks) {
        my ($name, @request) = @$_;
        my $response = $http[$i]->request('POST', '/mcp',
            token => $token{'notes:read'},
            $i == 2 ? map { $_ % 2 ? $request[$_] : lc $request[$_] }
                          0 .. $#request : @request);
        my $seen = $response->status == 200 ? $response->json : {};

        $served++ if $response->status == 200;

        my @run = map { my $reading = $_;
                        map { runs($seen, $reading, $_) } 0, 1 }
            sort keys %readings;
        my @wrong = grep { ($needs{$_} // $all) ne 'notes:read' } @run;

        is("@wrong", '', "nothing runs that should not: $name$kind");
        cmp_ok(scalar @run, '>', 0, 'the tool runs') if $name eq 'a good call';
    }
}

# The number depends on nginx: since 1.23 it joins a header that comes twice.

cmp_ok($served, '>', @attacks / 2, 'often the server has the last word');

# A control for the model of the server: it would run the wrong tool if nginx
# sent what it sends without the proxy_set_header of the page.

is(join(' ', runs({ body => body('wipe'), headers => [
       [ 'MCP-Protocol-Version', $version ], [ 'Mcp-Method', 'tools/call' ],
       [ 'Mcp-Name', 'search' ], [ 'Mcp-Name', 'wipe' ] ] }, 'last')), 'wipe',
   'control: a header that comes twice');

finish();
