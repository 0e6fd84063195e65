#!/usr/bin/perl
#
# A store that is full, or whose files were emptied, cut off, replaced, restored,
# removed or made unusable.  Revocations are answered with 503 or 507, protected
# requests with 503 where the store cannot be read, no worker ends, the log says
# once for each worker what is wrong, and what it says to do helps.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Fcntl qw(SEEK_SET);
use File::Copy qw(copy);
use JSON::PP qw(encode_json);

use OAuth::Test;
use OAuth::Test::Process qw(reap spawn);
use OAuth::Test::Revoker;
use OAuth::Test::Token qw(mint);

use constant {
    WORKERS => 2,
    TICK    => 10,                      # seconds between attempts to open it
    AS      => 'https://as.test',
};

my $key = key('ES256');
my @mounted;

full();

# Each case: what happens, and whether nginx runs meanwhile; the sentence; what
# it says to do, and whether nginx is restarted for that; the status then of a
# token that was revoked before a backup, and of one after it.

for my $case (
    [ 'emptied', 0, sub { resize($_[0], 0) },
      qr/data\.mdb is missing or empty: restore it from a backup, and remove/,
      sub { restore($_[0]); forget($_[0]) }, 0, 401, 200 ],
    [ 'emptied, to begin anew', 0, sub { resize($_[0], 0) },
      qr/or remove identity alone, to begin with an empty store/,
      sub { forget($_[0]) }, 0, 200, 200 ],
    [ 'removed', 0, sub { unlink "$_[0]/data.mdb" },
      qr/data\.mdb is missing or empty/,
      sub { restore($_[0]); forget($_[0]) }, 0, 401, 200 ],
    [ 'cut off', 0, sub { keep($_[0]); resize($_[0], 4096 * 3) },
      qr/data\.mdb is shorter than it was.*: put the right one back/,
      sub { put_back($_[0]) }, 0, 401, 401 ],
    [ 'cut off while nginx runs', 1,
      sub { keep($_[0]); resize($_[0], 4096 * 3) },
      qr/data\.mdb is shorter than it was.*: put the right one back/,
      sub { put_back($_[0]) }, 0, 401, 401 ],
    [ 'replaced', 0, sub { keep($_[0]); another($_[0]) },
      qr/data\.mdb is that of another store: put the right one back/,
      sub { put_back($_[0]) }, 0, 401, 401 ],
    [ 'replaced, to use it', 0, sub { another($_[0]) },
      qr/is that of another store.*or remove the file identity to use this/,
      sub { forget($_[0]) }, 0, 200, 200 ],
    [ 'replaced while nginx runs', 1, sub { keep($_[0]); another($_[0]) },
      qr/was removed or replaced while nginx had it open: put the old file/,
      sub { rename "$_[0].kept", "$_[0]/data.mdb" }, 0, 401, 401 ],
    [ 'replaced while nginx runs, to use it', 1, sub { another($_[0]) },
      qr/or restart nginx, which then says whether the new one/,
      sub { forget($_[0]) }, 1, 200, 200 ],
    [ 'restored', 0, sub { restore($_[0]) },
      qr/data\.mdb is (?:older than the last commit|shorter than it was)/,
      sub { forget($_[0]) }, 0, 401, 200 ],
    [ 'of another format', 0, sub { patch($_[0], 1, 99) },
      qr/data\.mdb has a format that this version .*: use the version that/,
      sub { patch($_[0], 99, 1) }, 1, 401, 401 ],
    [ 'garbage', 0, sub { garbage($_[0]) },
      qr/data\.mdb is damaged or is not a file of LMDB: restore the folder/,
      sub { unlink glob "$_[0]/*" }, 0, 200, 200 ],
    [ 'a damaged identity', 0, sub { damage_identity($_[0]) },
      qr/the file identity is damaged: remove it if data\.mdb is the right/,
      sub { forget($_[0]) }, 0, 401, 401 ],
    [ 'without lock.mdb', 1, sub { unlink "$_[0]/lock.mdb" },
      qr/data\.mdb or lock\.mdb was removed .*; or restart nginx/,
      sub { }, 1, 401, 401 ],
) {
    broken(@$case);
}

owner();
readonly();
disk_full();
finish();


# --- nginx and its store ---------------------------------------------------

sub store_nginx {
    my (%options) = @_;

    my $nginx = OAuth::Test::Nginx->new(conf => <<'EOT', AS => AS,
    oauth_revocation_store %%STORE%% size=%%SIZE%%;
    oauth_issuer as { issuer %%AS%%; jwks_file %%DIR%%/keys; }

    keepalive_requests 1000000;

    server {
        listen 127.0.0.1:%%PORT_main%% reuseport;
        server_name app.test;

        oauth as;
        oauth_resource https://app.test;
        location / { root %%DIR%%/html; }
    }

    server {
        listen 127.0.0.1:%%PORT_local%% reuseport;
        location = /admin { oauth_revoke admin; }
        location = /json { oauth_status; }
    }
EOT
        workers => WORKERS, log => 'warn', SIZE => '8m', %options);

    $nginx->{STORE} //= $nginx->make_folder('store');
    $nginx->write_file('html/page', 'page');
    $nginx->write_file('keys', encode_json({ keys => [ $key->jwk ] }));
    $nginx->start;

    return $nginx;
}


sub revoker {
    my ($nginx) = @_;

    return OAuth::Test::Revoker->new(port => $nginx->port('local'),
                                     issuer => AS);
}


# The statuses of several requests, which reach both workers

sub revocations {
    my ($nginx, $subject) = @_;

    my %found = map { (revoker($nginx)->revoke({ subject => $subject }) => 1) }
                    1 .. 6;

    return join ' ', sort keys %found;
}


sub requests {
    my ($nginx, $subject) = @_;

    my $token = mint(key => $key, claims => { iss => AS, sub => $subject,
                                              iat => time - 1000 });
    my %found = map { ($_->status => 1) } finish_all(map {
        $nginx->http->start('GET', '/page', token => $token) } 1 .. 12);

    return join ' ', sort keys %found;
}


# --- what happens to the files ---------------------------------------------

# By mdb_copy, as the documentation says, or as a copy if that is not installed:
# nobody is writing.

sub backup {
    my ($nginx) = @_;

    my $store = $nginx->{STORE};
    my $folder = $nginx->make_folder('backup');

    run('mdb_copy', $store, $folder);
    copy("$store/data.mdb", "$folder/data.mdb") unless -s "$folder/data.mdb";
    rename "$folder/data.mdb", "$store.backup" or die "backup: $!\n";

    return;
}


sub forget { unlink "$_[0]/identity" or die "identity: $!\n" }

sub restore { copy_as("$_[0].backup", $_[0], 'data.mdb') }

sub keep { copy_as("$_[0]/data.mdb", $_[0], '../store.kept') }

sub put_back { copy_as("$_[0].kept", $_[0], 'data.mdb') }


# Copies the bytes; the file stays the same one if it is there.

sub copy_as {
    my ($from, $folder, $name) = @_;

    my $to = "$folder/$name";

    copy($from, $to) or die "cannot copy $from: $!\n";
    own($to, $folder);

    return;
}


sub own {
    my ($path, $folder) = @_;

    my @owner = (stat "$folder/identity")[4, 5];

    @owner = (stat "$folder/lock.mdb")[4, 5] unless @owner;
    chown @owner, $path or die "chown: $!\n" if $> == 0 && @owner;

    return;
}


sub resize {
    my ($folder, $size) = @_;

    truncate "$folder/data.mdb", $size or die "truncate: $!\n";

    return;
}


# The store of another nginx, as another file; the old one stays as it is.

sub another {
    my ($folder) = @_;

    my $other = store_nginx();

    revocations($other, 'of-another');
    revoker($other)->revoke(map { { subject => "other-$_" } } 1 .. 1000);
    $other->stop;

    link "$folder/data.mdb", "$folder.old";
    copy("$other->{STORE}/data.mdb", "$folder.new") or die "copy: $!\n";
    own("$folder.new", $folder);
    rename "$folder.new", "$folder/data.mdb" or die "rename: $!\n";
    rename "$folder.old", "$folder.kept";

    return;
}


# Changes the number of the format, which is in front of the store's id.

sub patch {
    my ($folder, $from, $to) = @_;

    my ($id) = slurp("$folder/identity") =~ /^id (\w+)$/m;
    my $head = pack 'H*', $id;
    my $bytes = slurp("$folder/data.mdb");
    my $count = $bytes =~ s/\Q@{[ pack 'Q>', $from ]}$head/
                            pack('Q>', $to) . $head/gex;

    die "no head with $from\n" unless $count;
    write_over("$folder/data.mdb", $bytes);

    return;
}


sub garbage {
    my ($folder) = @_;

    my $size = -s "$folder/data.mdb";

    write_over("$folder/data.mdb", 'garbage ' x ($size / 8));

    return;
}


sub damage_identity { write_over("$_[0]/identity", 'no identity at all') }


sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "cannot read $path: $!\n";
    local $/;

    return scalar <$in>;
}


sub write_over {
    my ($path, $bytes) = @_;

    open my $out, '+<:raw', $path or die "cannot write $path: $!\n";
    syswrite $out, $bytes;
    close $out or die "cannot write $path: $!\n";

    return;
}


# --- the cases -------------------------------------------------------------

sub broken {
    my ($name, $running, $happens, $sentence, $cure, $restart, @then) = @_;

    my $nginx = store_nginx(allow => qr/cannot be used|had no file/);
    my $store = $nginx->{STORE};

    is(revocations($nginx, 'early'), '204', "$name: works before");
    backup($nginx);
    revoker($nginx)->revoke(map { { subject => "later-$_" } } 1 .. 500);
    is(revocations($nginx, 'late'), '204', "$name: works before");
    is(requests($nginx, $_), '401', "$name: $_ is revoked") for qw(early late);

    # Workers look at the files once a second.

    if ($running) {
        next_second();
        requests($nginx, 'early');
        $happens->($store);
        next_second();

    } else {
        $nginx->stop;
        $happens->($store);
        restart($nginx);
    }

    my @workers = sort $nginx->workers;

    is(requests($nginx, 'nobody'), '503', "$name: requests are refused");
    is(revocations($nginx, 'nobody'), '503', "$name: so are revocations");
    is(requests($nginx, 'early'), '503', "$name: requests are refused");

    my @lines = $nginx->log_lines(qr/\[crit\].*cannot be used/);

    like($lines[0] // '', $sentence, "$name: the log says what to do");
    is(scalar(@lines), WORKERS, "$name: each worker says it once");
    is(join(' ', sort $nginx->workers), "@workers", "$name: no worker ends");

    $nginx->stop if $restart;
    $cure->($store);
    restart($nginx) if $restart;

    wait_until(sub { requests($nginx, 'nobody') eq '200' }, 2 * TICK + 5);
    is(requests($nginx, 'nobody'), '200', "$name: this helps");
    is(requests($nginx, 'early'), $then[0], "$name: then early: $then[0]");
    is(requests($nginx, 'late'), $then[1], "$name: then late: $then[1]");
    is(revocations($nginx, 'late'), '204', "$name: it can be written");
    is(requests($nginx, 'late'), '401', "$name: which counts");
    $nginx->stop;

    return;
}


sub next_second {
    my $now = time;

    wait_until(sub { time > $now + 1 });

    return;
}


sub restart {
    my ($nginx) = @_;

    $nginx->launch;
    $nginx->is_up or die "nginx does not start:\n", $nginx->log;

    return;
}


# The map is full: all of a batch or nothing.

sub full {
    my $nginx = store_nginx(SIZE => '1m', allow => qr/it is full/);
    my $revoker = revoker($nginx);
    my (@stored, @denied, %statuses);

    for my $n (1 .. 60) {
        my @names = map { "full-$n-$_" } 1 .. 500;
        my $status = $revoker->revoke(map { { subject => $_ } } @names);

        $statuses{$status}++;
        push @{ $status == 204 ? \@stored : \@denied }, @names;
    }

    is(join(' ', sort keys %statuses), '204 507',
       "full: $statuses{204} batches were stored, $statuses{507} were not");
    is(scalar($revoker->missing(@stored)), 0, 'full: the first are there');
    is(scalar($revoker->missing(@denied)), @denied, 'full: no part of others');
    is(requests($nginx, $stored[-1]), '401', 'full: revoked is revoked');
    is(requests($nginx, $denied[-1]), '200', 'full: others are good');
    like(($nginx->log_lines(qr/\[crit\]/))[0],
         qr/cannot take revocations: it is full: write a larger "size"/,
         'full: the log says what to do');

    $nginx->{SIZE} = '8m';
    $nginx->write_conf;
    ok($nginx->reload, 'full: a larger size, and a reload');
    $revoker->close;
    is($revoker->revoke(map { { subject => $_ } } @denied[0 .. 499]), 204,
       'full: this helps');
    is(requests($nginx, $denied[0]), '401', 'full: which counts');
    is(scalar($revoker->missing(@stored)), 0, 'full: the first are there');
    $nginx->stop;

    return;
}


# --- what needs root -------------------------------------------------------

sub owner {
    SKIP: {
        skip('files of another owner need root', 5) if $> != 0;

        my $nginx = store_nginx(allow => qr/cannot read/);
        my $data = "$nginx->{STORE}/data.mdb";
        my @owner = (stat $data)[4, 5];

        is(revocations($nginx, 'early'), '204', 'owner: works before');
        $nginx->stop;
        chown 0, 0, $data;

        my ($good, $said) = $nginx->test_conf;

        ok(!$good, 'owner: nginx -t refuses a file of root');
        like($said, qr/\[emerg\].*data\.mdb.*nginx\.conf:\d+/s,
             'owner: and names it');

        chown @owner, $data;
        ($good) = $nginx->test_conf;
        ok($good, 'owner: with the right owner it is accepted');
        restart($nginx);
        is(requests($nginx, 'early'), '401', 'owner: nothing was lost');
        $nginx->stop;
    }

    return;
}


sub mount {
    my ($size) = @_;

    my $folder = File::Temp->newdir('oauth-store-XXXXXX', TMPDIR => 1);

    return if $> != 0
              || run('mount', '-t', 'tmpfs', '-o', "size=$size,mode=777",
                     'tmpfs', "$folder") != 0;

    push @mounted, $folder;

    return "$folder";
}


sub run {
    my (@command) = @_;

    my $pid = spawn(sub {
        open STDERR, '>', '/dev/null';
        exec @command;
    });

    wait_until(sub { reap($pid) }, 20);

    return $?;
}


sub readonly {
    my $folder = mount('4m');

    SKIP: {
        skip('a read-only disk needs root', 9) unless $folder;

        my $nginx = store_nginx(STORE => $folder,
                                allow => qr/read-only|cannot be used/);

        is(revocations($nginx, 'early'), '204', 'read-only: works before');
        $nginx->stop;
        run('mount', '-o', 'remount,ro', $folder);
        restart($nginx);

        is(requests($nginx, 'early'), '401', 'read-only: revoked is revoked');
        is(requests($nginx, 'nobody'), '200', 'read-only: others are good');
        is(revocations($nginx, 'late'), '503',
           'read-only: nothing can be revoked');
        like($nginx->http('local')->get('/json')->json->{revocation}{error},
             qr/read-only for nginx: let the user of the workers write/,
             'read-only: the status says so');
        ok($nginx->http('local')->get('/json?format=html')->body
           =~ /: it is read-only for nginx/, 'read-only: so does its page');
        like(($nginx->log_lines(qr/\[error\]/))[0],
             qr/cannot take revocations: it is read-only for nginx: let the/,
             'read-only: and the log says what to do');

        $nginx->stop;
        run('mount', '-o', 'remount,rw', $folder);
        restart($nginx);
        is(revocations($nginx, 'late'), '204', 'read-only: this helps');
        is(requests($nginx, 'late'), '401', 'read-only: which counts');
        $nginx->stop;
    }

    return;
}


sub disk_full {
    my $folder = mount('512k');

    SKIP: {
        skip('a small disk needs root', 7) unless $folder;

        my $nginx = store_nginx(STORE => $folder,
            allow => qr/cannot take revocations: the disk/);

        open my $ballast, '>', "$folder/ballast" or die "ballast: $!\n";
        print $ballast 'x' x 200_000;
        close $ballast;

        my $revoker = revoker($nginx);
        my (@stored, @denied);

        for my $n (1 .. 20) {
            my @names = map { "disk-$n-$_" } 1 .. 200;
            my $status = $revoker->revoke(map { { subject => $_ } } @names);

            push @stored, @names if $status == 204;
            push @denied, @names if $status == 507;
        }

        is(@stored + @denied, 4000, 'disk full: 204 or 507');
        ok(@stored && @denied, 'disk full: ' . @stored . ' were stored');
        is(scalar($revoker->missing(@stored)), 0, 'disk full: they are there');
        is(scalar($revoker->missing(@denied)), @denied,
           'disk full: no part of others');
        like(($nginx->log_lines(qr/\[crit\]/))[0],
             qr/the disk is full[^:]*: make room on it/,
             'disk full: the log says what to do');

        unlink "$folder/ballast";
        is($revoker->revoke(map { { subject => $_ } } @denied[0 .. 199]), 204,
           'disk full: this helps');
        is(requests($nginx, $denied[0]), '401', 'disk full: which counts');
        $nginx->stop;
    }

    return;
}


# Nothing stays mounted.

END {
    my $status = $?;

    $_->stop for OAuth::Test::Nginx->all;
    run('umount', "$_") for @mounted;
    $? = $status;
}
