#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: courier.sh PORT TLS_PORT (0: no TLS)
# Courier's daemons in the foreground, inside the namespace that namespace.sh made: as its own
# start scripts run them, but for the change of user and the log.
set -eu
trap 'exit 0' TERM
mkdir -p /run/courier/authdaemon
makeuserdb
/usr/lib/courier/courier-authlib/authdaemond &
set -a
TLS_PROTOCOL=
. /etc/courier/imapd
. /etc/courier/imapd-ssl
. /etc/courier/settings
listen() {
	couriertcpd -address=127.0.0.1 "-maxprocs=$MAXDAEMONS" "-maxperip=$MAXPERIP" \
		-nodnslookup -noidentlookup "$@" /usr/lib/courier/courier/imaplogin \
		/usr/bin/imapd Maildir
}
while [ ! -S /run/courier/authdaemon/socket ]; do
	sleep 0.01
done
if [ "$2" != 0 ]; then
	IMAP_TLS=1 listen "$2" /usr/bin/couriertls -server -tcpd &
	export IMAP_STARTTLS=YES
else
	export IMAP_STARTTLS=NO TLS_PROTOCOL=
fi
listen "$1" &
wait
