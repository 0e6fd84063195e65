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

# The compiler's options are those of the build, whose warnings are no errors.

my $target = "$build/objs/addon/base/ngx_oauth_zone.o";
my ($options) = qx{make -n -B -C '$nginx' -f '$build/objs/Makefile' '$target'}
                =~ /^\s*(\S*(?:cc|clang)\S* -c .*?)\\?\s+-o /ms
    or BAIL_OUT("the Makefile of nginx does not say how to make $target");

my @files = map { top() . '/' . path($_) }
            grep { room($_) ne 'core' } sources('c');

$options =~ s/ -c / -fsyntax-only -I'$headers' /;

my $cc = join ' ', "cd '$nginx' && $options -Werror",
                   map { "'$_'" } @files;
my $said = qx{$cc 2>&1};

is $?, 0, 'every file compiles without --with-debug' or diag $said;
cmp_ok scalar @files, '>', 40, 'control: files are found';

done_testing;
