#!/usr/bin/perl
#
# The module's shared object exports the four names that nginx looks up and no
# other name, and it does not bring a library that nginx would then have twice.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my $module = ($ENV{BUILD} || top() . '/build') . '/ngx_oauth_module.so';

ok -f $module, "$module is built" or BAIL_OUT('./build.sh build first');

my @symbols = sort map { (split)[-1] } qx{nm -D --defined-only '$module'};

is_deeply \@symbols,
    [qw(ngx_module_names ngx_module_order ngx_modules ngx_oauth_module)],
    'exported symbols';

my @needed = map { /\[(\S+?)\.so/ ? $1 : () }
             grep { /NEEDED/ } qx{readelf -d '$module'};
my %may = map { $_ => 1 } qw(libjansson libcurl liblmdb libhiredis libssl libcrypto
                             libc libgcc_s libm libasan libubsan
                             ld-linux-x86-64);

cmp_ok scalar @needed, '>', 0, 'libraries found';
is_deeply [grep { !$may{$_} } @needed], [], "libraries: @needed";

my %libcrypto;

for (qx{ldd '$module'}) {
    $libcrypto{$1} = 1 if /=>\s+(\S*libcrypto\S*)/;
}

is scalar(keys %libcrypto), 1,
    'one libcrypto: ' . join ' ', sort keys %libcrypto;

done_testing;
