#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: [unshare -m | unshare -rm] namespace.sh TREE [--etc FOLDER] COMMAND...
# Runs COMMAND where the unpacked package tree lies over /usr, as the user "mail" of an inner
# user namespace: without any privilege, and outside still as the user who started it, who so
# owns every file that is written.  Ends with its parent.
# With --etc, the folders of FOLDER lie in /etc and may be written, /run is empty, and COMMAND
# is the first process of its own, with which all others end.
set -eu
apart=unshare
cd "$1/usr"
shift
mount -t overlay overlay -o lowerdir=.:/usr /usr
if [ "$1" = --etc ]; then
	cd "$2"
	mount -t overlay overlay -o lowerdir=.:/etc /etc
	for folder in *; do
		mount --bind "$folder" "/etc/$folder"
	done
	mount -t tmpfs tmpfs /run
	shift 2
	apart='setpriv --pdeathsig KILL unshare --pid --fork --kill-child'
fi
cd /
# shellcheck disable=SC2086
exec $apart --user --map-user="$(id -u mail)" --map-group="$(id -g mail)" \
	setpriv --pdeathsig TERM "$@"
