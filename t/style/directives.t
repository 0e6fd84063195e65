#!/usr/bin/perl
#
# The directives and variables in the code are exactly those of
# docs/directives.md and of the table in README.md, and docs/directives.md names
# the contexts that the code allows.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my @contexts = (
    [NGX_HTTP_MAIN_CONF    => 'http'],
    [NGX_HTTP_SRV_CONF     => 'server'],
    [NGX_HTTP_LOC_CONF     => 'location'],
    [NGX_HTTP_LMT_CONF     => 'limit_except'],
    [NGX_OAUTH_ISSUER_CONF => 'oauth_issuer'],
);

my %code = commands();
my $docs = slurp('docs/directives.md');
my %docs = $docs =~ /^### ([a-z_]+)\n(.*?)(?=^##|\z)/msg;

cmp_ok scalar(keys %code), '>', 20, 'directives found';
is_deeply [sort keys %docs], [sort keys %code],
    'directives of docs/directives.md are those of the code';

for my $name (sort grep { $docs{$_} } keys %code) {
    my ($section, $flags) = ($docs{$name}, $code{$name});
    my %field = $section =~ /^- (Syntax|Default|Context|Since): (.+)$/mg;
    my @context = map { $_->[1] } grep { $flags =~ /\b$_->[0]\b/ } @contexts;

    like $field{Syntax} // '', qr/^`\Q$name\E[ `;]/, "$name: syntax";
    ok $field{Default}, "$name: default";
    is $field{Context} // '', join(', ', map { "`$_`" } @context),
        "$name: context";
    like $field{Since} // '', qr/^\d+\.\d+\.\d+$/, "$name: since";
    like $section, qr/^```nginx.*?\b\Q$name\E[\s;].*?^```/ms,
        "$name: an example that uses it";
}


my ($code) = code('ngx_oauth_variables.c', strings => 1)
             =~ /ngx_http_variable_t\s+\w+\[\]\s*=\s*\{(.*?)^\};/ms;
my @variables = $code =~ /ngx_string\("([^"]+)"\)/g;

# The prefix is documented as the variable with a name in its place.

s/_\z/_NAME/ for @variables;

is_deeply [sort $docs =~ /^\| `\$(\w+)` \|/mg], [sort @variables],
    'variables of docs/directives.md are those of the code';

my @reasons = text('oauth_reason.c') =~ /^        "([a-z_]+)", ?(?:"|$)/mg;

cmp_ok scalar @reasons, '>', 20, 'reasons found';
is_deeply [sort $docs =~ /^\| `([a-z_]+)` \|/mg], [sort @reasons],
    'values of $oauth_result';


my %readme = slurp('README.md')
             =~ /\[`([a-z_]+)`\]\(docs\/directives\.md#([a-z_]+)\)/g;

is_deeply \%readme, { map { $_ => $_ } keys %code },
    "README's table links to every directive";

done_testing;
