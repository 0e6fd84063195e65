#!/usr/bin/perl
#
# The module searches by itself for the location of a path, for documents with
# reflect, and nginx searches for the location of a request.  The test makes up
# locations of every kind at random, runs both searches for all short paths, and
# compares the results.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use OAuth::Test;

use constant { LOCATIONS => 70, LONGEST => 5, LETTERS => [ qw(a b / .) ] };

my $seed = $ENV{OAUTH_SEED} // int rand 1_000_000;
srand $seed;
note "OAUTH_SEED=$seed";

my $issuer = issuer();
my ($scopes, %used) = (0);

my $nginx = nginx(<<'EOT' =~ s/%%LOCATIONS%%/locations()/er,
    oauth_issuer corp { issuer %%AS%%; }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        server_name app.test;
        oauth corp;
        oauth_resource https://app.test reflect;
        oauth_scope top;

        %%LOCATIONS%%
    }
EOT
    AS => $issuer->url);


sub pick { return $_[rand @_] }


sub word {
    my ($length) = @_;

    return join '', map { pick(@{ LETTERS() }) } 1 .. $length;
}


# Some locations have a handler, so that nginx would redirect to their slash.
# Some contain others, whose names must begin with the name of the outer one.

sub locations {
    my $text = '';

    while ($scopes < LOCATIONS) {
        my $kind = pick(('') x 6, ('= ') x 2, ('^~ ') x 2, '~ ', '~* ');
        my $name = $kind =~ /~ \z|~\* / && $kind ne '^~ '
            ? pick('', '^/') . quotemeta(word(1 + rand 2)) . pick('', '\$')
            : '/' . word(rand 4);

        $text .= location($kind, $name);
    }

    return $text;
}


sub location {
    my ($kind, $name) = @_;

    my $key = $kind =~ /[=^]/ ? "$kind$name" : $name;

    return '' if $used{$key}++ || ($kind eq '^~ ' && $used{$name}++)
                 || ($kind eq '' && $used{"^~ $name"}++);

    my $inner = '';

    if ($kind eq '' && rand() < 0.4) {
        $inner = location(pick('', '= '), $name . word(1 + rand 2));

    } elsif ($kind =~ /~/ && $kind ne '^~ ' && rand() < 0.4) {
        $inner = location('~ ', quotemeta(word(1)) . '\$');
    }

    my $handler = rand() < 0.5
        ? 'proxy_pass http://127.0.0.1:%%PORT_none%%;' : '';

    return sprintf qq{location %s"%s" { oauth_scope s%d; %s %s }\n},
        $kind, $name =~ s/\\\$/\$/gr, ++$scopes, $handler, $inner;
}


# All paths of this many letters without empty segments and segments of dots.

sub paths {
    my ($length) = @_;

    my @paths = ('');

    for (1 .. $length) {
        @paths = map { my $path = $_; map { "$path$_" } @{ LETTERS() } }
            @paths;
    }

    return grep { !m{//|/\.{1,2}(?:/|\z)} } map { "/$_" } @paths;
}


my $http = $nginx->http;
my $known = '/.well-known/oauth-protected-resource';
my ($count, @differ, %seen) = (0);

for my $path (map { paths($_) } 1 .. LONGEST) {
    my $fields = $http->get($path)->challenge->{fields};
    my $document = $http->get("$known$path")->json;
    my $got = join ' ', $document->{resource} // 'none',
        @{ $document->{scopes_supported} || [] };

    push @differ, "$path: $got, not $fields->{scope}"
        if $got ne "https://app.test$path $fields->{scope}"
           || $fields->{resource_metadata} ne "https://app.test$known$path";

    $seen{ $fields->{scope} }++;
    $count++;
}

is_deeply(\@differ, [], "$count paths: one location");
cmp_ok(scalar keys %seen, '>', 5, 'of many');

finish();
