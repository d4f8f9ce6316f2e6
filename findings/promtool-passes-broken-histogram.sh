#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# `promtool check metrics` complains of names and units, and passes a histogram that no quantile can be had of.
#
# Guess: the official linter, which fails a gauge named _total, fails a histogram that breaks the format's own rules.
# Really: without the +Inf bucket, without _count, and with buckets that fall, promtool says nothing and exits 0.
# Seen with: prometheus 2.42.0+ds-5+deb12u1; likewise promtool up to 3.5.
# Source: Prometheus, "Exposition formats", on histograms: a bucket le="+Inf" must exist, equal to _count, and buckets
# are in increasing order.
# Why it matters: a daemon that writes its metrics by hand, as small ones do, has a green CI and panels without data:
# histogram_quantile() wants +Inf. These three rules need tests of one's own.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian prometheus=2.42.0+ds-5+deb12u1
programs promtool
observe <<'END'
from watch import *

HEAD = "# HELP wait_seconds Waiting time.\n# TYPE wait_seconds histogram\n"


def check(text):
    """Returns promtool's exit status, and what it complains of."""
    result = run("promtool", "check", "metrics", stdin=None, input=text)
    return result.returncode, (result.stdout + result.stderr).strip()


seen = [
    see("a gauge named _total", check("# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n")),
    see("no +Inf bucket, no _count", check(HEAD + 'wait_seconds_bucket{le="1"} 5\nwait_seconds_sum 1\n')),
    see("buckets that fall", check(HEAD + 'wait_seconds_bucket{le="1"} 5\nwait_seconds_bucket{le="2"} 3\n'
                                   'wait_seconds_bucket{le="+Inf"} 2\nwait_seconds_sum 1\nwait_seconds_count 2\n')),
]
conclude(seen[0][0] == 3 and seen[1:] == [(0, "")] * 2, "broken histograms pass without a word")
END
