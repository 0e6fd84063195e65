package OAuth::Test::Valgrind;

# nginx under one of valgrind's tools: the options are given as "valgrind", in
# which %%DIR%% is the folder.  Its workers have no title of their own.

use strict;
use warnings;

use parent 'OAuth::Test::Nginx';


sub is_installed {
    return scalar grep { -x "$_/valgrind" } split /:/, $ENV{PATH};
}


sub command {
    my ($self, @more) = @_;

    return ('valgrind', map({ s/%%DIR%%/$self->{dir}/r }
                            @{ $self->{valgrind} }),
            $self->SUPER::command(@more));
}


sub workers {
    my ($self) = @_;

    open my $in, '<', "/proc/$self->{pid}/task/$self->{pid}/children"
        or return;

    return split ' ', <$in> // '';
}

1;
