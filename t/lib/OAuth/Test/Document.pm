package OAuth::Test::Document;

# The configuration that a document shows, so that a test runs exactly what is
# written there.  The port and the upstream become those of the test.
#
#   conf('docs/agents/mcp.md')                its blocks for http { }
#   conf($file, section => 'Okta', info => 'location')
#   conf($file, info => 'server', at => 0)    the first of such blocks only

use strict;
use warnings;

use Exporter qw(import);
use FindBin;
use lib "$FindBin::Bin/style";
use Source qw(doc_blocks);

our @EXPORT_OK = qw(conf);


sub conf {
    my ($file, %wanted) = @_;

    my %find = (info => 'http', %wanted);
    my @blocks = grep { $_->{info} eq $find{info} } doc_blocks($file, 'nginx');

    @blocks = grep { $_->{section} eq $find{section} } @blocks
        if defined $find{section};

    @blocks = grep { defined } $blocks[$find{at}] if defined $find{at};

    die "$file has no such block: @{[ %find ]}\n" unless @blocks;

    return join "\n", map { adapt($_->{body}) } @blocks;
}


sub adapt {
    my ($text) = @_;

    $text =~ s/\blisten\s+443 ssl;/listen 127.0.0.1:%%PORT_main%%;/g;
    $text =~ s{\bhttp://127\.0\.0\.1:8080\b}{http://127.0.0.1:%%UP%%}g;

    return $text;
}

1;
