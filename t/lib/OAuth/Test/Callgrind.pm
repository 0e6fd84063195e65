package OAuth::Test::Callgrind;

# A profile that callgrind wrote (its manual, "Callgrind Format Specification"),
# summed up by objects: how often functions of one object call functions of
# another, and how many instructions these calls took, with everything that they
# called.

use strict;
use warnings;


# The calls between objects: a list of hashes of "from" and "to", each the name
# of a file, "caller" and "callee", "count" and "instructions".

sub calls {
    my ($class, $text) = @_;

    my (%names, %now, @calls, $call);

    for (split /\n/, $text) {

        if (/\A(c?)(ob|fn)=(\((\d+)\))(?: (.*))?\z/) {
            $names{"$2$3"} = $5 if defined $5;
            $now{"$1$2"} = $names{"$2$3"};
            $now{cob} = undef if $1 eq '' && $2 eq 'ob';

        } elsif (/\Acalls=(\d+)/) {
            my $to = delete $now{cob} // $now{ob};

            $call = $to eq $now{ob} ? {} : {
                from => file($now{ob}), caller => $now{fn},
                to => file($to), callee => $now{cfn}, count => $1,
            };

        } elsif ($call && /\A[\d+*-]\S*(?: (\d+))?\z/) {
            push @calls, { %$call, instructions => $1 // 0 } if %$call;
            $call = undef;
        }
    }

    return @calls;
}


sub file {
    my ($path) = @_;

    return $path =~ s/.*\///r;
}


# How many instructions there were.

sub total {
    my ($class, $text) = @_;

    return $text =~ /^totals: (\d+)$/m ? $1 : die "no total\n";
}


# True when a file was written to its end.

sub is_complete {
    my ($class, $text) = @_;

    return $text =~ /^totals: \d+\n\z/m;
}

1;
