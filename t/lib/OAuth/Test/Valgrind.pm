package OAuth::Test::Valgrind;

# nginx under valgrind: each process writes a file valgrind.PID into nginx's
# folder. An error is an access to memory that is not allocated, a use of memory
# that was never set, or a definite leak.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);

our @EXPORT_OK = qw(has_valgrind under_valgrind findings logs);

my $suppressions = abs_path(dirname(__FILE__) . '/../../valgrind.supp');


sub has_valgrind {
    return grep { -x "$_/valgrind" } split /:/, $ENV{PATH};
}


# nginx -t frees nothing before it ends, so its leaks do not count.

sub under_valgrind {
    my ($dir, @command) = @_;

    my $leaks = (grep { $_ eq '-t' } @command) ? 'no' : 'full';

    return (qw(valgrind --trace-children=yes --show-leak-kinds=definite
               --errors-for-leak-kinds=definite --keep-debuginfo=yes
               --num-callers=40 --vgdb=no), "--leak-check=$leaks",
            "--suppressions=$suppressions", "--log-file=$dir/valgrind.%p",
            @command);
}


sub logs {
    my ($dir) = @_;

    return map { slurp($_) } sort glob "$dir/valgrind.*";
}


sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return '';
    local $/;

    return scalar(<$in>) // '';
}


# Returns the paragraphs that valgrind wrote besides its summaries.

sub findings {
    my ($dir) = @_;

    return map { grep { /^ +(?:at|by) 0x/m } split /\n\s*\n/ }
        map { s/^==\d+== ?//mgr } logs($dir);
}

1;
