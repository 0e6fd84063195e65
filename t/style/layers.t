#!/usr/bin/perl
#
# The five layers: a file includes headers of its own layer or of those below,
# the services of layer 3 do not know each other, and the core knows no nginx.
# A new file has to be given its place here.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

my %layer = (
    (map { $_ => 2 } qw(ngx_oauth_chunks ngx_oauth_compat ngx_oauth_str
                        ngx_oauth_watch ngx_oauth_zone)),
    (map { $_ => 3 } qw(ngx_oauth_fetch ngx_oauth_fetch_answer
                        ngx_oauth_fetch_setup
                        ngx_oauth_doc ngx_oauth_doc_table ngx_oauth_notice)),
    (map { $_ => 4 } qw(ngx_oauth_keys ngx_oauth_provider ngx_oauth_refresh)),
    (map { $_ => 5 } qw(ngx_oauth_access ngx_oauth_answer
                        ngx_oauth_conf ngx_oauth_conf_claims
                        ngx_oauth_conf_header
                        ngx_oauth_conf_issuer ngx_oauth_conf_policy
                        ngx_oauth_conf_resource ngx_oauth_conf_rewrite
                        ngx_oauth_conf_server
                        ngx_oauth_conf_warn ngx_oauth_context
                        ngx_oauth_cors ngx_oauth_evaluate
                        ngx_oauth_explain ngx_oauth_explain_form
                        ngx_oauth_explain_jwt ngx_oauth_explain_policy
                        ngx_oauth_filter
                        ngx_oauth_forward ngx_oauth_location
                        ngx_oauth_metadata ngx_oauth_module ngx_oauth_policy
                        ngx_oauth_reflect
                        ngx_oauth_reply ngx_oauth_steps
                        ngx_oauth_variables)),
);

my %service = (
    ngx_oauth_fetch        => 'fetch',
    ngx_oauth_fetch_answer => 'fetch',
    ngx_oauth_fetch_setup  => 'fetch',
    ngx_oauth_doc          => 'doc',
    ngx_oauth_doc_table    => 'doc',
    ngx_oauth_notice       => 'notice',
);


for my $file (sources()) {
    my $noun = noun($file);
    my $own = layer($noun);
    my @bad;

    ok defined $own, "$file has a layer" or next;

    for my $include (code($file, strings => 1)
                     =~ /^\s*#\s*include\s+"([^"]+)"/mg)
    {
        my $other = noun($include);
        my $theirs = layer($other);

        if (!defined $theirs || !-e top() . "/ngx_oauth_module/$include") {
            push @bad, "$include is not of this project";

        } elsif ($theirs > $own) {
            push @bad, "$include is of layer $theirs, above $own";

        } elsif ($own == 3 && $theirs == 3
                 && $service{$noun} ne $service{$other})
        {
            push @bad, "$include is another service of layer 3";
        }
    }

    push @bad, "the core says ngx_"
        if $own == 1 && text($file) =~ /\bngx_/i;

    is join('; ', @bad), '', "$file keeps to its layer";
}

ok -e top() . "/ngx_oauth_module/$_.c" || -e top() . "/ngx_oauth_module/$_.h",
   "$_ of the table exists"
    for sort keys %layer;

done_testing;


sub layer {
    my ($noun) = @_;

    return $noun =~ /^oauth(_|\z)/ ? 1 : $layer{$noun};
}
