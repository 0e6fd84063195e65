package OAuth::Test::Nginx;

# A real nginx in a temporary folder.  A test gives the content of http { }.  In
# it, %%PORT_name%% becomes a free port, %%DIR%% the folder, and %%NAME%% the
# value that the test gives as NAME.

use strict;
use warnings;

use File::Temp ();

use OAuth::Test::Build qw(module_path nginx_path);
use OAuth::Test::File;
use OAuth::Test::Http;
use OAuth::Test::Mode qw(mode);
use OAuth::Test::Port qw(free_port);
use OAuth::Test::Process qw(spawn reap ending stop_process wait_until);
use OAuth::Test::Token qw(tokens_in);
use OAuth::Test::Valgrind qw(findings under_valgrind);

my @all;


# options: conf; and with defaults: workers (1), module (1), main (lines outside
# http { }), log ("info"), connections (1024), env (variables for nginx alone),
# valgrind (as the mode says; or an array of options of valgrind).  Everything
# in capitals is a value for the template.

sub new {
    my ($class, %options) = @_;

    my $self = bless { workers => 1, module => 1, main => '', log => 'info',
                       connections => 1024,
                       valgrind => mode() eq 'valgrind', %options }, $class;

    $self->{dir} = File::Temp->newdir('oauth-nginx-XXXXXX', TMPDIR => 1);
    chmod 0755, "$self->{dir}";
    mkdir "$self->{dir}/html";

    return $self;
}


sub start {
    my ($self) = @_;

    for (1 .. 5) {
        $self->{ports} = {};
        $self->write_conf;
        $self->launch;

        if ($self->is_up) {
            push @all, $self;
            return $self;
        }

        last unless $self->log =~ /Address already in use/;
        unlink "$self->{dir}/error.log";
    }

    die "nginx does not start:\n", $self->log, $self->errors;
}


sub launch {
    my ($self) = @_;

    $self->{pid} = spawn(sub { $self->become('stderr') });

    return;
}


# Runs nginx in a child; the output of nginx goes into that file.

sub become {
    my ($self, $file, @more) = @_;

    my @command = (nginx_path(), '-p', "$self->{dir}/",
                   '-c', "$self->{dir}/nginx.conf",
                   '-e', "$self->{dir}/error.log", @more);

    if (ref $self->{valgrind}) {
        unshift @command, 'valgrind',
            map { s/%%DIR%%/$self->{dir}/r } @{ $self->{valgrind} };

    } elsif ($self->{valgrind}) {
        @command = under_valgrind($self->{dir}, @command);
    }

    delete $ENV{NGINX};
    $ENV{ASAN_OPTIONS} //= 'detect_odr_violation=0:detect_leaks=0:'
                           . 'abort_on_error=1';
    $ENV{UBSAN_OPTIONS} //= 'print_stacktrace=1';
    %ENV = (%ENV, %{ $self->{env} || {} });

    open STDOUT, '>>', "$self->{dir}/$file";
    open STDERR, '>&', \*STDOUT;
    exec @command or die "cannot run nginx: $!\n";
}


# nginx opens its sockets before it writes the pid file; the workers start
# later.

sub is_up {
    my ($self) = @_;

    my $state = wait_until(sub {
        return 'gone' if reap($self->{pid});
        return -s "$self->{dir}/nginx.pid"
               && $self->workers == $self->{workers} ? 'up' : 0;
    }, 60);

    return $state && $state eq 'up';
}


# Writes the configuration, from another template if the caller gives one.

sub write_conf {
    my ($self, $conf) = @_;

    $self->{conf} = $conf if defined $conf;
    $self->write_file('nginx.conf', $self->render);

    return $self;
}


sub write_file {
    my ($self, $name, $text) = @_;

    return OAuth::Test::File::write_file("$self->{dir}/$name", $text);
}


# A folder that the workers may write to: nginx runs them as "nobody" if its
# master is root.

sub make_folder {
    my ($self, $name) = @_;

    my $folder = "$self->{dir}/$name";

    mkdir $folder, 0700 or die "mkdir: $!\n";

    if ($> == 0) {
        chown +(getpwnam 'nobody')[2, 3], $folder or die "chown: $!\n";
    }

    return $folder;
}


sub render {
    my ($self) = @_;

    my $dir = "$self->{dir}";
    my $load = $self->{module} ? 'load_module ' . module_path() . ';' : '';
    my $temp = join "\n    ", map { "${_}_temp_path $dir/temp_$_;" }
        qw(client_body proxy fastcgi uwsgi scgi);

    my $text = <<"CONF";
$load
daemon off;
worker_processes $self->{workers};
pid $dir/nginx.pid;
error_log $dir/error.log $self->{log};
$self->{main}

events {
    worker_connections $self->{connections};
}

http {
    access_log off;
    $temp

$self->{conf}
}
CONF

    $text =~ s/%%PORT_(\w+)%%/$self->port($1)/ge;
    $text =~ s/%%DIR%%/$dir/g;
    $text =~ s/%%([A-Z_0-9]+)%%/$self->{$1} \/\/ die "no value for $1\n"/ge;

    return $text;
}


# The number of the configuration's first line that holds the text.

sub line_of {
    my ($self, $text) = @_;

    my @lines = split /\n/, $self->read_file('nginx.conf');

    for my $i (0 .. $#lines) {
        return $i + 1 if index($lines[$i], $text) >= 0;
    }

    die "no line with $text\n";
}


sub port {
    my ($self, $name) = @_;

    return $self->{ports}{$name} //= free_port();
}


sub dir { return "$_[0]{dir}" }

sub pid { return $_[0]{pid} }


# A client for the server that listens on %%PORT_name%%.

sub http {
    my ($self, $name, %options) = @_;

    return OAuth::Test::Http->new(port => $self->port($name // 'main'),
                                  %options);
}


# How many requests nginx is handling, without the one that asks, and how many
# connections are open.  The server has stub_status in /status.

sub pending {
    my ($self, $name) = @_;

    return $self->status_of(qr/Writing: (\d+)/, $name);
}


sub connected {
    my ($self, $name) = @_;

    return $self->status_of(qr/Active connections: (\d+)/, $name);
}


sub status_of {
    my ($self, $pattern, $name) = @_;

    return $self->http($name)->get('/status')->body =~ $pattern ? $1 - 1 : -1;
}


# nginx -t, with more options if the caller gives some: whether it accepts the
# configuration, and what it says.  Dies if nginx crashes or leaves a report.

sub test_conf {
    my ($self, $conf, @options) = @_;

    $self->write_conf($conf);

    unlink "$self->{dir}/test";

    my $pid = spawn(sub { $self->become('test', '-t', @options) });
    my $ended = wait_until(sub { reap($pid) }, 20);
    my $good = $ended && $? == 0;
    my $said = $self->read_file('test');
    my @reports = $self->reports($said);

    push @reports, ending($pid) if $ended && $? & 127;

    die "nginx -t: @reports\n" if @reports;

    return ($good, $said);
}


sub read_file {
    my ($self, $name) = @_;

    open my $in, '<', "$self->{dir}/$name" or return '';
    local $/;

    return scalar(<$in>) // '';
}


sub log { return $_[0]->read_file('error.log') }

sub errors { return $_[0]->read_file('stderr') }


# The lines that match; if mark was called, only those after it.

sub log_lines {
    my ($self, $pattern) = @_;

    return grep { $_ =~ $pattern }
        split /\n/, substr $self->log, $self->{mark} // 0;
}


sub mark {
    my ($self) = @_;

    $self->{mark} = length $self->log;

    return $self;
}


# Waits until this many lines match, and returns them.

sub wait_for_log {
    my ($self, $pattern, $count, $seconds) = @_;

    $count //= 1;
    wait_until(sub { $self->log_lines($pattern) >= $count }, $seconds);

    return $self->log_lines($pattern);
}


# The process ids of the workers that are not about to end.

sub workers {
    my ($self) = @_;

    open my $in, '<', "/proc/$self->{pid}/task/$self->{pid}/children"
        or return;
    my $children = <$in> // '';

    return grep { $self->state_of($_) eq 'serving' } split ' ', $children;
}


# Returns "serving" or "leaving" for a worker, and "" for any other process.
# The title of the process says which.  Processes under valgrind have no title,
# so the log says it; where the log does not show that, or a test gives valgrind
# options of its own, every child counts as a worker.

sub state_of {
    my ($self, $pid) = @_;

    return 'serving'
        if ref $self->{valgrind}
           || ($self->{valgrind} && $self->{log} !~ /\A(?:debug|info|notice)/);

    my $said = '';

    if ($self->{valgrind}) {
        my $log = $self->log;
        $said .= 'worker process' if $log =~ /start worker process $pid$/m;
        $said .= ' is shutting' if $log =~ / $pid#\d+: gracefully shutting/;

    } elsif (open my $in, '<', "/proc/$pid/cmdline") {
        $said = <$in> // '';
    }

    return $said =~ /worker process( is shutting)?/
           ? $1 ? 'leaving' : 'serving' : '';
}


# Sends HUP, then waits until new workers serve and old ones accept no
# connections.

sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers;

    kill HUP => $self->{pid};

    return wait_until(sub {
        my @now = $self->workers;
        return @now == $self->{workers} && !grep { $old{$_} } @now;
    }, 20);
}


# Sends QUIT; returns true if nginx ended by itself, and well.  If it crashed,
# also before, that is a complaint, too.

sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return 1;

    return 0 unless stop_process($pid, 'QUIT', 20);

    my $how = ending($pid);

    push @{ $self->{bad_endings} }, "nginx ended with $how" if $how;

    return !$how;
}


# Returns a list of complaints: things that no run may leave behind.

sub complaints {
    my ($self) = @_;

    my @bad = ($self->reports($self->errors . $self->log),
               @{ $self->{bad_endings} || [] });

    push @bad, map { "alert: $_" }
        grep { /\[(?:alert|crit|emerg)\]/ && !$self->is_allowed($_) }
            split /\n/, $self->log;

    push @bad, map { "token text: $_" }
        tokens_in($self->own_log . $self->errors);

    return @bad;
}


# The reports of the sanitizers, with their first stack (they write to the error
# output, which nginx redirects into its log), and those of valgrind.  UBSan
# complains about a few places in nginx itself, which are src/... in its build.

sub reports {
    my ($self, $output) = @_;

    my @reports = map { "sanitizer: $_" }
        grep { !/\Asrc\/\S+: runtime error/ }
            $output =~ /^(.*(?:Sanitizer|runtime[ ]error).*\n?
                        (?:(?:READ|WRITE)[ ].*\n)?(?:[ ]+\#\d+[ ].*\n)*)/gmx;

    return @reports, map { "valgrind: $_" } findings($self->{dir});
}


# A test that puts tokens where nginx itself logs them, into request lines or
# header lines that it refuses, says so by "nginx_logs_tokens".  At the level
# "debug" nginx logs every header line: only the module's lines count.

sub own_log {
    my ($self) = @_;

    return join "\n", grep { /oauth: / } split /\n/, $self->log
        if $self->{log} eq 'debug';

    return $self->log unless $self->{nginx_logs_tokens};

    return $self->log =~ s/ request: "[^"]*"//gr
                      =~ s/client sent [^"]*header .*?, client: //grs;
}


# If a test causes such a line on purpose, it says so with "allow".

sub is_allowed {
    my ($self, $line) = @_;

    return $self->{allow} && $line =~ $self->{allow};
}


sub all { return @all }

1;
