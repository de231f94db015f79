#!/bin/sh
# install.sh FOLDER PREFIX SONAME LIBS: puts what make built into FOLDER, which is DESTDIR and PREFIX; files
# that name their place name PREFIX. install.sh --remove FOLDER SONAME takes it away again.
set -u

fail() {
  echo "install: $*" >&2
  exit 1
}
here=${0%/*}
remove=no
if [ "$1" = --remove ]; then
  remove=yes
  shift
fi
to=$1
headers=$to/include/attn

# What an installation consists of: FILE at its place below FOLDER, with its mode
list() {
  echo "755 build/bin/attn bin/attn"
  for header in src/attn/*.h; do echo "644 $header include/attn/${header##*/}"; done
  echo "644 build/lib/libattn.a lib/libattn.a"
  echo "755 build/lib/libattn.so lib/libattn.so.$version"
  echo "644 build/lib/attn.pc lib/pkgconfig/attn.pc"
  echo "644 build/man/attn.1 share/man/man1/attn.1"
  echo "644 build/man/libattn.3 share/man/man3/libattn.3"
  echo "644 $here/attn.bash share/bash-completion/completions/attn"
}
version=$("$here/../version.sh") || exit 1

if [ $remove = yes ]; then
  soname=$2
  list | while read -r _ _ place; do rm -f "$to/$place"; done
  rm -f "$to/lib/$soname" "$to/lib/libattn.so"
  rmdir "$headers" 2>/dev/null
  [ ! -e "$to/bin/attn" ] || fail "$to/bin/attn could not be removed"
  exit 0
fi

prefix=$2 soname=$3 libs=$4
case $prefix in
  /*) ;;
  *) fail "PREFIX=$prefix: it must begin with /" ;;
esac
mkdir -p "$to" 2>/dev/null
[ -w "$to" ] || fail "$to cannot be written to; choose another PREFIX or DESTDIR, or be root"
sed -e "s|@PREFIX@|$(printf '%s\n' "$prefix" | sed 's/[&|\\]/\\&/g')|" -e "s|@VERSION@|$version|" -e "s|@LIBS@|$libs|" "$here/attn.pc.in" >build/lib/attn.pc || exit 1
list | while read -r mode file place; do
  mkdir -p "$(dirname "$to/$place")" && install -m "$mode" "$file" "$to/$place" || exit 1
done || fail "not all files could be put into $to; nothing was taken away"
{ ln -sf "libattn.so.$version" "$to/lib/$soname" && ln -sf "$soname" "$to/lib/libattn.so"; } ||
  fail "$to/lib: no links can be made"
echo "installed into $to"
[ -n "${DESTDIR:-}" ] || [ "$(id -u)" -ne 0 ] || ldconfig 2>/dev/null || true
