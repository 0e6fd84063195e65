package Source;

# Reads the module's sources for the scripts in this folder: names, text with
# and without comments, functions, directives.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use Exporter qw(import);

our @EXPORT = qw(
    top slurp sources room path noun text code functions commands doc_blocks
);

my $top = abs_path(dirname(__FILE__) . '/../..');

# The name of a file is unique in the module: name => room.

my %room = map { basename($_) => basename(dirname($_)) }
           glob("'$top/ngx_oauth_module/'*/*.[ch]");


sub top { return $top }


sub slurp {
    my ($file) = @_;

    open my $in, '<', "$top/$file" or die "cannot read $file: $!\n";
    local $/;
    return scalar <$in>;
}


# The names of the module's C files: all, or those that end with ".c" or ".h".

sub sources {
    my ($end) = @_;

    return grep { !defined $end || /\.\Q$end\E\z/ } sort keys %room;
}


# The room, which is the folder, of a file.

sub room {
    my ($file) = @_;

    return $room{$file};
}


# The file's path below the top of the project.

sub path {
    my ($file) = @_;

    return "ngx_oauth_module/$room{$file}/$file";
}


sub noun {
    my ($file) = @_;

    return $file =~ s/\.[ch]\z//r;
}


sub text {
    my ($file) = @_;

    return slurp(path($file));
}


# Returns the text without its comments and, on request, without its strings.
# All newlines stay, so a line number in this text is one of the file.

sub code {
    my ($file, %with) = @_;

    my $text = text($file);
    my $keep = sub { "\n" x ($_[0] =~ tr/\n//) };

    $text =~ s{ ("(?:\\.|[^"\\\n])*") | ('(?:\\.|[^'\\\n])*') | (/\*.*?\*/) }
              { defined $3         ? $keep->($3)
                : $with{strings}   ? (defined $1 ? $1 : $2)
                : defined $1       ? '""'
                :                    "' '" }gsex;

    return $text;
}


# The functions of a file in nginx's style, where the name and the outer braces
# stand at the left margin.  The length counts from the name to the last brace.

sub functions {
    my ($file) = @_;

    my (@found, $name, $line, $open);
    my $number = 0;

    for (split /\n/, code($file)) {
        $number++;

        if (!$open && /^([a-z_][a-z0-9_]*)\(/) {
            ($name, $line) = ($1, $number);

        } elsif (!$open && $name && /;\s*\z/) {
            undef $name;

        } elsif (!$open && $name && /^\{/) {
            $open = 1;

        } elsif ($open && /^\}/) {
            push @found, { file => $file, name => $name, line => $line,
                           length => $number - $line + 1 };
            undef $name;
            $open = 0;
        }
    }

    return @found;
}


# The directives of the one ngx_command_t table: name => flags as written.

sub commands {
    my $code = code('ngx_oauth_directives.c', strings => 1);

    my ($table) = $code =~ /ngx_command_t\s+\w+\[\]\s*=\s*\{(.*?)^\};/ms
        or die "no ngx_command_t table in ngx_oauth_directives.c\n";

    return $table =~ /ngx_string\("([^"]+)"\),\s*([^,]+),/g;
}


# The fenced blocks of a document in the given language: { line, section, info,
# body }, where info is what stands after the language.

sub doc_blocks {
    my ($file, $language) = @_;

    my (@blocks, $block);
    my $number = 0;
    my $section = '';

    for my $line (split /\n/, slurp($file)) {
        $number++;

        if (!$block && $line =~ /^\s*```(\w*)\s*(.*?)\s*\z/) {
            $block = { file => $file, line => $number, language => $1,
                       section => $section, info => $2, body => '' };

        } elsif ($block && $line =~ /^\s*```\s*\z/) {
            push @blocks, $block if $block->{language} eq $language;
            undef $block;

        } elsif ($block) {
            $block->{body} .= "$line\n";

        } elsif ($line =~ /^#+ (.*)/) {
            $section = $1;
        }
    }

    die "$file: a block is not closed\n" if $block;

    return @blocks;
}


1;
