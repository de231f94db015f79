#!/bin/sh
# make dist: the same bytes whoever packs, when and from where; the archive builds without git, and
# without a network once the packages are installed. And CITATION.cff, whose version it is.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

. tests/tap.sh
repo=$(pwd)
for tool in tar gzip sha256sum gnuplot pandoc; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
if [ -e .git ] && ! command -v git >/dev/null; then
  echo "1..0 # SKIP git is not installed"
  exit 0
fi
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON NAME SOURCE_DATE_EPOCH
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM
make_box
diagnose() { tail -n 8 "$box/said"; }

# ---- the citation ----

version=$(sed -n 's/^version: //p' CITATION.cff)
echo "$version" | grep -q -x '[0-9]*\.[0-9]*\.[0-9]*' && grep -q -x 'cff-version: 1\.2\.0' CITATION.cff &&
  grep -q '^title: ' CITATION.cff && grep -q '^message: ' CITATION.cff && grep -q '^authors:$' CITATION.cff
verdict $? "CITATION.cff has what the format requires, and a version"
spdx() { sed -n 's/^SPDX-License-Identifier: //p' "$1"; }
[ "$(spdx paper/LICENSE)" = CC-BY-4.0 ] && [ "$(spdx data/reference/LICENSE)" = CC0-1.0 ] &&
  grep -q '^license: ISC$' CITATION.cff && grep -q 'Permission to use, copy, modify, and/or distribute' LICENSE &&
  grep -q 'Code: ISC.*Text and figures: CC BY 4\.0' README.md && grep -q 'Results: CC0' README.md
verdict $? "the licences, the citation and the README agree"

# ---- the archive ----

name=attnlab-$version
if [ -e .git ]; then
  what="from git"
  files=$(git ls-files | wc -l)
else
  what="from an archive"
  files=$(grep -c -v -x MANIFEST MANIFEST)
fi
src/tools/dist.sh "$box/one" >"$box/said" 2>&1
verdict $? "an archive is made $what"
[ "$(ls "$box/one")" = "SHA256SUMS
$name.tar.gz" ] && (cd "$box/one" && sha256sum --check --quiet SHA256SUMS)
verdict $? "its checksum stands beside it"
archive=$box/one/$name.tar.gz
tar -tzf "$archive" >"$box/list"
[ "$(wc -l <"$box/list")" -eq $((files + 1)) ] && LC_ALL=C sort -c "$box/list" && ! grep -v "^$name/" "$box/list" >"$box/said"
verdict $? "it holds the files and MANIFEST, sorted, in a folder of its own"
tar --numeric-owner --full-time -tvzf "$archive" >"$box/said"
! grep -v -e '^-rw-r--r-- 0/0 .* 1970-01-01 00:00:00 ' -e '^-rwxr-xr-x 0/0 .* 1970-01-01 00:00:00 ' "$box/said" && grep -q '^-rwx.*/src/tools/dist\.sh$' "$box/said"
verdict $? "owners, modes and times are fixed"
[ "$(od -An -tu1 -j3 -N5 "$archive" | tr -s ' ')" = ' 0 0 0 0 0' ]
verdict $? "the compression has no name and no time"

# ---- from the archive ----

mkdir "$box/two"
tar -xzf "$archive" -C "$box/two" 2>"$box/said" && [ ! -s "$box/said" ]
verdict $? "it unpacks without a word"
cd "$box/two/$name" || exit 1
find . -type f -exec touch {} +
find . -type f ! -perm -u+x -exec chmod 600 {} +
[ "$(id -u)" -ne 0 ] || chown 12345:12345 README.md
echo stray >stray
(umask 077; TZ=Asia/Tokyo LC_ALL=C.UTF-8 src/tools/dist.sh "$box/three") >"$box/said" 2>&1 && cmp -s "$archive" "$box/three/$name.tar.gz"
verdict $? "dist of dist is the same to the byte, whatever the times, modes, owners and stray files"
if command -v git >/dev/null; then
  git init -q . && grep -v -x MANIFEST MANIFEST | xargs git add -f && src/tools/dist.sh "$box/four" >"$box/said" 2>&1 &&
    cmp -s "$archive" "$box/four/$name.tar.gz"
  verdict $? "and so it is from a repository of the same files"
  rm -rf .git
else
  skip "from a repository of the same files" "git is not installed"
fi
echo '# more' >>experiments/gd_two_steps.conf
src/tools/dist.sh "$box/five" >"$box/said" 2>&1 && ! cmp -s "$archive" "$box/five/$name.tar.gz"
verdict $? "another content gives another archive"

refused() { # refused TEXT NAME: one sentence, and no archive
  src/tools/dist.sh "$box/six" >"$box/said" 2>&1
  [ $? -eq 1 ] && [ "$(wc -l <"$box/said")" -eq 1 ] && grep -q -F -e "$1" "$box/said" && [ ! -e "$box/six" ]
  verdict $? "$2"
}
mv Makefile away
refused 'dist: Makefile belongs to the archive but is not a file here' "a file that is missing"
mv away Makefile
cp MANIFEST away
echo 'a b' >>MANIFEST
refused "'a b': a name in the archive has" "a name with a blank"
rm MANIFEST
refused 'dist: there is neither a git repository here nor the MANIFEST' "neither git nor MANIFEST"
mv away MANIFEST
sed -i 's/^version: .*/version: soon/' CITATION.cff
refused "dist: CITATION.cff has no line 'version: NUMBER'" "no version"

# ---- building it: without git, without a network ----

rm -rf "$box/two"
mkdir "$box/two" "$box/path"
tar -xzf "$archive" -C "$box/two"
cd "$box/two/$name" || exit 1
for tool in git apt-get; do # both leave a trace
  printf '#!/bin/sh\necho %s "$@" >>%s\nexit 1\n' $tool "$box/called" >"$box/path/$tool"
  chmod +x "$box/path/$tool"
done
if unshare -n true 2>/dev/null; then
  alone='unshare -n'
elif unshare -rn true 2>/dev/null; then
  alone='unshare -rn'
else
  alone=
fi
if [ -n "$alone" ]; then
  # shellcheck disable=SC2086 # words
  [ "$($alone cat /proc/net/dev | grep -c -v -e '|' -e ' lo:')" -eq 0 ]
  verdict $? "a network namespace has no interface"
else
  skip "building without a network" "unshare is not permitted here; built with the network there is"
fi
# The smallest experiment is the one that make new writes. Without optimisation, to save time.
# shellcheck disable=SC2086 # words
PATH="$box/path:$PATH" CFLAGS=-O0 $alone sh -c 'make new NAME=smallest && make smallest' >"$box/said" 2>&1
verdict $? "the archive builds, runs and makes a page: library, tools, experiment${alone:+, without a network}"
grep -q '  CC   src/attn/tokens.c' "$box/said" && grep -q 'all as expected' "$box/said" && [ -s paper/companion/smallest.html ]
verdict $? "from nothing, to a verdict and a page"
if ! "$repo/src/tools/setup.sh" 2>&1 | grep -q .; then # everything is installed
  [ ! -e "$box/called" ]
  verdict $? "neither git nor apt-get was called"
else
  skip "neither git nor apt-get was called" "not all packages are installed here"
fi
make -n all >"$box/said" 2>&1
verdict $? "make all has its rules there"

echo "1..$count"
[ $failed -eq 0 ]
