#!/usr/bin/perl
#
# The module compiles without a warning for an nginx that was built without
# --with-debug, whose debug macros are empty: nginx's own flags make a warning an
# error.  Only the syntax is checked, with the folders of the build.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my $build = $ENV{BUILD} || top() . '/build';
my $nginx = "$build/nginx-src";
my $headers = File::Temp->newdir('oauth-nodebug-XXXXXX', TMPDIR => 1);

-d $nginx or BAIL_OUT('./build.sh build first');

for my $name (qw(ngx_auto_headers.h ngx_auto_config.h)) {
    open my $in, '<', "$build/objs/$name" or die "$build/objs/$name: $!\n";
    my $text = do { local $/; <$in> };

    $text =~ s/^#define NGX_DEBUG\b.*$//m;

    open my $out, '>', "$headers/$name" or die "$headers/$name: $!\n";
    print $out $text;
    close $out or die "$headers/$name: $!\n";
}

my %rooms = map { room($_) => 1 } sources();
my @options = ('-fsyntax-only', qw(-O -W -Wall -Wpointer-arith
                                   -Wno-unused-parameter -Werror),
               map({ "-I$_" } $headers,
                   map({ "$nginx/src/$_" } qw(core event event/modules os/unix
                                              http http/modules http/v2)),
                   map({ top() . "/ngx_oauth_module/$_" } sort keys %rooms)));
my @files = map { top() . '/' . path($_) }
            grep { room($_) ne 'core' } sources('c');
my $cc = join ' ', map { "'$_'" } $ENV{CC} || 'cc', @options, @files;
my $said = qx{$cc 2>&1};

is $?, 0, 'every file compiles without --with-debug' or diag $said;
cmp_ok scalar @files, '>', 40, 'control: files are found';

done_testing;
