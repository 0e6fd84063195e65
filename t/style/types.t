#!/usr/bin/perl
#
# Types are named after their file: each public type of a header begins with the
# header's noun, which an "s" may follow (oauth_algs_t of oauth_alg.h), so that
# a reader who meets a type knows where it is declared.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

# What a header declares for everybody who includes it.

my %shared = (
    'oauth.h' => [qw(oauth_str_t oauth_buf_t oauth_result_t oauth_reason_t
                     oauth_reason_info_t oauth_answer_t)],

    # the levels of the configuration, and names that it declares ahead

    'ngx_oauth_conf.h' => [qw(ngx_oauth_main_conf_t ngx_oauth_srv_conf_t
                              ngx_oauth_loc_conf_t ngx_oauth_resource_t
                              ngx_oauth_evaluate_getter_t
                              ngx_oauth_recheck_t ngx_oauth_replay_t
                              ngx_oauth_text_reason_t)],
    'ngx_oauth_context.h' => [qw(ngx_oauth_ctx_t)],

    # files that share a noun with their sibling

    'ngx_oauth_doc_table.h' => [qw(ngx_oauth_doc_head_t
                                   ngx_oauth_doc_record_t)],
    'ngx_oauth_explain_line.h' => [qw(ngx_oauth_explain_t
                                      ngx_oauth_explain_share_t)],

    # the leader of a bus, and what it consists of, for all files of the folder

    'ngx_oauth_bus_state.h' => [qw(ngx_oauth_bus_leader_t
                                   ngx_oauth_bus_shared_t
                                   ngx_oauth_bus_batch_t
                                   ngx_oauth_bus_node_t
                                   ngx_oauth_bus_compare_state_t
                                   ngx_oauth_bus_compare_t)],

    # an issuer points to the provider of its keys and to its introspector, which
    # it declares ahead

    'ngx_oauth_issuer.h' => [qw(ngx_oauth_provider_t
                                ngx_oauth_introspector_t)],
);

for my $file (sources('h')) {
    my $noun = noun($file);
    my %may = map { $_ => 1 } @{ $shared{$file} // [] };
    my @types = types($file);

    is join(' ', grep { !$may{$_} && !/^${noun}s?_/ } @types), '',
        "$file: types begin with $noun";
    is join(' ', sort grep { my $name = $_; !grep { $_ eq $name } @types }
                 keys %may), '',
        "$file: declares what is permitted to it";
}

ok types('oauth_token.h') > 3, 'control: types are found';

done_testing;


# Of a typedef, whether of a structure, a function or a plain name.

sub types {
    my ($file) = @_;

    my $code = code($file);
    my @found;

    1 while $code =~ s/\{[^{}]*\}//g;

    for ($code =~ /^typedef\b([^;]*);/mg) {
        push @found, /\(\s*\*\s*(\w+)\s*\)/ ? $1 : /(\w+)\s*\z/ ? $1 : ();
    }

    return @found;
}
