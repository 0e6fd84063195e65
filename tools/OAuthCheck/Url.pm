package OAuthCheck::Url;

# URLs, and in words how two of them differ.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(
    url_fault url_parts origin difference covers place is_exposed
);


# Why a text is no URL that can be asked, or "".

sub url_fault {
    my ($text) = @_;

    return 'it is empty' if $text eq '';
    return 'it has a character that no URL has'
        if $text =~ /[^!-~]|["<>\\^`{|}]/;
    return 'it does not begin with https:// or http://'
        if $text !~ m{\Ahttps?://}i;
    return 'it has a fragment ("#")' if $text =~ /#/;
    return 'it has a user name or a password' if $text =~ m{\A\w+://[^/?]*@};

    my $part = url_parts($text);

    return $part && $part->{port} > 0 && $part->{port} < 65_536 ? ''
           : 'its host or its port is not valid';
}


# { scheme, host, port, path, query, origin }, or nothing.  The path is "/" at
# least; the origin has no port if it is the usual one.

sub url_parts {
    my ($text) = @_;

    $text =~ m{\A(https?)://
               (\[[0-9a-f:.]+\] | [a-z0-9_~-]+(?:\.[a-z0-9_~-]+)*\.?)
               (?: :(\d{1,5}) )? (/[^?]*)? (\?.*)? \z}xi or return;

    my %part = (scheme => lc $1, host => lc $2, path => $4 // '/',
                query => $5 // '', port => $3);

    my $usual = $part{scheme} eq 'https' ? 443 : 80;

    $part{port} = int($part{port} // $usual);
    $part{origin} = "$part{scheme}://$part{host}"
                    . ($part{port} == $usual ? '' : ":$part{port}");

    return \%part;
}


sub origin {
    my ($text) = @_;

    my $part = url_parts($text);

    return $part ? $part->{origin} : '';
}


# In words, in what a text differs from the URL that is wanted, or "".

sub difference {
    my ($got, $wanted) = @_;

    return '' if $got eq $wanted;

    my ($is, $should) = map { url_parts($_) } $got, $wanted;

    return 'it is no http or https URL' if !$is || !$should;

    my @words = map { "its $_ is $is->{$_} and not $should->{$_}" }
        grep { $is->{$_} ne $should->{$_} } qw(scheme host port);
    my ($path, $other) = map { "$_->{path}$_->{query}" } $is, $should;

    push @words, $got eq "$wanted/" || $path eq "$other/"
            ? 'it has a slash too many at the end'
        : "$got/" eq $wanted || "$path/" eq $other
            ? 'it lacks the slash at the end'
        : $path eq $other ? ()
        : lc $path eq lc $other ? 'upper and lower case differ in its path'
        : "its path is $path and not $other";

    return join(', ', @words)
           || 'it is written in another way (upper case, or the usual port)';
}


# Whether the resource is the URL, or a path above it in the same origin.

sub covers {
    my ($resource, $url) = @_;

    my ($above, $part) = map { url_parts($_ // '') } $resource, $url;

    return 0 if !$above || !$part || $above->{origin} ne $part->{origin};

    my $folder = $above->{path} =~ s{/?\z}{/}r;

    return $above->{path} eq $part->{path}
           || index($part->{path}, $folder) == 0;
}


# "loopback", "private" or "public", by the address or name in the URL.

sub place {
    my ($url) = @_;

    my $host = url_parts($url)->{host};

    return 'loopback'
        if $host =~ /\A(?:127\.[\d.]+|\[::1\]|(?:.*\.)?localhost\.?)\z/;
    return 'private'
        if $host =~ /\A(?:10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])
                        |100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.[\d.]+\z
                     |\A\[f(?:[cd]|e[89ab])/x;

    return 'public';
}


# Plain http, to another machine.

sub is_exposed {
    my ($url) = @_;

    return url_parts($url)->{scheme} eq 'http' && place($url) ne 'loopback';
}

1;
