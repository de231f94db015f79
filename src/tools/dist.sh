#!/bin/sh
# dist.sh FOLDER: attnlab-VERSION.tar.gz and SHA256SUMS in FOLDER, VERSION being that of CITATION.cff.
#
# The archive holds what git tracks, as it stands in the folder, and MANIFEST, the list of it; in an
# unpacked archive, without git, MANIFEST says what belongs to it. So the same sources give the same
# bytes, whoever packs them, when, and from where: sorted names, one time (SOURCE_DATE_EPOCH), no
# owner, and no mode but readable and executable.
set -eu

fail() {
  echo "dist: $*" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: dist.sh FOLDER"
version=$("${0%/*}/version.sh" 2>/dev/null) || fail "CITATION.cff has no line 'version: NUMBER'"
name=attnlab-$version
export LC_ALL=C

box=$(mktemp -d) || fail "no temporary folder could be made"
out=$1/$name.tar.gz
trap 'rm -rf "$box" "$out.part"' EXIT
trap 'exit 1' INT TERM HUP

if [ -e .git ]; then
  git ls-files >"$box/tracked" || fail "git could not list the files"
  git diff --quiet HEAD 2>/dev/null || echo "dist: note: with changes that are not committed" >&2
elif [ -e MANIFEST ]; then
  cp MANIFEST "$box/tracked"
else
  fail "there is neither a git repository here nor the MANIFEST of an archive"
fi
{ cat "$box/tracked"; echo MANIFEST; } | sort -u >"$box/MANIFEST"
while IFS= read -r file; do
  case $file in
    '' | *[!A-Za-z0-9._/-]*) fail "'$file': a name in the archive has letters, digits and . _ / - alone" ;;
    MANIFEST) continue ;;
  esac
  if [ ! -f "$file" ] || [ -h "$file" ]; then
    fail "$file belongs to the archive but is not a file here"
  fi
  echo "$file"
done <"$box/MANIFEST" >"$box/files"
mkdir "$box/$name"
xargs cp -p --parents -t "$box/$name" <"$box/files"
cp "$box/MANIFEST" "$box/$name/"

mkdir -p "$1"
sed "s|^|$name/|" "$box/MANIFEST" >"$box/list"
tar --create --format=ustar --no-recursion --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner \
  --mode='u=rwX,go=rX' --directory="$box" --files-from="$box/list" --file="$box/tar" ||
  fail "tar failed"
gzip --no-name --best <"$box/tar" >"$out.part" || fail "$out could not be written"
mv "$out.part" "$out"
(cd "$1" && sha256sum "$name.tar.gz" >SHA256SUMS)
echo "$out"
