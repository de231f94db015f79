#!/bin/sh
# Every page of the companion in a headless Chromium, at 1440 and 360 pixels, light and dark. Tells in
# TAP what is wrong with which page. COMPANION=<folder> looks at another companion.
set -u

companion=${COMPANION:-paper/companion}
nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
chromium=
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if [ -z "$chromium" ] && command -v "$name" >/dev/null; then chromium=$name; fi
done
[ -n "$chromium" ] || nothing "there is no Chromium; on Debian: apt-get install chromium"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
  nothing "there is no Python from version 3.7 on; on Debian: apt-get install python3"
[ -e "$companion/index.html" ] || nothing "$companion/index.html is not there; make all builds it"
exec python3 tests/all_browser.py "$chromium" "$companion"
