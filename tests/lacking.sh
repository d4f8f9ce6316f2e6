#!/bin/sh
# SPDX-License-Identifier: ISC
# lacking: runs in the place of a program that the machine lacks: the test is skipped.
echo "skipped: $1 is not installed"
exit 77
