#!/bin/sh
# version.sh: the version, which stands in CITATION.cff alone.
version=$(sed -n 's/^version: *"\{0,1\}\([0-9][0-9.]*\)"\{0,1\} *$/\1/p' CITATION.cff)
[ -n "$version" ] || { echo "${0##*/}: CITATION.cff has no line 'version: NUMBER'" >&2; exit 1; }
echo "$version"
