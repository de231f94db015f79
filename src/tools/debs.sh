#!/bin/sh
# debs.sh FOLDER: what make needs of packages.txt, without root. The Debian packages that are not
# installed are downloaded and unpacked into FOLDER; then FOLDER/environment, sourced in a shell,
# lets make find them:
#
#   src/tools/debs.sh ~/debs
#   . ~/debs/environment
#   make all
#
# make, a C compiler and the C library's headers have to be there already. Optional packages (TeX)
# are left out: they are of no use before scripts that need root have configured them.
set -eu

fail() {
  echo "debs: $*" >&2
  exit 1
}

[ -n "${1:-}" ] || fail "usage: debs.sh FOLDER"
list=${0%/*}/packages.txt
cc=${CC:-cc}
for tool in apt-get dpkg-deb make "${cc%% *}"; do
  command -v "$tool" >/dev/null || fail "there is no $tool, which has to be there already"
done
mkdir -p -- "$1" 2>/dev/null || fail "$1 cannot be made"
[ -w "$1" ] || fail "$1 is not writable"
folder=$(cd -- "$1" && pwd)
case $folder in
  *[:\\\"\$\`]* | *'
'*) fail "$folder: the folder's name may hold none of : \\ \" \$ \` and no line break" ;;
esac

# apt-get with lists and downloads of its own, since those of the system are root's.
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/debs"
said=$folder/apt/said
apt() {
  apt-get -q -o Debug::NoLocking=true -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache" "$@" 2>"$said" </dev/null
}
refuse() {
  grep -E '^[EW]: ' "$said" | head -n 3 >&2
  fail "$*"
}
apt update >/dev/null || refuse "the lists of packages could not be had: is there a network?"

wanted=$(awk '$1 !~ /^#/ && $3 == "needed" && $2 != "cmd:make" && $2 != "cmd:cc" && $2 != "header:stdio.h" { print $1 }' "$list")
# shellcheck disable=SC2086 # names of packages
apt install --print-uris --no-install-recommends $wanted >"$folder/apt/uris" || refuse "apt-get does not know all of:" $wanted
# lines "'URI' NAME_VERSION_ARCHITECTURE.deb SIZE CHECKSUM"
missing=$(sed -n "s/^'[^']*' \([a-z0-9+.-]*\)_[^ ]*\.deb .*/\1/p" "$folder/apt/uris")
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086 # names of packages
  (cd "$folder/apt/debs" && apt download $missing >/dev/null) || refuse "not all packages could be downloaded"
fi
for deb in "$folder"/apt/debs/*.deb; do
  [ ! -e "$deb" ] || dpkg-deb -x "$deb" "$folder" || fail "$deb could not be unpacked"
  rm -f "$deb"
done
rm -rf "$folder/apt"

# What the packages' own scripts, run by root, would have linked: gnuplot, and OpenBLAS, which lies in
# a folder of its own.
if [ -e "$folder/usr/bin/gnuplot-nox" ] && [ ! -e "$folder/usr/bin/gnuplot" ]; then
  ln -s gnuplot-nox "$folder/usr/bin/gnuplot"
fi
libraries=
for place in "$folder"/usr/lib/*-linux-gnu*/openblas-* "$folder"/usr/lib/*-linux-gnu* "$folder"/lib/*-linux-gnu*; do
  [ ! -d "$place" ] || libraries=$libraries${libraries:+:}$place
done
headers=$folder/usr/include
for place in "$folder"/usr/include/*-linux-gnu*; do
  [ ! -d "$place" ] || headers=$headers:$place
done
{
  echo "# Sourced in a shell, this lets make find what was unpacked here."
  # name, value, and whether what was there before follows
  for setting in "PATH=$folder/usr/bin" "LD_LIBRARY_PATH=$libraries" "LIBRARY_PATH=$libraries" "C_INCLUDE_PATH=$headers"; do
    name=${setting%%=*}
    [ -z "${setting#*=}" ] || echo "export $name=\"${setting#*=}\${$name:+:\$$name}\""
  done
  # where these programs look for their own files
  [ ! -d "$folder/usr/share/pandoc/data" ] || echo "export pandoc_datadir=\"$folder/usr/share/pandoc\""
  [ ! -d "$folder/etc/fonts" ] || echo "export FONTCONFIG_PATH=\"$folder/etc/fonts\""
} >"$folder/environment.part"
mv "$folder/environment.part" "$folder/environment"
echo "now, in each shell: . $folder/environment"
