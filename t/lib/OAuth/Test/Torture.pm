package OAuth::Test::Torture;

# An nginx whose n-th allocation fails (t/torture/fail.c), with an app and an
# issuer.  After each failure the worker must live and serve the next request,
# and it must not have lost memory.

use strict;
use warnings;

use Fcntl qw(SEEK_SET);
use JSON::PP ();

use OAuth::Test::Build qw(build_path);
use OAuth::Test::Nginx;
use OAuth::Test::Process qw(wait_until);

# The numbers in the shared page, which fail.c reads and writes

use constant { PID => 0, FIRST => 1, LAST => 2, COUNT => 3, FAILED => 4,
               LIVE => 5, SPARE => 6, SKIP => 7, PAGE => 8 * 8 };

use constant { EVERYBODY => -1, NO_END => 1 << 62 };

# Seconds that something may take before the test moves nginx's clock, how often
# it does so, and how many times memory must grow to count as lost.

use constant { PATIENCE => 0.5, MOVES => 70, LEAKS => 4 };

# What the app was sent, as it logs it; the discovery document and the keys; what
# an issuer says about every token that it is asked about

my $app = <<'EOT';
    log_format seen '$http_x_case $http_x_user|$http_x_client|$http_x_roles|'
                    '$http_x_team|$http_x_mapped|$http_authorization$signed';

    map $http_x_assertion $signed {
        default "|?";
        ""      "";
        ~^eyJ[\w-]+\.[\w-]+\.[\w-]+$ "|signed";
    }

    server {
        listen 127.0.0.1:%%PORT_main%%;
        default_type application/json;

        location / {
            access_log %%DIR%%/seen.log seen;
            return 200 'app';
        }

        location = /.well-known/oauth-authorization-server {
            return 200 '{"issuer":"http://127.0.0.1:%%PORT_main%%",
                "authorization_endpoint":"https://as.test/authorize",
                "token_endpoint":"https://as.test/token",
                "response_types_supported":["code"],
                "jwks_uri":"http://127.0.0.1:%%PORT_main%%/jwks"}';
        }

        location = /about/active {
            return 200 '{"active":true,"iss":"https://active.test",
                "sub":"alice","aud":"https://app.test"}';
        }

        location = /about/always {
            return 200 '{"active":true,"iss":"https://corp.test",
                "sub":"alice"}';
        }

        location = /about/ended { return 200 '{"active":false}'; }
        location = /about/fails { return 500; }

        location /.well-known/ { return 404; }
        location = /jwks { alias %%DIR%%/jwks; }
    }
EOT


# options: those of OAuth::Test::Nginx; keys, which are in the file "jwks" of
# nginx's folder and which the issuer publishes; token, one that is always good.

sub new {
    my ($class, %options) = @_;

    my $self = bless { runs => 0, failed => 0, read => 0, marks => 0,
                       token => $options{token} }, $class;

    $self->{app} = OAuth::Test::Nginx->new(conf => $app, module => 0)->start;
    $self->publish(@{ $options{keys} });

    my $nginx = OAuth::Test::Nginx->new(
        allow => qr/(?:malloc|memalign)\([\d, ]+\) failed/, %options,
        ISSUER => $self->issuer, APP => $self->{app}->port('main'));

    my $page = $nginx->write_file('page', "\0" x PAGE);

    open $self->{page}, '+<:raw', $page or die "cannot open $page: $!\n";

    $nginx->write_file('jwks', jwks(@{ $options{keys} }));
    $nginx->{env} = { LD_PRELOAD => build_path('fail.so'),
                      TORTURE_PAGE => $page, MALLOC_PERTURB_ => 165 };
    $self->{nginx} = $nginx;

    return $self;
}


sub start {
    my ($self) = @_;

    $self->{nginx}->start;
    ($self->{worker}) = $self->{nginx}->workers;
    $self->watch($self->{worker});

    return $self;
}


sub nginx { return $_[0]{nginx} }

sub issuer { return 'http://127.0.0.1:' . $_[0]{app}->port('main') }

sub summary {
    my ($self) = @_;

    return "$self->{runs} runs, $self->{failed} allocations failed";
}


# The issuer's keys from now on

sub publish {
    my ($self, @keys) = @_;

    my $name = $self->{app}->write_file('jwks.new', jwks(@keys));

    rename $name, $name =~ s/\.new\z//r or die "cannot rename $name: $!\n";

    return;
}


sub jwks {
    my (@keys) = @_;

    return JSON::PP->new->canonical->encode(
        { keys => [ map { $_->jwk } @keys ] });
}


# The page

sub set {
    my ($self, $field, $value) = @_;

    sysseek $self->{page}, 8 * $field, SEEK_SET;
    syswrite $self->{page}, pack 'q', $value;

    return;
}


sub field {
    my ($self, $field) = @_;

    sysseek $self->{page}, 8 * $field, SEEK_SET;
    sysread $self->{page}, my $bytes, 8;

    return unpack 'q', $bytes;
}


# Counts the allocations of this process from now on, or of any if none is
# named.

sub watch {
    my ($self, $pid) = @_;

    $self->{worker} = $pid;
    $self->set(PID, $pid // EVERYBODY);

    return;
}


# From now on the n-th allocation fails, or the n-th and all later ones.

sub arm {
    my ($self, $n, $on) = @_;

    $self->set(COUNT, 0);
    $self->set(FAILED, 0);
    $self->set(LAST, $on ? NO_END : $n);
    $self->set(FIRST, $n);
    $self->{runs}++;

    return;
}


# From now on no allocation fails; returns how many have failed.

sub disarm {
    my ($self) = @_;

    $self->set(LAST, 0);

    my $failed = $self->field(FAILED);
    $self->{failed} += $failed;

    return $failed;
}


# From now on allocations of this size do not fail; 0 means that every size may
# fail.

sub spare {
    my ($self, $size) = @_;

    $self->set(SPARE, $size);

    return;
}


sub count { return $_[0]->field(COUNT) }


# Moves the clock of nginx's timers; "pass" makes nginx look at them at once.

sub skip {
    my ($self, $seconds) = @_;

    $self->set(SKIP, $self->field(SKIP) + 1000 * $seconds);

    return;
}


sub pass {
    my ($self, $seconds) = @_;

    $self->skip($seconds);
    kill IO => $self->{worker} // $self->{nginx}->pid;

    return;
}


# Waits until the condition holds, moving the clock, and returns what it
# returned.

sub wait_for {
    my ($self, $condition, $patience) = @_;

    for (1 .. MOVES) {
        my $value = wait_until($condition, $patience // PATIENCE);
        return $value if $value;
        $self->pass(1);
    }

    return;
}


# The answer to a request that was sent

sub finish {
    my ($self, $connection) = @_;

    my $response;

    $self->wait_for(sub {
        $connection->pump(PATIENCE);
        $response = $connection->take;
        return $response || $connection->closed;
    });

    $response ||= $connection->finish if $connection->closed;
    $response ||= $connection->failure('timed out');
    $connection->close;

    return $response;
}


# A request that has to succeed.  It uses a connection that stays open, so that
# it leaves nothing behind.

sub control {
    my ($self, $case) = @_;

    my $http = $self->{nginx}->http;

    for (1 .. 2) {
        my $connection = $self->{control} ||= $http->connect;

        $connection->send($http->bytes('GET', '/control',
                                       token => $self->{token},
                                       'X-Case', $case // 'control'));

        my $response = $connection->finish;
        return $response->status if $response->status;

        delete $self->{control};
    }

    return 0;
}


# Does something again and again, while each of its allocations fails once,
# first alone and then with all later ones.  Returns the number of allocations
# and what was wrong.
#
#   prepare   is called before each attempt
#   attempt   does it; its result goes to
#   judge     which returns what is wrong with the result, or nothing

sub each_allocation {
    my ($self, %do) = @_;

    my (@bad, $count);

    for my $on (0, 1) {
        my $passed = 0;

        for (my $n = 1; $passed < 3; $n++) {
            my ($failed, @wrong) = $self->run($n, $on, \%do);

            $passed = $failed ? 0 : $passed + 1;
            push @bad, map { "$n" . ($on ? ' and on' : '') . ": $_" } @wrong;
            $count = $n - 3 unless $on;
        }
    }

    return ($count, @bad);
}


# One failure.  If memory has grown, the same is done again: a cache grows only
# once or twice, but a leak grows each time.

sub run {
    my ($self, $n, $on, $do) = @_;

    my ($failed, $live, $lost, @wrong);

    for (0 .. LEAKS) {
        $do->{prepare}->() if $do->{prepare};

        $live //= $self->field(LIVE);

        $self->arm($n, $on);
        my $result = $do->{attempt}->();
        $failed = $self->disarm;

        push @wrong, $do->{judge}->($result);
        push @wrong, 'the next request failed' if $self->control != 200;

        kill 0 => $self->{worker}
            or die "allocation $n: the worker is gone\n",
                   $self->{nginx}->log_lines(qr/exited/);

        my $settled = sub { $self->field(LIVE) <= $live };

        return ($failed, @wrong) if @wrong || wait_until($settled, 0.05);

        $lost = $self->field(LIVE) - $live;
        $live += $lost;
    }

    return ($failed, "$lost blocks are lost each time");
}


# What the app was sent since this was last asked, as [ case, identity ]

sub seen {
    my ($self) = @_;

    my $log;
    my $mark = 'mark-' . ++$self->{marks};

    $self->control($mark);

    wait_until(sub {
        $log = substr $self->{app}->read_file('seen.log'), $self->{read};
        return $log =~ /^$mark /m;
    }) or die "the app was not sent $mark\n";

    $self->{read} += length $log;

    return grep { $_->[0] ne $mark }
        map { [ split / /, $_, 2 ] } split /\n/, $log;
}

1;
