#!/usr/bin/perl
#
# docs/troubleshooting.md has an entry for every reason code, and for every line
# that the module writes to the log at the levels notice to alert; and it has no
# entry for anything else.  All documents show only log lines that exist.
#
# In that document a block without a language shows log lines, one in each line,
# with the level in front: "[warn] scope "..." has a comma".  What differs from
# case to case may be written as "...".  Texts that are only a part of a log
# line, such as the causes of a failed fetch, are in the first column of a table,
# in backquotes.
#
# A message at level emerg needs an entry only if it begins with "oauth: ",
# because all others name the file, the line and the remedy themselves.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Source;
use Test::More;

use constant { DOCUMENT => 'docs/troubleshooting.md', WORDS => 2, PROSE => 60 };

my %level = (NGX_LOG_EMERG => 'emerg', NGX_LOG_ALERT => 'alert',
             NGX_LOG_CRIT => 'crit', NGX_LOG_ERR => 'error',
             NGX_LOG_WARN => 'warn', NGX_LOG_NOTICE => 'notice',
             NGX_LOG_INFO => 'info');

# Files that log texts which they are given, and the files where these texts are:
# each string there that has at least two words and fits the pattern needs a row
# of a table.  No file at all: another check of this script sees to the texts.

my %texts = (
    'ngx_oauth_explain.c' => {},            # reasons
    'ngx_oauth_keys.c'    => {              # why keys cannot be fetched
        'ngx_oauth_fetch.c'          => qr/^no free/,
        'ngx_oauth_fetch_response.c' => qr/^\w/,
        'ngx_oauth_keys.c'           => qr/^usable keys/,
        'ngx_oauth_refresh.c'        => qr/^(?:its issuer|memory)/,
        'oauth_discovery.c'          => qr/^its? (?!issuer is not)/,
        'oauth_jwks.c'               => qr/^(?:key set|memory)/,
    },
    'ngx_oauth_introspector.c' => {         # why there is no answer about a token
        'ngx_oauth_introspector.c'       => qr/^(?:256|its|memory)/,
        'ngx_oauth_question.c'           => qr/^its/,
        'oauth_discovery.c'              => qr/^the introspection/,
        'oauth_introspection.c'          => qr/^(?:its? |token_)/,
        'oauth_introspection_signed.c'   => qr/^(?:its? |none)/,
    },
    'ngx_oauth_store_state.c' => {          # why the store cannot be used
        'ngx_oauth_store_problem.c' => qr/^(?!restore|with|LMDB says|the system)/,
    },
);

my $document = slurp(DOCUMENT);
my %refusal;                        # the reason: how its log line begins
my %entry = entries();
my @quotes = quotes();
my @cells = map { { text => $_, seen => 0 } } causes_shown();

reasons();
messages();
causes();
prose();
elsewhere();

done_testing;


# Each "###" of the document: title => text.

sub entries {
    my @parts = split /^(#+ .*)\n/m, $document;
    my %found;

    shift @parts;

    while (my ($title, $text) = splice @parts, 0, 2) {
        next unless $title =~ s/^### //;

        fail "the title \"$title\" is there twice" if $found{$title};
        $found{$title} = $text;
    }

    return %found;
}


# The lines of the blocks without a language.

sub quotes {
    my @found;

    for my $block (doc_blocks(DOCUMENT, '')) {
        my $number = $block->{line};

        for my $line (split /\n/, $block->{body}) {
            $number++;
            $line =~ /^\[(\w+)\] (.*)/
                or fail "line $number: no level in front, as in \"[warn] \"";
            push @found, { level => $1 // '', text => $2 // '', seen => 0,
                           line => $number, section => $block->{section} };
        }
    }

    return @found;
}


# Both directions: a reason code has an entry, and the entry shows the status
# that docs/directives.md names, and the log line.

sub reasons {
    my ($part) = $document =~ /^## Reason codes\n(.*?)^## /ms
        or die "no section \"Reason codes\" in " . DOCUMENT . "\n";
    my @titles = $part =~ /^### (.*)$/mg;

    my %status = slurp('docs/directives.md')
                 =~ /^\| `([a-z_]+)` \| .* \| (\d+|–) \|$/mg;
    my %sentence;

    for (code('oauth_reason.c', strings => 1)
         =~ /\[OAUTH_\w+\]\s*=\s*\{\s*((?:"[^"]*"|[\w\s,])*?)OAUTH_ANSWER/g)
    {
        my ($code, $sentence) = /\A"([a-z_]+)",\s*(.*?),\s*\z/s or next;

        $sentence{$code} = pattern($sentence);
    }

    cmp_ok scalar keys %sentence, '>', 20, 'reasons found';

    is_deeply [sort @titles], [sort keys %sentence],
        'the entries below "Reason codes" are the reasons of oauth_reason.c'
        or diag(map { missing_reason($_, $status{$_}) }
                grep { my $code = $_; !grep { $_ eq $code } @titles }
                sort keys %sentence);

    %refusal = map { $_ => qr/oauth: refused: $_: $sentence{$_}/ }
        keys %sentence;

    for my $code (grep { $_ ne 'ok' && defined $entry{$_} } sort keys %sentence)
    {
        my $status = $status{$code} // 'in docs/directives.md';
        my @lines = grep { $_->{section} eq $code } @quotes;

        like $entry{$code}, qr/\A\nStatus \Q$status\E\b/,
            "$code: begins with \"Status $status\"";
        cmp_ok scalar @lines, '>', 0, "$code: shows a log line";

        for (@lines) {
            like "[$_->{level}] $_->{text}",
                qr/\A\[(?:info|error)\] $refusal{$code}/,
                "$code, line $_->{line}: code and sentence are those of "
                . 'oauth_reason.c';
        }
    }
}


sub missing_reason {
    my ($code, $status) = @_;

    return DOCUMENT . " lacks a reason.  Put this below \"## Reason codes\", where"
        . " docs/directives.md\nhas it in its order, with a log line that nginx"
        . " wrote, and the likely causes, each\nwith what to do:\n\n### $code\n\n"
        . 'Status ' . ($status // '(which docs/directives.md lacks)')
        . ".\n\n```\n[info] oauth: refused: $code: ...\n```\n\n"
        . "- **Cause**: remedy.\n";
}


sub messages {
    my @messages = map { calls($_) } sources('c');
    my @needed = grep { is_needed($_) } @messages;

    cmp_ok scalar @needed, '>', 20, 'messages found';

    for my $message (@messages) {

        if (!has_words($message->{text})) {
            wordless($message) if is_needed($message);
            next;
        }

        my @shown = grep { $_->{level} eq ($message->{level} || $_->{level})
                           && $_->{text} =~ /\A$message->{pattern}\z/ } @quotes;

        $_->{seen} = 1 for @shown;

        next unless is_needed($message);

        ok scalar @shown, "$message->{where}: has an entry" or diag(
            DOCUMENT . " lacks a message of the module.  Below \"## Log lines\""
            . " put this block\ninto an entry that fits, or into a new one,"
            . " with what it means, the likely\ncauses, and what to do:\n\n"
            . "```\n[" . ($message->{level} || 'warn') . '] ' . shown($message->{text})
            . "\n```\n\nThe three dots may be replaced by examples, or stay.");
    }

    my @unknown = grep { !$_->{seen} && $_->{text} !~ /^oauth: refused: / }
        @quotes;

    ok !@unknown, 'every log line of the document is in the sources' or diag(
        map { "line $_->{line}: no source writes this line at this level any"
              . " more: correct it\nor remove it: [$_->{level}] $_->{text}\n" }
            @unknown);
}


# What nginx shows at its default level, or a little below it.

sub is_needed {
    my ($message) = @_;

    return $message->{level} =~ /\A(?:alert|crit|error|warn|notice|)\z/
           || $message->{level} eq 'emerg'
              && $message->{text} =~ /\A"oauth: /;
}


# The call logs what it is given.  A line of the document may show it with one of
# the texts.

sub wordless {
    my ($message) = @_;

    my $files = $texts{ $message->{file} };

    ok $files, "$message->{where}: its texts are known" or diag(
        "This call has no text of its own.  Say in %texts of $0\nwhich files"
        . " have its texts: '$message->{file}' => { 'FILE.c' => qr/./ }.\nEach"
        . " text then needs a row in a table \"| cause | remedy |\" of "
        . DOCUMENT . '.');

    my @given = map { pattern($_) }
        map { strings_of($_, $files->{$_}) } sort keys %{ $files || {} };

    for my $quote (grep { $_->{text} =~ /\A$message->{pattern}\z/ } @quotes) {
        $quote->{seen} = 1 if grep { $quote->{text} =~ $_ } @given;
    }

    return;
}


# The first column of tables of causes, as far as it is in backquotes.

sub causes_shown {
    my @tables = $document =~ /^\| cause \| remedy \|\n(.*?)^$/msg
        or die 'no table of causes in ' . DOCUMENT . "\n";

    return map { /^\| `([^`\n]+)` \|/mg } @tables;
}


# Both directions: the texts that %texts leads to, and the rows.

sub causes {
    for my $files (map { $texts{$_} } sort keys %texts) {
        for my $file (sort keys %$files) {
            my @strings = strings_of($file, $files->{$file});

            cmp_ok scalar @strings, '>', 0, path($file) . ': has such texts';
            cause($file, $_) for @strings;
        }
    }

    my @unknown = grep { !$_->{seen} } @cells;

    ok !@unknown, 'every cause of the document is in the sources' or diag(
        map { "No file of %texts has this cause any more: correct it or remove"
              . " it: $_->{text}\n" } @unknown);
}


sub cause {
    my ($file, $string) = @_;

    my $pattern = pattern($string);
    my @rows = grep { $_->{text} =~ /\A$pattern/ } @cells;

    $_->{seen} = 1 for @rows;

    ok scalar @rows, path($file) . ': has a row: ' . shown($string) or diag(
        DOCUMENT . " lacks a cause.  Add this row to the table below the log"
        . " line that it is a\npart of:\n\n| `" . shown($string)
        . '` | what to do |');
}


# An entry that shows a log line also says something about it.

sub prose {
    for my $title (sort map { $_->{section} } @quotes) {
        my $text = ($entry{$title} // '') =~ s/^```.*?^```$//gmsr;

        next if length($text =~ s/\s+/ /gr) >= PROSE;

        fail "\"$title\" says what to do";
    }
}


# The lines of other documents that begin as the module's lines do.

sub elsewhere {
    my @patterns = ((map { $_->{pattern} }
                     grep { has_words($_->{text}, 1) } map { calls($_) }
                     sources('c')), map { "$_.*" } values %refusal);
    my $known = join '|', @patterns;

    for my $path (glob("'@{[top()]}'/docs/*.md '@{[top()]}'/docs/*/*.md")) {
        my $file = $path =~ s{^\Q@{[top()]}\E/}{}r;
        my @lines = map { s/ \*\z//r } map { /^(?:\*\d+ )?(oauth: .*)/mg }
                    map { $_->{body} } doc_blocks($file, '');
        my @unknown = grep { !/\A(?:$known)\z/ } @lines;

        is join("\n", @unknown), '', "$file: its log lines are in the sources"
            if @lines;
    }
}


# The log calls of a file: level ('' if it is a
# variable), text (string literals as in the source), pattern, where.

sub calls {
    my ($file) = @_;

    my $code = code($file, strings => 1);
    my @found;

    while ($code =~ /\bngx_(?:conf_)?log_(?:error|debug\d)\s*\(/g) {
        my $line = 1 + substr($code, 0, pos $code) =~ tr/\n//;
        my ($level, undef, undef, $format) = arguments($code, pos $code);

        push @found, {
            file => $file, where => path($file) . ":$line",
            level => $level =~ /^NGX_LOG_DEBUG/ ? 'debug'
                     : $level{$level} // '', text => $format,
            pattern => pattern($format),
        };
    }

    return @found;
}


# The arguments of a call, from the offset after its parenthesis.

sub arguments {
    my ($code, $offset) = @_;

    my @arguments = ('');
    my $depth = 0;

    pos($code) = $offset;

    while ($code =~ /\G("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|.)/gs) {
        my $piece = $1;

        $depth++ if $piece eq '(';

        last if $piece eq ')' && $depth-- == 0;

        if ($piece eq ',' && $depth == 0) {
            push @arguments, '';

        } else {
            $arguments[-1] .= $piece;
        }
    }

    return map { s/\A\s+|\s+\z//gr } @arguments;
}


# The strings of a file that are not in a log call itself, have at least two
# words, and fit.

sub strings_of {
    my ($file, $fits) = @_;

    my $string = qr/"(?:\\.|[^"\\])*"/;
    my $code = code($file, strings => 1)
               =~ s/\bngx_(?:conf_)?log_\w+\s*\((?:$string|[^;"])*;//gr;

    return grep { has_words($_) && joined($_) =~ $fits }
        $code =~ /($string(?:\s*$string)*)/g;
}


# The literals of a C expression, joined; what is between them, as the name of a
# macro, becomes a placeholder.

sub joined {
    my ($c) = @_;

    my $text = '';

    while ($c =~ /\G\s*(?:"((?:\\.|[^"\\])*)"|(\w+)|(.))/gs) {
        $text .= defined $1 ? $1 : $text =~ /%s\z/ ? '' : '%s';
    }

    return $text =~ s/\\(["\\])/$1/gr;
}


sub shown {
    my ($c) = @_;

    return join '...', pieces(joined($c));
}


# A regular expression for what the format becomes in the log.

sub pattern {
    my ($c) = @_;

    return join '.*?', map { quotemeta } pieces(joined($c));
}


# The text between the placeholders of nginx's formats.

sub pieces {
    my ($format) = @_;

    return map { s/\0/%/gr }
        split /%\d*\*?[uxX]*[a-zA-Z]/, $format =~ s/%%/\0/gr, -1;
}


# Whether the text says something by itself.

sub has_words {
    my ($c, $least) = @_;

    my $text = join ' ', pieces(joined($c));

    $text =~ s/"\s*"|oauth: |issuer|refused: //g;

    return (() = $text =~ /(?<!\S)[a-z_]{2,}/gi) >= ($least // WORDS);
}
