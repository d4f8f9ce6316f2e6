<?php // SPDX-License-Identifier: ISC
$host = str_contains($argv[1], ':') ? "[$argv[1]]" : $argv[1];
$server = fsockopen($host, $argv[2], $number, $reason, 5) or exit(1);
stream_set_timeout($server, 5);
echo stream_get_contents($server);
exit(stream_get_meta_data($server)['timed_out'] ? 1 : 0);
