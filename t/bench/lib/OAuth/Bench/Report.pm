package OAuth::Bench::Report;

# Writes the results of a run as a table into docs/performance.md, between its
# markers, and as bars into docs/performance.svg.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use POSIX qw(strftime);

our @EXPORT_OK = qw(write_table write_plot);

use constant {
    WIDTH => 960, LEFT => 190, BAR => 20, GAP => 5, TOP => 64, SCALE => 640,
    HEAD => 34,
};

my $docs = abs_path(dirname(__FILE__) . '/../../../../../docs');


# Rows are scenarios, columns gateways.  A result has alg, scenario, gateway,
# base, cost (microseconds) and ratio.

sub write_table {
    my ($results, @notes) = @_;

    my @gateways = gateways($results);
    my @rows = rows($results);

    my @lines = (
        (map { "- $_" } machine(), @notes), '',
        '| | ' . join(' | ', 'base line', @gateways) . ' |',
        '|---|' . '---:|' x (1 + @gateways),
        map { table_row($_, @gateways) } @rows,
    );

    my $file = "$docs/performance.md";
    my $text = slurp($file);

    $text =~ s/(<!-- measured -->\n).*?(<!-- end -->)/
               $1 . join("\n", @lines) . "\n$2"/se
        or die "$file has no markers\n";

    return put($file, $text);
}


sub table_row {
    my ($row, @gateways) = @_;

    my $by = $row->{gateways};
    my ($base) = grep { $_->{base} } values %$by;

    return '| ' . join(' | ', $row->{name},
        sprintf('%.1f us', $base->{cost}),
        map { $by->{$_} ? sprintf('**%.2f** %.1f us', @{ $by->{$_} }{
                  qw(ratio cost) }) : '-' } @gateways) . ' |';
}


sub rows {
    my ($results) = @_;

    my (@rows, %row);

    for (@$results) {
        my $name = "$_->{alg}, $_->{scenario}";

        push @rows, $row{$name} = { name => $name } if !$row{$name};
        $row{$name}{gateways}{ $_->{gateway} } = $_;
    }

    return @rows;
}


# The gateways that are compared, in the order of the run.

sub gateways {
    my ($results) = @_;

    my %seen;

    return grep { !$seen{$_}++ }
        map { $_->{base} ? () : $_->{gateway} } @$results;
}


sub machine {
    my @cpus = slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.+)/mg;
    my ($memory) = slurp('/proc/meminfo') =~ /^MemTotal:\s*(\d+)/;
    my ($system) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]+)/m;

    return sprintf '%s; %s, %d CPUs, %d GB; %s, Linux %s',
        strftime('%Y-%m-%d', gmtime), $cpus[0], scalar @cpus, $memory / 1e6, $system,
        (POSIX::uname())[2];
}


# One group of bars for each row with known or new tokens and RS256.

sub write_plot {
    my ($results) = @_;

    my @gateways = gateways($results);
    my @rows = grep { $_->{name} =~ /RS256, .*tokens?\z/ }
        grep { $_->{name} !~ /no token/ } rows($results);
    my $step = HEAD + @gateways * (BAR + GAP);
    my $bottom = TOP + @rows * $step + 6;
    my $height = $bottom + 44;

    my $svg = sprintf <<'EOT', WIDTH, $height, WIDTH, $height, WIDTH, $height;
<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"
     viewBox="0 0 %d %d" role="img" aria-labelledby="title">
  <title id="title">Requests for the same CPU time</title>
  <style>
    text  { font: 14px sans-serif; fill: #222; }
    .name { font-weight: bold; }
    .mid  { text-anchor: middle; }
    .end  { text-anchor: end; }
    .ours { fill: #4c8c4a; }
    .peer { fill: #9aa7b8; }
    .line { stroke: #bbb; }
  </style>

  <rect width="%d" height="%d" fill="#fbfbf8"/>

  <text x="20" y="28" class="name">Requests for the same CPU time, where nginx
    without any verification is 1 (RS256)</text>
EOT

    for my $tenth (0, 2, 4, 6, 8, 10) {
        my $x = LEFT + SCALE * $tenth / 10;

        $svg .= sprintf qq{\n  <path class="line" d="M%d %d V%d"/>\n}
            . qq{  <text x="%d" y="%d" class="mid">%.1f</text>\n},
            $x, TOP - 14, $bottom, $x, $bottom + 22, $tenth / 10;
    }

    my $y = TOP;

    for my $row (@rows) {
        $svg .= bars($row, $y, @gateways);
        $y += $step;
    }

    return put("$docs/performance.svg", "$svg</svg>\n");
}


sub bars {
    my ($row, $y, @gateways) = @_;

    my $svg = sprintf qq{\n  <text x="20" y="%d" class="name">%s</text>\n\n},
        $y + 10, $row->{name} =~ s/\ARS256, //r;

    $y += HEAD - 14;

    for my $name (grep { $row->{gateways}{$_} } @gateways) {
        my $ratio = $row->{gateways}{$name}{ratio};
        my $width = SCALE * $ratio;

        $svg .= sprintf <<'EOT', LEFT - 10, $y + 15, $name,
  <text x="%d" y="%d" class="end">%s</text>
  <rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>
  <text x="%.1f" y="%d">%.2f</text>
EOT
            $name =~ /oauth_module/ ? 'ours' : 'peer', LEFT, $y, $width, BAR,
            LEFT + $width + 8, $y + 15, $ratio;

        $y += BAR + GAP;
    }

    return $svg;
}


sub slurp {
    my ($file) = @_;

    open my $in, '<', $file or die "cannot read $file: $!\n";
    local $/;

    return scalar <$in>;
}


sub put {
    my ($file, $text) = @_;

    open my $out, '>', $file or die "cannot write $file: $!\n";
    print $out $text;
    close $out or die "cannot write $file: $!\n";

    print "wrote $file\n";

    return;
}

1;
