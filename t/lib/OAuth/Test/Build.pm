package OAuth::Test::Build;

# Where the things under test are: the build folder, nginx and the module.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Spec::Functions qw(rel2abs);

our @EXPORT_OK = qw(build_path module_path nginx_path);

my $top = abs_path(dirname(__FILE__) . '/../../../..');


sub build_path {
    my ($name) = @_;

    return rel2abs($ENV{BUILD} // "$top/build") . "/$name";
}


sub module_path {
    return rel2abs($ENV{OAUTH_MODULE} // build_path('ngx_oauth_module.so'));
}


# The variable NGINX is not used here: nginx itself finds inherited sockets in
# it.

sub nginx_path {
    return $ENV{OAUTH_NGINX} if $ENV{OAUTH_NGINX};

    for my $path (build_path('nginx'), '/usr/sbin/nginx',
                  '/usr/local/sbin/nginx')
    {
        return $path if -x $path;
    }

    die "no nginx: set OAUTH_NGINX\n";
}

1;
