# SPDX-License-Identifier: ISC
BEGIN {
	server = "/inet/tcp/0/" ARGV[1] "/" ARGV[2]
	PROCINFO[server, "READ_TIMEOUT"] = 5000
	RS = "^$"
	if ((server |& getline text) < 0)
		exit 1
	printf "%s", text
}
