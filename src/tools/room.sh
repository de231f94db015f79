#!/bin/sh
# room.sh NAME FOLDER...: says for NAME which folders cannot be written, and why; exit status 1 when
# there is one. A full disk makes many programs fail in words of their own, or in none.
set -u

name=$1 room=yes
shift
for folder; do
  why=$({ head -c 500000 /dev/zero >"$folder/room.part"; } 2>&1) || {
    echo "$name: $folder: cannot be written: ${why##*: }" >&2
    room=no
  }
  rm -f "$folder/room.part"
done
[ $room = yes ]
