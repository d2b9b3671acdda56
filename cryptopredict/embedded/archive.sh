#!/bin/sh
# PostgreSQL's archive_command: keeps one file of the write-ahead log. Arguments: its path, its name, the directory.
# Its name appears only when all of it is on the disk, and what is there is never replaced.
set -eu
umask 077
target="$3/$2.gz"
draft="$3/.$2.$$"

if [ -e "$target" ]; then
    # After a crash PostgreSQL asks again for what it has kept: the same content is well, another one is a fault.
    gzip -dc "$target" | cmp -s - "$1" && exit 0
    echo "$target is there with another content; it stays, and nothing is archived" >&2
    exit 1
fi

if [ -e "$target.sealed" ]; then
    # Archived twice, as after a crash; what it holds only the sealer can tell.
    echo "$target.sealed is there and cannot be compared; start with BACKUP_PASSPHRASE_FILE until it is archived" >&2
    exit 1
fi

# A status above 125 would end PostgreSQL's archiver; it is to try again.
trap 'status=$?; rm -f "$draft"; [ $status = 0 ] || exit 1' EXIT
gzip -1 -n -c "$1" >"$draft"
touch -r "$1" "$draft" # when it was last written to says up to when the archive reaches
sync "$draft"
# A link fails where the name is taken; where the file system has none, mv -n does nothing then.
if ln "$draft" "$target" 2>/dev/null; then rm "$draft"; else mv -n "$draft" "$target"; fi
[ ! -e "$draft" ]
sync "$3"
