#!/usr/bin/perl
#
# The version is written down in base/ngx_oauth_version.h.  What has to repeat
# it says the same: the first section of CHANGES, Debian's changelog, the folder
# for nginx's image, and no directive is newer.  No other source has a version
# of its own.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my $header = 'ngx_oauth_version.h';
my ($version) = text($header) =~ /^#define NGX_OAUTH_VERSION  "(\d+\.\d+\.\d+)"$/m;

ok defined $version, "$header has a version"
    or BAIL_OUT('nothing to compare with');

for (
    [ 'CHANGES', qr/\A\nChanges with ngx_oauth_module (\S+)\n/ ],
    [ 'debian/changelog', qr/\A\S+ \((\S+)-\d+\) / ],
    [ 'docker/oauth/source', qr/\A-V (\S+)-1 / ],
) {
    my ($file, $pattern) = @$_;

    is slurp($file) =~ $pattern ? $1 : 'none', $version, "$file: the same";
}

my $make = qx{make -s -C '${\top()}' -f Makefile -f - shown 2>&1 <<'EOT'
shown:
	\@echo \$(VERSION)
EOT
};

is $make, "$version\n", 'Makefile: the same';

my @newer = grep { number($_) > number($version) }
            slurp('docs/directives.md') =~ /^- Since: (\S+)$/mg;

is "@newer", '', 'no directive is newer';

my @others = grep { code($_, strings => 1) =~ m{"ngx_oauth_module/\d} }
             sources();

is "@others", '', 'no other source has a version';
ok +(grep { code($_) =~ /\bNGX_OAUTH_VERSION\b/ } sources('c')) > 0,
    'and one uses it';

done_testing;


sub number {
    my ($text) = @_;

    my ($major, $minor, $patch) = split /\./, $text;

    return ($major * 1000 + $minor) * 1000 + $patch;
}
