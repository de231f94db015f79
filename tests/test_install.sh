#!/bin/sh
# make install: what it puts where, that a program outside needs nothing else, and that all goes away.
set -u

. tests/tap.sh
needs attn
command -v pandoc >/dev/null || { echo "1..0 # SKIP pandoc is not installed"; exit 0; }
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR PREFIX
LC_ALL=C.UTF-8
export LC_ALL
make_box
root="$box/a root" # with a blank
to=$root/opt/attn
version=$(src/tools/version.sh)

make install DESTDIR="$root" PREFIX=/opt/attn >"$box/log" 2>"$box/err"
verdict $? "make install into a DESTDIR with a blank in its name"
cd "$to" || exit 1
diagnose() { cat "$box/err" "$box/log" "$box/wrong" 2>/dev/null; }

ls include/attn/*.h >/dev/null 2>"$box/wrong" && for header in "$OLDPWD"/src/attn/*.h; do
  cmp -s "$header" "include/attn/${header##*/}" || echo "$header"
done >"$box/wrong" && [ ! -s "$box/wrong" ]
verdict $? "every header is there, as it is"
soname=$(readelf -d lib/libattn.so | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
[ "$soname" = "libattn.so.${version%.*}" ] && [ "$(readlink lib/libattn.so)" = "$soname" ] &&
  [ "$(readlink "lib/$soname")" = "libattn.so.$version" ] && [ -f "lib/libattn.so.$version" ]
verdict $? "the shared library's links lead from its plain name to soname and version"
nm -D --defined-only lib/libattn.so | awk '$NF !~ /^attn_/' >"$box/wrong" && [ ! -s "$box/wrong" ] &&
  [ "$(nm -D --defined-only lib/libattn.so | wc -l)" -gt 100 ]
verdict $? "the shared library defines no name outside attn_"
nm -g --defined-only lib/libattn.a 2>/dev/null | awk 'NF == 3 && $3 !~ /^attn_/' >"$box/wrong" && [ ! -s "$box/wrong" ]
verdict $? "nor does the static one"

# ---- a program outside ----

cp -r "$OLDPWD/tests/outside" "$box/outside"
attn="$to/bin/attn"
"$attn" gd --steps 2 | awk -F '\t' '
  NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
  END { print $(column["train_acc"]) "\t" $(column["log10_risk_clean"]) }' >"$box/expected"
[ "$(wc -w <"$box/expected")" -eq 2 ]
verdict $? "the installed attn answers"
if command -v pkg-config >/dev/null; then
  PKG_CONFIG_PATH=$to/lib/pkgconfig
  export PKG_CONFIG_PATH
  pkg-config --print-errors --exists attn 2>"$box/err" && [ "$(pkg-config --modversion attn)" = "$version" ]
  verdict $? "pkg-config knows it"
  [ "$(pkg-config --variable=includedir attn)" = /opt/attn/include ]
  verdict $? "its files are named as they are found without DESTDIR"
else
  skip "pkg-config knows it" "there is no pkg-config"
fi
said() { # said Libs...: what the package's file says, at the place where it lies now
  for field; do sed -n "s/^$field: //p" "$to/lib/pkgconfig/attn.pc"; done | tr '\n' ' ' |
    sed -e "s|\${libdir}|'$to/lib'|g" -e "s|\${includedir}|'$to/include'|g"
}
for kind in shared static; do
  if [ $kind = shared ]; then libs=$(said Libs); else libs="$(said Libs Libs.private)"; fi
  # the static archive alone, where it is asked for
  [ $kind = shared ] || libs=$(echo "$libs" | sed 's/-lattn/-l:libattn.a/')
  make -s -B -C "$box/outside" FLAGS="$(said Cflags)" LIBS="$libs" >"$box/log" 2>"$box/err" &&
    LD_LIBRARY_PATH=$to/lib OPENBLAS_NUM_THREADS=1 "$box/outside/two_steps" >"$box/answer" 2>"$box/err" &&
    cmp -s "$box/answer" "$box/expected"
  verdict $? "a program outside answers as attn does, with the $kind library"
done
! readelf -d "$box/outside/two_steps" | grep -q 'NEEDED.*libattn'
verdict $? "the static one needs no shared library of ours"

if command -v pkg-config >/dev/null; then
  make -C "$OLDPWD" install PREFIX="$box/plain" >"$box/log" 2>"$box/err" &&
    PKG_CONFIG_PATH="$box/plain/lib/pkgconfig" make -s -B -C "$box/outside" >"$box/log" 2>"$box/err" &&
    LD_LIBRARY_PATH=$box/plain/lib OPENBLAS_NUM_THREADS=1 "$box/outside/two_steps" >"$box/answer" 2>"$box/err" &&
    cmp -s "$box/answer" "$box/expected"
  verdict $? "it is built with what pkg-config says and nothing else"
else
  skip "it is built with what pkg-config says and nothing else" "there is no pkg-config"
fi

# ---- manual pages, completion ----

if command -v man >/dev/null; then
  for page in share/man/man1/attn.1 share/man/man3/libattn.3; do
    MANWIDTH=80 man --warnings -l "$page" >"$box/page" 2>"$box/err" && [ ! -s "$box/err" ] && [ "$(wc -l <"$box/page")" -gt 40 ]
    verdict $? "$page reads without warnings"
  done
else
  skip "manual pages read without warnings" "there is no man"
fi
for sub in gd risk select margin; do
  "$attn" $sub --help | sed -n 's/^  \(--[A-Za-z0-9]*\) .*/\1/p'
done | while read -r option; do
  sed 's/\\-/-/g' share/man/man1/attn.1 | grep -q -e " $option " || echo "$option"
done >"$box/wrong"
[ ! -s "$box/wrong" ]
verdict $? "attn(1) has every option"
for header in include/attn/*.h; do
  sed 's/\\_/_/g; s/\\-/-/g' share/man/man3/libattn.3 | grep -q "attn/${header##*/}" || echo "$header"
done >"$box/wrong"
[ ! -s "$box/wrong" ]
verdict $? "libattn(3) has every header"
offered() { # complete WORD...: what bash offers for the last of them
  bash -c '. share/bash-completion/completions/attn; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _attn
    echo "${COMPREPLY[*]}"' bash "$attn" "$@" 2>"$box/err"
}
if command -v bash >/dev/null; then
  [ "$(offered '')" = "gd margin risk select --help" ] && [ "$(offered s)" = select ] &&
    [ "$(offered gd --o)" = --optimizer ] && [ "$(offered gd --tokens b)" = bartlett ] &&
    [ "$(offered risk --mv1 '')" = '' ] && [ "$(offered gd --n 5 --rh)" = --rho ]
  verdict $? "bash completes sub-commands, options and words"
else
  skip "bash completes sub-commands, options and words" "there is no bash"
fi

# ---- and back ----

cd "$OLDPWD" || exit 1
: >"$to/include/attn/other.h"
make uninstall DESTDIR="$root" PREFIX=/opt/attn >"$box/log" 2>"$box/err"
find "$root" ! -type d >"$box/wrong" && [ "$(cat "$box/wrong")" = "$to/include/attn/other.h" ]
verdict $? "make uninstall leaves nothing but what others put there"
: >"$box/file"
! make install PREFIX="$box/file/x" >"$box/log" 2>"$box/err" && [ "$(grep -c '^install: ' "$box/err")" -eq 1 ] && grep -q "$box/file/x cannot be written to" "$box/err"
verdict $? "a PREFIX that cannot be written to is one sentence"
! make install PREFIX=relative >"$box/log" 2>"$box/err" && grep -q "^install: PREFIX=relative: it must begin with /" "$box/err" && [ ! -e relative ]
verdict $? "a relative PREFIX is one sentence"

echo "1..$count"
[ "$failed" -eq 0 ]
