#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: [unshare -m | unshare -rm] namespace.sh TREE COMMAND...
# Runs COMMAND where the unpacked package tree lies over /usr, as the user "mail" of an inner
# user namespace: without any privilege, and outside still as the user who started it, who so
# owns every file that is written.  Ends with its parent.
set -eu
cd "$1/usr"
shift
mount -t overlay overlay -o lowerdir=.:/usr /usr
cd /
exec unshare --user --map-user="$(id -u mail)" --map-group="$(id -g mail)" \
	setpriv --pdeathsig TERM "$@"
